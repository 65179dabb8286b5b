"""Each trait as SQL: which rows it ranges over, and the aggregate over them.

Traits that range over the same rows share one pass. Everything is integers, and ties are broken
by (occurred_at, key), so the result does not depend on the order of rows or on threads.
"""

from dataclasses import dataclass

from personalization.engine import literal
from personalization.errors import Stop
from personalization.models import DAY, Micros
from personalization.playbook.model import Place, Trait
from personalization.traits.needs import Needs, kind_of
from personalization.traits.properties import over_lines, quoted, renamed, through_lines

PLAIN = ("count", "sum", "net", "average", "min", "max", "since_last", "score")
"""Kinds that one pass over the rows gives; of net, the gross part."""
GROUPED = ("most_frequent", "distinct")
EMPTY = {"count": "0", "sum": "0", "net": "0", "distinct": "0", "score": "0", "near": "FALSE"}


@dataclass(frozen=True)
class Source:
    """The rows that some traits range over: a kind's events, its lines, or those of its events
    that have a line fitting `through`."""

    kind: str
    lines: bool
    through: str | None = None

    def rows(self) -> str:
        """A FROM clause with its WHERE; more conditions may follow with AND."""
        here = f"kind = {literal(self.kind)}"
        if self.lines:
            return f"FROM lines AS e WHERE {here}"
        if self.through is None:
            return f"FROM ev AS e WHERE {here}"
        return (
            f"FROM ev AS e WHERE {here} AND key IN "
            f"(SELECT key FROM lines WHERE {here} AND ({self.through}))"
        )


def source_of(trait: Trait, wanted: Needs) -> Source:
    """The rows that a trait ranges over."""
    through = through_lines(trait)
    where = renamed(trait.where or "", wanted.columns) if through else None
    return Source(kind_of(trait), over_lines(trait), where)


def column(trait: Trait, wanted: Needs) -> str:
    """The column of the property that a trait is computed from."""
    if trait.prop is None:
        raise Stop(f"Trait {trait.name}: {trait.kind} needs a property, as in order.amount.")
    return quoted(wanted.columns[trait.prop])


def span(trait: Trait) -> str | None:
    """The condition on a row to lie in the trait's window; None where there is none."""
    if trait.window is None:
        return None
    if trait.window.days is not None:
        return f"day_{trait.window.days}"
    return f"age < {trait.window.micros}"


def inside(trait: Trait, wanted: Needs, *more: str) -> str:
    """The condition on a row to count for a trait, its filter included."""
    parts = [span(trait), *more]
    if trait.where and not through_lines(trait):
        parts.append(f"({renamed(trait.where, wanted.columns)})")
    return " AND ".join(part for part in parts if part) or "TRUE"


def filtered(aggregate: str, condition: str) -> str:
    """An aggregate over the rows that fit."""
    return aggregate if condition == "TRUE" else f"{aggregate} FILTER (WHERE {condition})"


def plain(trait: Trait, wanted: Needs) -> str:
    """The aggregate of a trait that one pass over its rows gives."""
    fits = inside(trait, wanted)
    if trait.kind == "count":
        value = column(trait, wanted) if trait.prop else "*"
        return filtered(f"COUNT({value})", fits)
    if trait.kind == "since_last":
        return f"{filtered('MIN(age)', fits)} // {DAY}"
    if trait.kind == "score":
        return f"CAST({filtered(f'SUM({weight_column(trait)})', fits)} AS BIGINT)"
    value = column(trait, wanted)
    if trait.kind in ("min", "max"):
        return filtered(f"{trait.kind.upper()}({value})", fits)
    if trait.prop_type == "number":
        raise Stop(f"Trait {trait.name}: numbers with a fraction are never added up.")
    total = f"CAST({filtered(f'SUM({value})', fits)} AS BIGINT)"
    if trait.kind in ("sum", "net"):
        return total
    counted = filtered(f"COUNT({value})", fits)
    return f"CAST({total} AS DOUBLE) / NULLIF(CAST({counted} AS DOUBLE), 0)"


def half_life(trait: Trait) -> Micros:
    """The half-life of a score."""
    if not trait.half_life:
        raise Stop(f"Trait {trait.name}: a score needs a half-life, as in 30d.")
    return trait.half_life


def weight_column(trait: Trait) -> str:
    """The column of a score's weights in table `weights`."""
    return f"w{half_life(trait)}"


def extreme(trait: Trait, wanted: Needs) -> str:
    """The age of the row that first, last or near look at."""
    oldest = "MAX" if trait.kind == "first" else "MIN"
    return filtered(f"{oldest}(age)", inside(trait, wanted, known(trait, wanted)))


def known(trait: Trait, wanted: Needs) -> str:
    """The condition on a row to say anything about first, last or near."""
    if trait.kind == "near":
        return "latitude IS NOT NULL AND longitude IS NOT NULL"
    return f"{column(trait, wanted)} IS NOT NULL"


def at_extreme(trait: Trait, wanted: Needs, age: str) -> tuple[str, ...]:
    """The value (for near: latitude, longitude) at that age; of several rows that of the
    greatest (least for first) key, and of one event's lines the greatest (least) value."""
    fits = inside(trait, wanted, known(trait, wanted), f"age = {age}")
    if trait.kind == "near":
        row = filtered("MAX({'k': key, 'a': latitude, 'o': longitude})", fits)
        return f"STRUCT_EXTRACT({row}, 'a')", f"STRUCT_EXTRACT({row}, 'o')"
    best = "MIN" if trait.kind == "first" else "MAX"
    row = filtered(f"{best}({{'k': key, 'v': {column(trait, wanted)}}})", fits)
    return (f"STRUCT_EXTRACT({row}, 'v')",)


def place(trait: Trait) -> Place:
    """The place of a near trait."""
    if trait.place is None:
        raise Stop(f"Trait {trait.name}: near needs a place.")
    return trait.place
