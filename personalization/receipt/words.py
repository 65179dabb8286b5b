"""Rules in words, and the smallest change that flips a segment."""

from collections.abc import Mapping
from typing import Any

import sqlglot
from sqlglot import exp

from personalization.currency import written
from personalization.models import DAY, HOUR, MINUTE, SECOND, Micros
from personalization.playbook.model import Playbook, Segment, Trait

COMPARISONS: dict[type[exp.Expr], str] = {
    exp.GT: ">", exp.GTE: ">=", exp.LT: "<", exp.LTE: "<=",
}  # fmt: skip


def rule(trait: Trait) -> str:
    """A trait's definition on one line."""
    what = ".".join(part for part in (trait.event, trait.prop) if part) or trait.name
    said = f"{trait.kind} of {what}"
    if trait.where:
        said += f" where {bare(trait.where)}"
    if trait.window and trait.window.micros:
        said += f" in the last {span(trait.window.micros)}"
    if trait.window and trait.window.days:
        said += f" in the last {trait.window.days} days of their own calendar"
    if trait.half_life:
        said += f", halved every {span(trait.half_life)}"
    return said


def bare(where: str) -> str:
    """A filter without what checking put around it: COALESCE(..., FALSE), and brackets."""
    tree = sqlglot.parse_one(where, read="duckdb")
    if isinstance(tree, exp.Coalesce):
        tree = tree.this
    return tree.unnest().sql(dialect="duckdb").replace('"', "")


def span(micros: Micros) -> str:
    """A duration in the largest unit that divides it."""
    for unit, name in ((DAY, "d"), (HOUR, "h"), (MINUTE, "m"), (SECOND, "s")):
        if micros % unit == 0:
            return f"{micros // unit}{name}"
    return f"{micros}us"


def nearest(segment: Segment, values: Mapping[str, Any], playbook: Playbook) -> str | None:
    """The change of one value that would flip the segment, where one comparison with a number
    decides it: the whole rule, or one part of its AND (of its OR) alone."""
    tree = sqlglot.parse_one(segment.sql, read="duckdb")
    compared = [node for node in tree.find_all(*COMPARISONS) if plain(node, values)]
    flips = []
    for node in compared:
        name, bound = node.this.name, float(node.expression.this)
        value = float(values[name])
        line = f"{COMPARISONS[type(node)]} {shown(playbook, name, bound)}"
        gap = abs(value - bound) / max(abs(bound), 1)
        flips.append((gap, f"{name} is {shown(playbook, name, value)}; the line is {line}"))
    return min(flips)[1] if flips else None


def shown(playbook: Playbook, name: str, value: Any) -> str:
    """A trait's value as people read it: money with its currency, whole numbers without a point."""
    trait = playbook.traits.get(name)
    if value is None:
        return "–"
    if trait is not None and trait.type == "money":
        return written(round(value), playbook.currency)
    if isinstance(value, float):
        return f"{value:.10g}"
    return str(value)


def plain(node: exp.Expr, values: Mapping[str, Any]) -> bool:
    """Whether a comparison holds a known number against a literal number."""
    return (
        isinstance(node.this, exp.Column)
        and isinstance(node.expression, exp.Literal)
        and not node.expression.is_string
        and isinstance(values.get(node.this.name), int | float)
    )
