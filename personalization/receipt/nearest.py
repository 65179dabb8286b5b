"""What would have to change for a segment to flip: the smallest change of one value alone.

Every value that a rule compares with a plain number or text is tried at and beside what it is
compared with, by the rules' own SQL, in one statement. Between two such lines no rule turns, so
nothing smaller flips; segments that are used by others flip with them.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeGuard

import sqlglot
from sqlglot import exp

from personalization.engine import Engine, literal
from personalization.models import Frozen
from personalization.playbook.model import Playbook, Segment, Trait
from personalization.receipt.words import shown
from personalization.store.columns import put
from personalization.traits.properties import quoted
from personalization.traits.segments import segments

NONE = "no change of one value alone"
SIGNS: dict[type[exp.Expr], str] = {
    exp.GT: ">", exp.GTE: ">=", exp.LT: "<", exp.LTE: "<=", exp.EQ: "=", exp.NEQ: "<>",
}  # fmt: skip
TURNED = {">": "<", ">=": "<=", "<": ">", "<=": ">=", "=": "=", "<>": "<>"}
WHOLE = ("integer", "money")
COUNTING = ("count", "distinct", "score", "since_last")
"""Kinds whose value is never below 0."""


class Line(NamedTuple):
    """A comparison of a trait with a plain number or text, or with NULL."""

    trait: str
    sign: str
    bound: float | str | None


class Change(Frozen):
    """A trait's value that flips a segment, all others staying as they are, and the comparison
    whose outcome that changes."""

    trait: str
    to: float | str | bool | None
    sign: str
    bound: float | str | bool | None


def nearest(
    engine: Engine, playbook: Playbook, values: Mapping[str, Any]
) -> dict[str, Change | None]:
    """For each segment the smallest change of one trait (relative to what it is compared with;
    a value that is not known or no number comes last) that flips it; None where no change of one
    value alone does. `values` are the traits and segments of the one contact in the engine's
    `traits`, which this replaces, and `segments` with it."""
    tried = list(candidates(playbook, values))
    put_variants(engine, tried)
    segments(engine, playbook)
    rows = engine.columns("SELECT * FROM segments ORDER BY i")
    found: dict[str, Change | None] = {}
    for name, segment in playbook.segments.items():
        own = lines_of(segment, playbook)
        flips = [change for change, holds in zip(tried, rows[name].tolist(), strict=True)
                 if bool(holds) != bool(values[name])]  # fmt: skip
        found[name] = best(flips, own, values)
    return found


def candidates(playbook: Playbook, values: Mapping[str, Any]) -> Iterator[Change]:
    """Values at and beside each line of each trait, where they are not the contact's own."""
    for name, trait in playbook.traits.items():
        if trait.type == "boolean":
            yield Change(trait=name, to=not values[name], sign="=", bound=not values[name])
    known: dict[str, set[Line]] = {}
    for segment in playbook.segments.values():
        for line in lines_of(segment, playbook):
            known.setdefault(line.trait, set()).add(line)
    for name in sorted(known):
        trait, own = playbook.traits[name], values[name]
        close = {to for line in known[name] for to in beside(trait, line.bound) if to != own}
        for to in sorted(close, key=str):
            for line in sorted(known[name], key=str):
                if fits(own, line) != fits(to, line):
                    yield Change(trait=name, to=to, sign=line.sign, bound=line.bound)


def lines_of(segment: Segment, playbook: Playbook) -> set[Line]:
    """Every comparison of a trait with a plain value in a segment's own rule."""
    found: set[Line] = set()
    tree = sqlglot.parse_one(segment.sql, read="duckdb")
    for known in tree.find_all(exp.Is):
        one = bare(known.this)
        if isinstance(one, exp.Column) and one.name in playbook.traits:
            found.add(Line(one.name, "is", None))
    for node in tree.find_all(*SIGNS, exp.In):
        sign = SIGNS.get(type(node), "=")
        for other in node.expressions if isinstance(node, exp.In) else [node.expression]:
            for left, right, said in ((node.this, other, sign), (other, node.this, TURNED[sign])):
                one, bound = bare(left), constant(right)
                named = isinstance(one, exp.Column) and one.name in playbook.traits
                if named and bound is not None:
                    found.add(Line(one.name, said, bound))
    return found


def bare(node: exp.Expr) -> exp.Expr:
    """What stands within brackets and casts."""
    while isinstance(node, exp.Paren | exp.Cast):
        node = node.this
    return node


def constant(node: exp.Expr) -> float | str | None:
    """A plain number or text, None for anything else."""
    inner = bare(node)
    sign = -1 if isinstance(inner, exp.Neg) else 1
    inner = bare(inner.this) if isinstance(inner, exp.Neg) else inner
    if not isinstance(inner, exp.Literal):
        return None
    if inner.is_string:
        return str(inner.this)
    number = float(inner.this)
    return sign * (int(number) if number.is_integer() else number)


def beside(trait: Trait, bound: float | str | None) -> list[Any]:
    """The values of a trait next to a line: on it, and just to both sides. Beside "not known" is
    any value."""
    if bound is None:
        return [None, 0 if trait.type in (*WHOLE, "number", "timestamp") else "any"]
    if isinstance(bound, str):
        return [bound, f"not {bound}"]
    low, high = math.floor(bound), math.ceil(bound)
    close = [low - 1, low, high, high + 1] if trait.type in WHOLE else [
        math.nextafter(bound, -math.inf), float(bound), math.nextafter(bound, math.inf)]  # fmt: skip
    return [one for one in close if one >= 0 or trait.kind not in COUNTING]


def fits(value: Any, line: Line) -> bool:
    """Whether a comparison holds; one with an unknown value does not."""
    if line.bound is None:
        return value is None
    if value is None or isinstance(value, str) != isinstance(line.bound, str):
        return False
    held: bool = {
        ">": lambda: value > line.bound, ">=": lambda: value >= line.bound,
        "<": lambda: value < line.bound, "<=": lambda: value <= line.bound,
        "=": lambda: value == line.bound, "<>": lambda: value != line.bound,
    }[line.sign]()  # fmt: skip
    return held


def put_variants(engine: Engine, tried: Sequence[Change]) -> None:
    """Makes `traits` anew: one row for each change, all else as it was."""
    types = engine.rows("SELECT column_name, data_type FROM duckdb_columns() "
                        "WHERE table_name = 'traits' AND column_name <> 'i'")  # fmt: skip
    rows = [(n, one.trait, None if one.to is None else str(one.to)) for n, one in enumerate(tried)]
    put(engine, "changes", rows, {"i": "INTEGER", "trait": "VARCHAR", "value": "VARCHAR"})
    chosen = ", ".join(
        f"CASE WHEN changes.trait = {literal(name)} THEN TRY_CAST(changes.value AS {kind}) "
        f"ELSE as_it_is.{quoted(name)} END AS {quoted(name)}"
        for name, kind in types
    )
    engine.run("CREATE OR REPLACE TEMP TABLE as_it_is AS SELECT * FROM traits")
    engine.run("CREATE OR REPLACE TEMP TABLE traits AS "
               f"SELECT changes.i, {chosen} FROM as_it_is, changes")  # fmt: skip


def best(flips: Sequence[Change], own_lines: set[Line], values: Mapping[str, Any]) -> Change | None:
    """Of the changes that flip a segment the smallest: of one trait by its own measure, of several
    traits relative to their size. What is no number comes last."""

    def near(one: Change) -> tuple[float, bool]:
        line = Line(one.trait, one.sign, one.bound)
        return distance(values[one.trait], one.to), line not in own_lines

    def small(one: Change) -> tuple[float, str]:
        sizes = [abs(each) for each in (values[one.trait], one.bound) if is_number(each)]
        return near(one)[0] / max([1.0, *sizes]), one.trait

    nearest_of: dict[str, Change] = {}
    for one in flips:
        held = nearest_of.setdefault(one.trait, one)
        if near(one) < near(held):
            nearest_of[one.trait] = one
    return min(nearest_of.values(), key=small, default=None)


def distance(own: Any, to: Any) -> float:
    """How far two numbers are apart; endless where one is none."""
    return float(abs(own - to)) if is_number(own) and is_number(to) else math.inf


def is_number(value: object) -> TypeGuard[float]:
    """Whether a value is a number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def said(change: Change | None, playbook: Playbook, values: Mapping[str, Any]) -> str:
    """A change in words."""
    if change is None:
        return NONE
    name, own = change.trait, shown(playbook, change.trait, values[change.trait])
    bound = shown(playbook, name, change.bound)
    if change.bound is None:
        return f"{name} is {own}; {'no' if change.to is None else 'any'} value would flip it"
    if change.sign in ("=", "<>"):
        other = bound if change.to == change.bound else "a value not named here"
        return f"{name} is {own}; {other} would flip it"
    return f"{name} is {own}; the line is {change.sign} {bound}"
