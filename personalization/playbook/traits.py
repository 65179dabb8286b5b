"""The traits of a playbook: one kind each, an event or an attribute, filters and a window."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from personalization.currency import digits
from personalization.models import HOUR
from personalization.playbook import dialect, reading
from personalization.playbook.head import NAME, NAME_REMEDY, properties_of, type_of
from personalization.playbook.mistakes import Notes, near
from personalization.playbook.model import Place, Trait, TraitKind, Type
from personalization.playbook.shape import KINDS, RESERVED
from personalization.playbook.source import Items, Node, Table, Text
from personalization.playbook.typed import WORDS

ALONE: frozenset[TraitKind] = frozenset(("count", "since_last", "score"))
"""Kinds that may name an event without a property."""
TAKES: dict[TraitKind, tuple[Type, ...]] = {
    "sum": ("integer", "money"),
    "net": ("money",),
    "average": ("integer", "money"),
    "min": ("integer", "money", "number", "date", "timestamp"),
    "max": ("integer", "money", "number", "date", "timestamp"),
    "first": ("integer", "money", "number", "text", "boolean", "date", "timestamp"),
    "last": ("integer", "money", "number", "text", "boolean", "date", "timestamp"),
    "most_frequent": ("text", "integer", "date"),
    "distinct": ("integer", "money", "text", "date"),
}
"""What a property must be for each kind that reads one. Decimal numbers are never summed: their
sum would depend on the order of the rows."""
FIXED: dict[TraitKind, Type] = {
    "count": "integer", "distinct": "integer", "since_last": "integer", "score": "integer",
    "average": "number", "near": "boolean",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Known:
    """What a trait may speak of."""

    events: tuple[str, ...]
    properties: dict[str, Type]
    currency: str | None


def read(table: Table, known: Known, notes: Notes) -> dict[str, Trait | None]:
    """All traits by name; None for one that is wrong, which is noted."""
    found: dict[str, Trait | None] = {}
    for name, key, node in reading.section(table, "traits", notes):
        fine = reading.named(key, "trait", NAME, NAME_REMEDY, notes)
        if fine and name in RESERVED:
            notes.add(key.mistake(f"{name} is a word of its own and cannot name a trait"))
            fine = False
        trait = one(name, node, known, notes)
        found[name] = trait if fine else None
    return found


def kind_of(trait: Trait | None) -> Type | None:
    """A trait's type in an expression: an average of money compares as money."""
    if trait is None:
        return None
    return "money" if trait.kind == "average" and trait.prop_type == "money" else trait.type


def one(name: str, node: Node, known: Known, notes: Notes) -> Trait | None:
    """One trait."""
    table = reading.known(node, "trait", notes)
    if table is None:
        return None
    kinds = [kind for kind in KINDS if kind in table.entries]
    if len(kinds) != 1:
        reason = "has no kind" if not kinds else f"has {len(kinds)} kinds: {', '.join(kinds)}"
        place = table.keys[kinds[1]] if kinds else node
        remedy = "write one, for example {count: order, window: 90d}"
        notes.add(place.mistake(f"trait {name} {reason}", None, remedy))
        return None
    kind, before = kinds[0], len(notes.found)
    values: dict[str, Any] = {"name": name, "kind": kind}
    if kind == "attribute":
        values |= attribute(table, notes)
    elif kind == "near":
        values |= near_place(table.entries["near"], known, notes)
    else:
        values |= source(kind, table, known, notes)
    values |= filters(kind, table, values.get("event"), known, notes)
    return Trait(**values) if len(notes.found) == before else None


def attribute(table: Table, notes: Notes) -> dict[str, Any]:
    """{attribute: city, type: text}"""
    name = reading.text(table.entries["attribute"], "attribute", notes)
    kind = type_of(reading.text(table.entries.get("type"), "type", notes), notes)
    return {"prop": name.value if name else None, "type": kind or "text"}


def near_place(node: Node, known: Known, notes: Notes) -> dict[str, Any]:
    """{near: {place: [52.52, 13.405], km: 25, of: visit}}"""
    table = reading.known(node, "near", notes)
    if table is None:
        return {}
    point = table.entries.get("place")
    km = number(table.entries.get("km"), "km", notes)
    event = reading.text(table.entries.get("of"), "of", notes)
    reading.choice(event, known.events, "event", notes)
    if not isinstance(point, Items) or len(point.items) != 2 or km is None:
        remedy = "write {place: [52.52, 13.405], km: 25}"
        notes.add(node.mistake("near needs a place and km", None, remedy))
        return {}
    latitude, longitude = (number(item, "a degree", notes) for item in point.items)
    if latitude is None or longitude is None:
        return {}
    if abs(latitude) > 90 or abs(longitude) > 180 or not 0 < km <= 20_000:
        remedy = "latitude to 90, longitude to 180, at most 20000 km"
        notes.add(node.mistake("there is no such place", None, remedy))
    where = Place(latitude=int(latitude * 10**6), longitude=int(longitude * 10**6),
                  metres=int(km * 1000))  # fmt: skip
    return {"place": where, "event": event.value if event else None, "type": "boolean"}


def number(node: Node | None, what: str, notes: Notes) -> Decimal | None:
    """A number with a point."""
    return reading.decimal(reading.text(node, what, notes), what, notes)


def source(kind: TraitKind, table: Table, known: Known, notes: Notes) -> dict[str, Any]:
    """What it is computed from: `order` or `order.amount`."""
    node = reading.text(table.entries[kind], kind, notes)
    if node is None:
        return {}
    event, dot, prop = node.value.partition(".")
    if event not in known.events:
        remedy = f"an event of your own is named under events: [{event}]"
        notes.add(node.mistake(f"unknown event {event}", near(event, known.events), remedy))
        return {}
    if not dot:
        if kind not in ALONE:
            remedy = f"write {kind}: {event}.amount"
            notes.add(node.mistake(f"{kind} needs a property of {event}", None, remedy))
        return {"event": event, "type": "integer"}
    return {"event": event} | read_property(kind, node, event, prop, known, notes)


def read_property(
    kind: TraitKind, node: Text, event: str, prop: str, known: Known, notes: Notes
) -> dict[str, Any]:
    """The property that a trait ranges over, and the type that follows."""
    there = properties_of(event, known.properties)
    at = len(event) + 1
    if kind not in TAKES:
        notes.add(node.inside(at - 1, f"{kind} takes an event without a property", event))
    elif prop not in there:
        message = f"unknown property {prop} of {event}"
        remedy = f"a property of your own is declared under properties: {event}.{prop}: text"
        notes.add(node.inside(at, message, near(prop, there), remedy))
    elif there[prop] not in TAKES[kind]:
        wanted = " or ".join(WORDS[one] for one in TAKES[kind])
        notes.add(node.inside(at, f"{kind} takes {wanted}, and {prop} is {WORDS[there[prop]]}"))
    elif kind == "net" and (event, prop) != ("order", "amount"):
        notes.add(node.inside(0, "net knows refunds of order.amount only", "order.amount"))
    else:
        return {"prop": prop, "prop_type": there[prop], "type": FIXED.get(kind, there[prop])}
    return {}


def filters(
    kind: TraitKind, table: Table, event: str | None, known: Known, notes: Notes
) -> dict[str, Any]:
    """window, where and half_life, and `type`, each only where it means something."""
    found: dict[str, Any] = {}
    allowed = {"window": event is not None, "where": event is not None,
               "half_life": kind == "score", "type": kind == "attribute"}  # fmt: skip
    for key, fine in allowed.items():
        if key in table.entries and not fine and (event or kind in ("attribute", "near")):
            notes.add(table.keys[key].mistake(f"{key} means nothing for {kind}"))
    window = reading.text(table.entries.get("window"), "window", notes)
    found["window"] = reading.window(window, notes)
    where = reading.text(table.entries.get("where"), "where", notes)
    if where is not None and event is not None:
        names = properties_of(event, known.properties)
        checked = dialect.check(where, names, notes, digits(known.currency), "property")
        if checked is not None:
            found |= {"where": checked.sql, "where_uses": checked.uses}
    if kind == "score":
        life = reading.text(table.entries.get("half_life"), "half_life", notes)
        found["half_life"] = reading.span(life, "half_life", notes)
        if life is None:
            remedy = "write {score: view, half_life: 30d}"
            notes.add(table.keys[kind].mistake("score needs a half_life", None, remedy))
        elif found["half_life"] is not None and found["half_life"] < HOUR:
            notes.add(life.mistake("a half_life is at least 1h"))
    return found
