"""How a rule reads a trait: what it compares it with, and whether that is all."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import sqlglot
from sqlglot import exp

from personalization.playbook.model import Playbook, Segment

EQUAL = (exp.EQ, exp.NEQ, exp.In)
COMPARING = (*EQUAL, exp.GT, exp.GTE, exp.LT, exp.LTE)
Bound = float | str


class Use(NamedTuple):
    """What a trait is compared with: plain numbers and texts, and other columns. `plain` if a rule
    does nothing else with it but ask whether it is known; `equal` if moreover no order is asked
    for and no other column, so that all values that no rule names count alike."""

    bounds: frozenset[Bound] = frozenset()
    columns: frozenset[str] = frozenset()
    plain: bool = True
    equal: bool = True

    def and_also(self, other: "Use") -> "Use":
        """Both uses of one trait."""
        return Use(self.bounds | other.bounds, self.columns | other.columns,
                   self.plain and other.plain, self.equal and other.equal)  # fmt: skip


def uses_of(playbook: Playbook) -> dict[str, dict[str, Use]]:
    """For each segment the traits that its rule reads, those of segments in it included."""
    found: dict[str, dict[str, Use]] = {}
    for name, segment in playbook.segments.items():
        inner = [found[used] for used in segment.uses if used in found]
        found[name] = together([own_uses(segment, playbook), *inner])
    return found


def together(several: Iterable[Mapping[str, Use]]) -> dict[str, Use]:
    """The uses of several rules as those of one."""
    found: dict[str, Use] = {}
    for uses in several:
        for trait, use in uses.items():
            found[trait] = use.and_also(found.get(trait, Use()))
    return found


def own_uses(segment: Segment, playbook: Playbook) -> dict[str, Use]:
    """The traits in a segment's own rule."""
    tree = sqlglot.parse_one(segment.sql, read="duckdb")
    columns = (one for one in tree.find_all(exp.Column) if one.name in playbook.traits)
    return together(
        {one.name: Use() if playbook.traits[one.name].type == "boolean" else use_of(one)}
        for one in columns
    )


def use_of(column: exp.Column) -> Use:
    """One use of a trait that is not true or false itself."""
    here: exp.Expr = column
    while isinstance(here.parent, exp.Paren | exp.Cast):
        here = here.parent
    around = here.parent
    if isinstance(around, exp.Is):
        return Use()
    if not isinstance(around, COMPARING):
        return Use(literals_around(here), plain=False, equal=False)
    sides = [around.this, *(around.expressions or [around.expression])]
    others = [bare(side) for side in sides if side is not here]
    bounds = [constant(one) for one in others]
    columns = frozenset(one.name for one in others if isinstance(one, exp.Column))
    known = frozenset(one for one in bounds if one is not None)
    plain = len(columns) + sum(one is not None for one in bounds) >= len(others)
    return Use(known, columns, plain, plain and not columns and isinstance(around, EQUAL))


def literals_around(node: exp.Expr) -> frozenset[Bound]:
    """What is written in the comparison that a trait is part of; of a pattern, what fits it."""
    around = node.find_ancestor(*COMPARING, exp.Like)
    found = [constant(one) for one in around.find_all(exp.Literal)] if around else []
    if isinstance(around, exp.Like):
        found = [one.replace("%", "").replace("_", "a") for one in found if isinstance(one, str)]
    return frozenset(one for one in found if one is not None)


def bare(node: exp.Expr) -> exp.Expr:
    """What stands within brackets and casts."""
    while isinstance(node, exp.Paren | exp.Cast):
        node = node.this
    return node


def constant(node: exp.Expr) -> Bound | None:
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
