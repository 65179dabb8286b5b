"""Typed pieces of an expression, and the SQL that they become on every engine.

The SQL is the part that DuckDB and Spark read alike: quoted names, parentheses everywhere,
arithmetic on doubles (an integer may not overflow), `a / NULLIF(b, 0)`, no cast of text.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from personalization.playbook.model import Type

NUMERIC: frozenset[Type] = frozenset(("integer", "number", "money"))
EXACT = 2**53
SHAPES: dict[Type, str] = {"date": "2026-01-31", "timestamp": "2026-01-31T12:00:00Z"}
WORDS: dict[Type, str] = {
    "integer": "a whole number",
    "number": "a decimal number",
    "money": "money",
    "text": "text",
    "boolean": "true or false",
    "date": "a date",
    "timestamp": "a moment",
}


@dataclass(frozen=True, slots=True)
class Typed:
    """A piece of an expression. `kind` None means that a mistake in it is noted already.
    `literal` is the value where it is written out; `at` its place in the expression."""

    kind: Type | None
    sql: str
    at: int
    literal: Decimal | str | bool | None = None


class WrongType(Exception):
    """Two pieces do not fit; `at` says where, the text says why."""

    def __init__(self, at: int, message: str, remedy: str | None = None) -> None:
        super().__init__(message)
        self.at = at
        self.remedy = remedy


def quoted(text: str) -> str:
    """Text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def number(value: Decimal) -> str:
    """A number as an SQL literal; one with a point is a double, never a decimal."""
    if value == value.to_integral_value():
        return str(int(value))
    return f"CAST({value:f} AS DOUBLE)"


def double(piece: Typed) -> str:
    """A numeric piece as a double."""
    return f"CAST({piece.sql} AS DOUBLE)"


def fitted(piece: Typed, other: Typed, digits: int) -> Typed:
    """A literal in the unit of what it is compared with: money in minor units, a moment in
    microseconds. Anything else stays as it is."""
    if piece.literal is None or other.kind is None:
        return piece
    if isinstance(piece.literal, Decimal) and other.kind == "money" and other.literal is None:
        scaled = piece.literal.scaleb(digits)
        if scaled != scaled.to_integral_value():
            raise WrongType(piece.at, f"this money has at most {digits} digits after the point")
        return Typed("money", number(scaled), piece.at, scaled)
    if isinstance(piece.literal, str) and other.kind in ("date", "timestamp"):
        return moment(piece, other.kind)
    return piece


def moment(piece: Typed, kind: Type) -> Typed:
    """A text literal as a date or a moment (UTC where it names no zone)."""
    text = str(piece.literal)
    try:
        if kind == "date":
            return Typed("date", quoted(date.fromisoformat(text).isoformat()), piece.at, text)
        when = datetime.fromisoformat(text)
    except ValueError:
        shape = SHAPES[kind]
        raise WrongType(piece.at, f"{text!r} is not {WORDS[kind]}", f"write '{shape}'") from None
    aware = when if when.tzinfo else when.replace(tzinfo=UTC)
    delta = aware - datetime(1970, 1, 1, tzinfo=UTC)
    micros = (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds
    return Typed("timestamp", str(micros), piece.at, Decimal(micros))


def comparable(left: Typed, right: Typed, digits: int, exact: bool) -> tuple[Typed, Typed]:
    """Both sides, in one unit. `exact` is for =, <> and in, which take no decimal numbers."""
    left, right = fitted(left, right, digits), fitted(right, left, digits)
    if left.kind is None or right.kind is None:
        return left, right
    plain = {"integer", "number"}
    if left.kind != right.kind and not {left.kind, right.kind} <= plain:
        at = right.at if right.literal is not None else left.at
        raise WrongType(at, f"{WORDS[left.kind]} cannot be compared with {WORDS[right.kind]}",
                        way_out(left, right) or way_out(right, left))  # fmt: skip
    if exact and "number" in (left.kind, right.kind):
        culprit = left if left.kind == "number" else right
        raise WrongType(
            culprit.at, "a decimal number is hardly ever equal to another",
            "compare with <, <=, >, >= or between",
        )  # fmt: skip
    if not exact and left.kind == "boolean":
        raise WrongType(left.at, "true and false have no order", "compare with = or <>")
    if left.kind != right.kind:  # one whole, one decimal: compared as doubles
        left = left if left.kind == "number" else Typed("number", double(left), left.at)
        right = right if right.kind == "number" else Typed("number", double(right), right.at)
    return left, right


def way_out(piece: Typed, other: Typed) -> str | None:
    """How a written value of another type was most likely meant."""
    if piece.literal is None or other.kind is None:
        return None
    if other.kind in SHAPES:
        return f"write '{SHAPES[other.kind]}'"
    if other.kind == "text":
        return "text stands in quotes: 'text'"
    number = other.kind in NUMERIC and isinstance(piece.literal, str)
    plain = re.fullmatch(r"-?\d+(\.\d+)?", str(piece.literal))
    return f"write {piece.literal} without quotes" if number and plain else None


def arithmetic(sign: str, left: Typed, right: Typed, digits: int) -> Typed:
    """Types left + - * / right. Money may be added to money, and multiplied or divided by a number."""
    if left.kind is None or right.kind is None:
        return Typed(None, "", left.at)
    if sign in "+-":
        left, right = fitted(left, right, digits), fitted(right, left, digits)
    for piece in (left, right):
        if piece.kind not in NUMERIC:
            assert piece.kind is not None
            raise WrongType(piece.at, f"{sign} takes numbers, and this is {WORDS[piece.kind]}")
    kind = result(sign, left, right)
    if isinstance(left.literal, Decimal) and isinstance(right.literal, Decimal):
        return folded(sign, left, right)
    if sign == "/":
        return Typed(kind, f"({double(left)} / NULLIF({double(right)}, 0))", left.at)
    return Typed(kind, f"({double(left)} {sign} {double(right)})", left.at)


def result(sign: str, left: Typed, right: Typed) -> Type:
    """The type of left sign right."""
    kinds = (left.kind, right.kind)
    if "money" not in kinds:
        return "integer" if kinds == ("integer", "integer") and sign != "/" else "number"
    if sign in "+-" and kinds != ("money", "money"):
        raise WrongType(left.at, f"money and a plain number cannot be joined by {sign}")
    if sign == "*" and kinds == ("money", "money"):
        raise WrongType(left.at, "money times money is no amount")
    if sign == "/" and left.kind != "money":
        raise WrongType(left.at, "a number divided by money is no amount")
    return "number" if kinds == ("money", "money") and sign == "/" else "money"


def folded(sign: str, left: Typed, right: Typed) -> Typed:
    """Two written numbers, worked out here and now."""
    one, two = left.literal, right.literal
    assert isinstance(one, Decimal)
    assert isinstance(two, Decimal)
    if sign == "/" and two == 0:
        raise WrongType(right.at, "division by zero")
    value = {"+": one + two, "-": one - two, "*": one * two}.get(sign)
    return literal(one / two if value is None else value, left.at)


def literal(value: Decimal, at: int) -> Typed:
    """A written number."""
    if abs(value) > EXACT:
        raise WrongType(at, "this number is too large to be exact")
    kind: Type = "integer" if value == value.to_integral_value() else "number"
    return Typed(kind, number(value), at, value)
