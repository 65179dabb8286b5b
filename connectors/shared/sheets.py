"""What the columns of each kind of file mean: the canonical form of docs/files.md as data."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path

from connectors.shared.cells import Column, declared
from connectors.shared.table import Table
from personalization.errors import Stop
from personalization.models import Frozen


class Sheet(Frozen):
    """One kind of file. `known` maps a column to its type; `needed` columns must be there and
    filled; of each group in `either`, one must be there; with `others`, further columns are kept
    under their own name, else they are not read."""

    name: str
    known: Mapping[str, str]
    needed: tuple[str, ...] = ()
    either: tuple[tuple[str, ...], ...] = ()
    others: bool = False


MONEY = {"amount": "money", "amount_minor": "integer", "currency": "currency"}
CHANNELS, PURPOSES = ("email", "sms", "push"), ("marketing", "transactional")
"""What a trigger may say by `channel` and `basis` (docs/playbook.md)."""
SHEETS = {
    "products": Sheet(
        name="products",
        known={"id": "text", "name": "text", "category": "text", "price": "money",
               "price_minor": "integer", "currency": "currency", "url": "text", "image": "text",
               "in_stock": "boolean"},
        needed=("id", "name"),
    ),
    "contacts": Sheet(
        name="contacts",
        known={"id": "text", "email": "text", "zone": "text", "language": "text",
               "updated_at": "timestamp"},
        needed=("id",),
        others=True,
    ),
    "events": Sheet(
        name="events",
        known={"key": "text", "kind": "text", "id": "text", "email": "text",
               "occurred_at": "timestamp", **MONEY, "order": "text", "rating": "integer",
               "city": "text", "page": "text", "channel": "text", "latitude": "latitude",
               "longitude": "longitude", "offset": "integer", "product": "text",
               "quantity": "count", "category": "text"},
        needed=("key", "kind", "occurred_at"),
        either=(("id", "email"),),
        others=True,
    ),
    "lines": Sheet(
        name="lines",
        known={"key": "text", "order": "text", "product": "text", "quantity": "count",
               "category": "text", **MONEY},
        needed=("product",),
        either=(("key", "order"),),
    ),
}  # fmt: skip
SAME: Mapping[str, Mapping[str, str]] = {
    "products": {"product_id": "id", "sku": "id", "title": "name", "product_name": "name",
                 "stock": "in_stock", "available": "in_stock", "image_url": "image", "link": "url",
                 "type": "category"},
    "contacts": {"customer_id": "id", "user_id": "id", "contact_id": "id", "mail": "email",
                 "email_address": "email", "timezone": "zone", "time_zone": "zone", "tz": "zone",
                 "lang": "language", "locale": "language", "modified_at": "updated_at"},
    "events": {"event_id": "key", "event": "kind", "type": "kind", "customer_id": "id",
               "user_id": "id", "contact_id": "id", "mail": "email", "email_address": "email",
               "date": "occurred_at", "time": "occurred_at", "timestamp": "occurred_at",
               "created_at": "occurred_at", "total": "amount", "price": "amount",
               "value": "amount", "order_id": "order", "product_id": "product", "sku": "product",
               "qty": "quantity", "lat": "latitude", "lon": "longitude", "lng": "longitude"},
    "lines": {"order_id": "order", "product_id": "product", "sku": "product", "qty": "quantity",
              "total": "amount", "price": "amount", "event_key": "key"},
}  # fmt: skip
"""What other exports call a column."""
NAME = re.compile(r"(products|contacts|events|lines)(-[^/]+)?\.(csv|parquet)", re.IGNORECASE)


def files_in(folder: Path) -> dict[str, list[Path]]:
    """The files of a folder by kind, each kind in the order of names. Raises Stop for a table
    that would not be read, because its name says nothing."""
    if not folder.is_dir():
        raise Stop(f"there is no folder {folder.name!r} to read files from. Set folder.")
    found: dict[str, list[Path]] = {kind: [] for kind in SHEETS}
    for path in sorted(folder.iterdir()):
        if match := NAME.fullmatch(path.name):
            found[match[1].lower()].append(path)
        elif path.suffix.lower() in {".csv", ".parquet"}:
            raise Stop(
                f"{path.name} would not be read. Rename it, or move it away: a file is called "
                "products, contacts, events or lines, or begins so: events-2026-03.csv."
            )
    if not any(found.values()):
        raise Stop(f"the folder {folder.name!r} holds no contacts, events, lines or products. "
                   "Put your export there: docs/files.md describes the files.")  # fmt: skip
    return found


def columns_of(sheet: Sheet, table: Table) -> list[Column]:
    """What each column of a file is. Raises Stop where the heading is not the sheet's."""
    file = table.path.name
    named = [declared(file, heading) for heading in table.columns]
    names = [name for name, _ in named]
    check_heading(sheet, file, names)
    columns = []
    for index, (name, kind) in enumerate(named):
        own = sheet.known.get(name) or consent_type(sheet, file, name)
        if own is None and not sheet.others:
            continue
        type_ = own or kind or table.types[index] or "text"
        columns.append(
            Column(index=index, name=name, type=type_, needed=name in sheet.needed)
        )  # fmt: skip
    return columns


def consent_type(sheet: Sheet, file: str, name: str) -> str | None:
    """Columns consent.<channel>.<purpose> of contacts say in or out."""
    if sheet.name != "contacts" or not name.startswith("consent"):
        return None
    if not re.fullmatch(r"consent\.[a-z_]+\.[a-z_]+", name):
        raise Stop(
            f"{file}: column {name!r}: consent columns are called consent.email.marketing or alike."
        )
    for said, known in zip(name.split(".")[1:], (CHANNELS, PURPOSES), strict=True):
        if said not in known:
            raise Stop(f"{file}: {unheard(name, said, known)}")
    return "consent"


def unheard(name: str, said: str, known: tuple[str, ...]) -> str:
    """What to say of a consent that no send asks about, so that an `out` would stop nothing."""
    near = get_close_matches(said, known, n=1)
    asked = f"Did you mean {near[0]!r}?" if near else f"Known are {', '.join(known)}."
    kind = "channel" if known is CHANNELS else "purpose"
    return (f"column {name!r}: no send asks for consent of the {kind} {said!r}, so an `out` would stop "
            f"nothing. {asked} To keep it as a mere fact, let its name not begin with consent.")  # fmt: skip


def check_heading(sheet: Sheet, file: str, names: list[str]) -> None:
    """Raises Stop for a heading in which something is missing, doubled or contradictory."""
    for group in (*((name,) for name in sheet.needed), *sheet.either):
        if not set(group) & set(names):
            others = [name for name in names if name not in sheet.known]
            near = [*get_close_matches(group[0], others, n=1),
                    *(one for one in others if SAME[sheet.name].get(one.lower()) in group)]  # fmt: skip
            hint = f" Is it {near[0]!r}?" if near else ""
            raise Stop(f"{file}: column {' or '.join(group)} is missing.{hint}")
    for money in ("amount", "price"):
        if {money, f"{money}_minor"} <= set(names):
            raise Stop(f"{file}: {money} and {money}_minor are both there. Keep one.")
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise Stop(f"{file}: column {min(twice)!r} is there twice. Rename or remove one.")
