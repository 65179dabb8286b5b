"""Checked values of a row into what the core takes in: events of contacts and of what they did,
and products. Raises Skip, naming the column, where values do not go together."""

import json
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from typing import Any
from zoneinfo import available_timezones

from connectors.shared.cells import Column
from connectors.shared.clicks import ADDRESSES, traced
from personalization.alias import email_alias, outside_alias
from personalization.arrival import Arrival
from personalization.errors import Skip
from personalization.hashing import canonical, content_hash
from personalization.models import ATTRIBUTES, CONSENT, LINK, Event, Micros, Product

Values = Mapping[str, Any]
ROW_OWN = frozenset({"key", "kind", "id", "email", "occurred_at"})
LINE_OWN = ("product", "quantity", "category")


def names_of(columns: Sequence[Column]) -> list[str]:
    """The names under which values travel: an amount is one however it was written."""
    return [column.name.removesuffix("_minor") if column.name in {"amount_minor", "price_minor"}
            else column.name for column in columns]  # fmt: skip


def contact_events(account: str, changed_at: Micros) -> Callable[[Values], list[Event]]:
    """Rows of contacts as events: who it is, what is known of them, what they agreed to. The key
    is of the content, so an unchanged row is a duplicate however often its file is read.
    `changed_at` counts for rows without updated_at."""
    by, zones = f"files/{account}", available_timezones()

    def make(row: Values) -> list[Event]:
        alias = outside_alias("files", account, row["id"])
        zone = row.get("zone")
        if zone and zone not in zones:
            raise Skip("zone: write a name of the time zone database, such as Europe/Paris")
        moment = row.get("updated_at") or changed_at
        told: list[tuple[str, dict[str, Any]]] = []
        if row.get("email"):
            told.append((LINK, {"other": email_alias(row["email"])}))
        facts: dict[str, Any] = {"set": {n: v for n, v in row.items() if is_attribute(n)}}
        if zone:
            facts |= {"zone": zone, "zone_from": "explicit"}
        if row.get("language"):
            facts["language"] = row["language"]
        if facts["set"] or len(facts) > 1:
            told.append((ATTRIBUTES, facts))
        for name, state in row.items():
            if name.startswith("consent.") and state:
                _, channel, purpose = name.split(".")
                said = {"by": by, "channel": channel, "purpose": purpose, "state": state}
                told.append((CONSENT, said))
        return [statement_of(alias, kind, props, moment) for kind, props in told]

    return make


def is_attribute(name: str) -> bool:
    """Whether a column of contacts is a fact about the person, and not one that places them."""
    own = {"id", "email", "zone", "language", "updated_at"}
    return name not in own and not name.startswith("consent.")


def statement_of(alias: str, kind: str, props: dict[str, Any], moment: Micros) -> Event:
    """An event about a contact, keyed by what it says."""
    body = json.dumps([kind, props], sort_keys=True, ensure_ascii=False)
    content = blake2b(body.encode(), digest_size=10).hexdigest()
    return Event(
        key=f"{alias}|{kind}|{content}", kind=kind, alias=alias, occurred_at=moment, props=props
    )


def arrival_of(account: str, names: Sequence[str]) -> Callable[[Sequence[Any], str], Arrival]:
    """Rows of events as the log keeps them, given their values in the order of `names` and the
    order lines that belong to them (JSON objects, a comma between two). A product in the row itself
    is a line too, with the row's amount."""
    at = {name: index for index, name in enumerate(names)}
    key, kind, moment = at["key"], at["kind"], at["occurred_at"]
    who, mail = at.get("id"), at.get("email")
    others = [(n, i) for n, i in at.items() if n not in ROW_OWN and n not in LINE_OWN]
    may_carry = not {"decision", *ADDRESSES}.isdisjoint(at)
    own_line = [(n, at[n]) for n in (*LINE_OWN, "amount") if n in at]

    def make(row: Sequence[Any], lines: str) -> Arrival:
        if who is not None and row[who] is not None:
            alias = outside_alias("files", account, row[who])
        elif mail is not None and row[mail] is not None:
            alias = email_alias(row[mail])
        else:
            raise Skip("neither id nor email says whose event this is")
        props = {name: row[index] for name, index in others if row[index] is not None}
        line = {name: row[index] for name, index in own_line if row[index] is not None}
        if "product" in line:
            own = canonical({"quantity": 1, **line})
            lines = f"{own},{lines}" if lines else own
        elif "category" in line:
            props["category"] = line["category"]
        if may_carry:
            props = traced(props)
        body = joined(props, lines)
        hash_ = content_hash(row[kind], alias, row[moment], body)
        return Arrival(row[moment], hash_, f"files/{account}:{row[key]}", row[kind], alias, body)

    return make


def joined(props: dict[str, Any], lines: str) -> str:
    """Properties and the lines beside them as canonical JSON. A name in quotation marks that stand
    free is a name: within a text they would have a backslash before them."""
    if not lines:
        return canonical(props)
    return canonical({**props, "lines": None}).replace('"lines":null', f'"lines":[{lines}]', 1)


def product_of(currency: str | None) -> Callable[[Values], Product]:
    """Rows of products."""

    def make(row: Values) -> Product:
        given = {name: value for name, value in row.items() if value is not None}
        if "price" in given:
            given.setdefault("currency", currency)
        return Product(**given)

    return make
