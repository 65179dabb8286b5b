"""Every key that a playbook may have, and what it says: what checking accepts and docs explain."""

from typing import get_args

from personalization.playbook.model import TraitKind, Type

TYPES: tuple[Type, ...] = get_args(Type)
KINDS: tuple[TraitKind, ...] = get_args(TraitKind)

KEYS: dict[str, tuple[str, ...]] = {
    "playbook": (
        "name", "currency", "rates", "zone", "language", "complete", "events", "properties",
        "traits", "segments", "stages", "messages", "slots", "fields", "triggers", "limits",
        "tests",
    ),
    "trait": (*KINDS, "window", "where", "half_life", "type"),
    "near": ("place", "km", "of"),
    "segment": ("when", "tag", "title"),
    "message": ("for", "fields", "title", "interrupts"),
    "slot": ("messages", "picks", "expires", "fields"),
    "field": ("value", "file", "fallback", "max", "format", "label"),
    "trigger": (
        "after", "enter", "leave", "at", "wait", "unless", "within", "for", "send", "event", "by",
        "channel", "basis",
    ),
    "limits": (
        "sends", "quiet", "holdout", "park_above", "empty_above", "sends_per_hour", "new_fields",
        "only", "edits",
    ),
    "test": ("now", "contact", "events", "expect"),
    "expect": ("segments", "stage", "messages", "fields"),
    "expected segments": ("in", "out"),
}  # fmt: skip

LINE_PROPERTIES: dict[str, Type] = {
    "product": "text",
    "category": "text",
    "quantity": "integer",
    "price": "money",
}
"""Properties of an event's lines: a trait over one of them ranges over the lines."""

EVENT_PROPERTIES: dict[str, Type] = {
    "amount": "money",
    "currency": "text",
    "order": "text",
    "rating": "integer",
    "city": "text",
    "page": "text",
    "channel": "text",
    "hour": "integer",
    "weekday": "integer",
}
"""Properties with a column of their own in the event log (`models.EVENT_COLUMNS`). Not here:
latitude and longitude, which `near` reads; offset and lines, which the product reads itself.
`hour` (0 to 23) and `weekday` (1 is Monday) follow from the moment and the local clock."""

RESERVED = frozenset(
    [
        "and",
        "or",
        "not",
        "in",
        "between",
        "is",
        "null",
        "like",
        "true",
        "false",
        "contact",
        "i",
        "now",
        "stage",
        "message",
        "picks",
        "id",
        "all",
        "any",
        "as",
        "by",
        "case",
        "cast",
        "distinct",
        "else",
        "end",
        "exists",
        "from",
        "group",
        "having",
        "limit",
        "on",
        "select",
        "then",
        "union",
        "using",
        "when",
        "where",
        "with",
        "order",
    ]
)
"""Words that no trait or segment may be called: SQL's and the product's own."""
