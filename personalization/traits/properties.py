"""The properties of events as SQL columns: which there are, their types, how they are read.

Names that a customer chose never become identifiers: a property without a column of its own is
called x0, x1, ... in the tables `ev` and `lines`, and filters are rewritten to say so.
"""

import re
from collections.abc import Mapping

from personalization.engine import literal
from personalization.playbook.model import Playbook, Trait, Type

COLUMN: Mapping[str, Type] = {
    "amount": "money", "currency": "text", "order": "text", "rating": "integer", "city": "text",
    "page": "text", "channel": "text", "latitude": "integer", "longitude": "integer",
    "offset": "integer",
}  # fmt: skip
LOCAL: Mapping[str, Type] = {"hour": "integer", "weekday": "integer"}
"""Where and when it happened: the hour 0 to 23, and the day 1 (Monday) to 7, by the local clock."""
LINE: Mapping[str, Type] = {
    "product": "text", "category": "text", "quantity": "integer", "price": "money",
}  # fmt: skip
"""Properties of an event's lines. `price` is the line's whole amount."""

_TOKEN = re.compile(r"""'(?:[^']|'')*'|"((?:[^"]|"")*)\"""")


def quoted(name: str) -> str:
    """An SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def mentioned(sql: str) -> set[str]:
    """The quoted names in an expression."""
    found = (match.group(1) for match in _TOKEN.finditer(sql))
    return {name.replace('""', '"') for name in found if name is not None}


def renamed(sql: str, columns: Mapping[str, str]) -> str:
    """The expression with its quoted names replaced by the columns that hold them."""

    def replace(match: re.Match[str]) -> str:
        name = match.group(1)
        if name is None:
            return match.group(0)
        plain = name.replace('""', '"')
        return quoted(columns.get(plain, plain))

    return _TOKEN.sub(replace, sql)


def reads(trait: Trait) -> set[str]:
    """The event properties that a trait is computed from."""
    if trait.event is None:
        return set()
    names = mentioned(trait.where or "")
    if trait.prop is not None:
        names.add(trait.prop)
    if trait.kind == "net":
        names.add("order")
    if trait.kind == "near":
        names |= {"latitude", "longitude"}
    return names


def over_lines(trait: Trait) -> bool:
    """Whether a trait ranges over the lines of its events, and not over the events."""
    return trait.event is not None and trait.prop in LINE


def through_lines(trait: Trait) -> bool:
    """Whether a trait ranges over the events that have a line that fits its filter."""
    return not over_lines(trait) and any(name in LINE for name in mentioned(trait.where or ""))


def type_of(playbook: Playbook, name: str) -> Type:
    """The type of an event property; text where nobody says."""
    known = COLUMN.get(name) or LOCAL.get(name) or LINE.get(name)
    if known is not None:
        return known
    for key, type in sorted(playbook.properties.items()):
        if key == name or key.endswith(f".{name}"):
            return type
    given = (trait.prop_type for trait in playbook.traits.values() if trait.prop == name)
    return next((type for type in given if type is not None), "text")


def from_json(column: str, name: str, type: Type) -> str:
    """A value inside a JSON text, as SQL; NULL where it is missing or does not fit the type.

    Whole numbers must be whole, numbers finite, dates in the form 2026-01-31.
    """
    path = '$."' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    text = f"JSON_EXTRACT_STRING({column}, {literal(path)})"
    if type in ("integer", "money", "timestamp"):
        whole, exact = f"TRY_CAST({text} AS BIGINT)", f"TRY_CAST({text} AS DOUBLE)"
        return f"CASE WHEN {exact} = CAST({whole} AS DOUBLE) THEN {whole} END"
    if type == "number":
        number = f"TRY_CAST({text} AS DOUBLE)"
        return f"CASE WHEN {number} BETWEEN -1e308 AND 1e308 THEN {number} END"
    if type == "boolean":
        return f"CASE {text} WHEN 'true' THEN TRUE WHEN 'false' THEN FALSE END"
    if type == "date":
        return f"CASE WHEN CAST(TRY_CAST({text} AS DATE) AS VARCHAR) = {text} THEN {text} END"
    return text
