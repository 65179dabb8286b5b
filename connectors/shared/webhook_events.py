"""Events as every webhook source makes them: who, what they said, and which version of it counts.

Keys come from the ids of what is told, never from the delivery, so a call that comes again is a
duplicate. Of two versions of one object under one key the log keeps the later, so every version
is dated in the order in which they were made, whatever order they arrive in.
"""

import json
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any, NamedTuple

from connectors.shared.clicks import traced
from personalization.alias import email_alias, outside_alias
from personalization.errors import Skip
from personalization.models import (
    ATTRIBUTES,
    CONSENT,
    HOUR,
    LINK,
    MINUTE,
    SECOND,
    WITHDRAWN,
    Event,
    Micros,
)

STEPS = ((1_000, 300_000), (SECOND, 300_000), (MINUTE, 300_000), (HOUR, 99_999))
"""How finely a version's age is told (step, how many): to 5 minutes, 3 days, 7 months, 11 years."""


class Place(NamedTuple):
    """A named account of a connector."""

    connector: str
    account: str

    def __str__(self) -> str:
        """As consent names it."""
        return f"{self.connector}/{self.account}"


def version_at(happened: Micros, changed: Micros | None) -> Micros:
    """The moment of an event of which there may be later versions: when it happened, and less
    than a second more, the more the later the version. An order stays on the day it was placed,
    however often it is touched, and its newest version still stands."""
    left, more = max(0, (changed or happened) - happened), 0
    for step, most in STEPS:
        taken = min(left // step, most)
        more += taken
        left -= taken * step
        if taken < most:
            break
    return happened + more


def alias_of(place: Place, *parts: str) -> str:
    """The alias of a record: `shopify/main:123`, or with its kind `shopify/main:order:7`."""
    return outside_alias(place.connector, place.account, ":".join(parts))


def mail_alias(address: str | None) -> str | None:
    """The alias of an address; None for what is none, and for one that can be nobody's (RFC 2606):
    WordPress gives all whom it erases deleted@site.invalid, and they are not one person."""
    try:
        alias = email_alias(address) if address else None
    except Skip:
        return None
    return None if alias is None or alias.endswith((".invalid", "@invalid")) else alias


def fact(
    place: Place, kind: str, own: tuple[str, ...], alias: str, moment: Micros,
    props: Mapping[str, Any],
) -> Event:  # fmt: skip
    """Something that happened, keyed by its own ids. Properties that are None are left out; an
    address that carries a decision's token says which `decision` it came of."""
    given = {name: value for name, value in props.items() if value is not None and value != []}
    return Event(key=f"{place}:{':'.join(own)}", kind=kind, alias=alias, occurred_at=moment,
                 props=traced(given))  # fmt: skip


def withdrawn(place: Place, own: tuple[str, ...]) -> Event:
    """That what was told under some ids is gone, from a call that says nothing else."""
    key = f"{place}:{':'.join(own)}"
    return Event(key=key, kind=WITHDRAWN, alias=alias_of(place, *own), occurred_at=0)


def statement(alias: str, kind: str, props: dict[str, Any], moment: Micros) -> Event:
    """Something said about a person, keyed by what it says."""
    body = json.dumps([kind, props], sort_keys=True, ensure_ascii=True)
    content = blake2b(body.encode(), digest_size=10).hexdigest()
    return Event(key=f"{alias}|{kind}|{content}", kind=kind, alias=alias, occurred_at=moment,
                 props=props)  # fmt: skip


def links(alias: str, others: Iterable[str | None], moment: Micros) -> list[Event]:
    """That the others are the same person. An address given up stays linked: it was theirs."""
    return [
        statement(alias, LINK, {"other": other}, moment)
        for other in dict.fromkeys(others)
        if other and other != alias
    ]


def attributes(
    alias: str, facts: Mapping[str, Any], moment: Micros, language: str | None = None,
    zone: str | None = None,
) -> list[Event]:  # fmt: skip
    """What is known of a person; nothing where nothing is."""
    known = {name: value for name, value in facts.items() if value is not None}
    more = {"language": language} if language else {}
    if zone:
        more |= {"zone": zone, "zone_from": "explicit"}
    return [statement(alias, ATTRIBUTES, {"set": known, **more}, moment)] if known or more else []


def consent(
    place: Place, alias: str, state: str | None, moment: Micros, channel: str = "email",
    purpose: str = "marketing",
) -> list[Event]:  # fmt: skip
    """What a person agreed to: `in`, `out`, or None for nothing said. Of an opt-in and an opt-out
    at one moment the opt-out stands: its key sorts last."""
    if state not in ("in", "out"):
        return []
    about = {"by": str(place), "channel": channel, "purpose": purpose}
    one = statement(alias, CONSENT, about, moment)
    said = {"key": f"{one.key}|{state}", "props": {**about, "state": state}}
    return [one.model_copy(update=said)]


def line(product: str | None, quantity: int | None, amount: int | None,
         category: str | None = None) -> list[dict[str, Any]]:  # fmt: skip
    """One product of an event, as a list of one; of none where it names no product."""
    if product is None or (quantity is not None and quantity < 1):
        return []
    made: dict[str, Any] = {"product": product, "quantity": 1 if quantity is None else quantity}
    if amount is not None:
        made["amount"] = amount
    if category is not None:
        made["category"] = category
    return [made]
