"""Events and attributes as a playbook's tests write them: amounts and degrees as people do."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from personalization.currency import digits, minor
from personalization.models import EVENT_COLUMNS, Micros
from personalization.playbook import reading
from personalization.playbook.head import NAME, NAME_REMEDY
from personalization.playbook.mistakes import Notes, near
from personalization.playbook.model import Type
from personalization.playbook.shape import EVENT_PROPERTIES
from personalization.playbook.source import Items, Node, Table, Text

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
BUILT_IN: dict[str, Type] = {
    **{name: kind for name, kind in EVENT_PROPERTIES.items() if name in EVENT_COLUMNS},
    "offset": "integer",
    "latitude": "number",
    "longitude": "number",
}
LINE: dict[str, Type] = {
    "product": "text",
    "category": "text",
    "quantity": "integer",
    "amount": "money",
}
"""What a line of an event may say, see `models.Line`."""


def instant(node: Text | None, notes: Notes) -> Micros | None:
    """A moment such as 2026-03-10T12:00:00Z, as UTC microseconds."""
    if node is None:
        return None
    try:
        when = datetime.fromisoformat(node.value)
    except ValueError:
        remedy = "write 2026-01-31T12:00:00Z"
        notes.add(node.mistake(f"{node.value!r} is not a moment", None, remedy))
        return None
    aware = when if when.tzinfo else when.replace(tzinfo=UTC)
    return (aware - EPOCH) // timedelta(microseconds=1)


def one_event(
    node: Node, now: Micros, properties: Mapping[str, Type], account: str | None, notes: Notes
) -> dict[str, Any] | None:
    """{kind: order, ago: 3d, amount: 45.00, currency: EUR} with `ago` or `at`."""
    table = reading.mapping(node, "event", notes)
    if table is None:
        return None
    kind = reading.text(table.entries.get("kind"), "kind", notes)
    if kind is None:
        notes.add(node.mistake("an event needs its kind", None, "{kind: order, ago: 3d}"))
        return None
    reading.named(kind, "event", NAME, NAME_REMEDY, notes)
    ago = reading.span(reading.text(table.entries.get("ago"), "ago", notes), "ago", notes)
    at = instant(reading.text(table.entries.get("at"), "at", notes), notes)
    if ("ago" in table.entries) == ("at" in table.entries):
        notes.add(node.mistake("an event has either ago or at", None, "{kind: order, ago: 3d}"))
    mine = {name.partition(".")[2]: type_ for name, type_ in properties.items()
            if name.partition(".")[0] == kind.value}  # fmt: skip
    props = read_props(table, {**BUILT_IN, **mine}, account, notes)
    return {"kind": kind.value, "occurred_at": now - (ago or 0) if at is None else at,
            "props": props}  # fmt: skip


def read_props(
    table: Table, types: Mapping[str, Type], account: str | None, notes: Notes
) -> dict[str, Any]:
    """The properties of one event, each by its type."""
    code = table.entries.get("currency")
    currency = code.value if isinstance(code, Text) else account
    props: dict[str, Any] = {}
    for name, key in table.keys.items():
        node = table.entries[name]
        if name in ("kind", "ago", "at"):
            continue
        if name == "lines":
            props["lines"] = read_lines(node, currency, notes)
        elif name not in types:
            remedy = f"a property of your own is declared under properties: {name}"
            notes.add(key.mistake(f"unknown property {name}", near(name, types), remedy))
        else:
            props[name] = value(reading.text(node, name, notes), types[name], currency, notes)
            if name in ("latitude", "longitude") and props[name] is not None:
                props[name] = round(props[name] * 10**6)
    return props


def read_lines(node: Node, currency: str | None, notes: Notes) -> list[dict[str, Any]]:
    """[{product: p1, quantity: 2, amount: 9.50, category: wine}]"""
    if not isinstance(node, Items):
        notes.add(node.mistake("lines are a list", None, "lines: [{product: p1, quantity: 2}]"))
        return []
    found: list[dict[str, Any]] = []
    for item in node.items:
        table = reading.mapping(item, "line", notes)
        line: dict[str, Any] = {}
        for name, key in table.keys.items() if table else ():
            if name not in LINE:
                notes.add(key.mistake(f"unknown property {name} of a line", near(name, LINE)))
                continue
            assert table is not None
            line[name] = value(reading.text(table.entries[name], name, notes), LINE[name],
                               currency, notes)  # fmt: skip
        found.append(line)
    return found


def value(node: Text | None, kind: Type, currency: str | None, notes: Notes) -> Any:
    """A text as a value of a type: money in minor units, moments in microseconds."""
    if node is None or kind == "text":
        return node.value if node else None
    if kind == "integer":
        return reading.integer(node, "this", notes, -(10**11), 10**11)
    if kind == "boolean":
        return reading.truth(node, "this", notes)
    if kind == "timestamp":
        return instant(node, notes)
    if kind == "date":
        return day(node, notes)
    number = reading.decimal(node, "this", notes)
    if number is None or kind == "number":
        return None if number is None else float(number)
    return amount(node, number, currency, notes)


def day(node: Text, notes: Notes) -> str | None:
    """A date such as 2026-01-31."""
    try:
        return date.fromisoformat(node.value).isoformat()
    except ValueError:
        notes.add(node.mistake(f"{node.value!r} is not a date", None, "write 2026-01-31"))
        return None


def amount(node: Text, number: Decimal, currency: str | None, notes: Notes) -> int | None:
    """An amount in minor units."""
    whole = minor(number, currency)
    if whole is None:
        most = digits(currency)
        notes.add(node.mistake(f"an amount has at most {most} digits after the point here"))
    return whole
