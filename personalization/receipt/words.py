"""Rules and values in words."""

import re
from datetime import UTC, datetime
from typing import Any

import numpy as np
import sqlglot
from sqlglot import exp

from personalization.currency import written
from personalization.models import DAY, HOUR, MINUTE, SECOND, Micros
from personalization.playbook.model import Playbook, Trait

KINDS = {
    "count": "number of {} events", "sum": "sum of {}", "net": "sum of {} less refunds",
    "since_last": "days since the last {}", "most_frequent": "most frequent {}",
    "distinct": "number of different {}", "near": "near the place at the last {}",
    "attribute": "the contact's {}", "score": "weights of {} events, each 1,048,576 when new",
}  # fmt: skip
"""How a rule begins; other kinds begin with their own name."""
COUNTED = ("count", "sum", "distinct", "score", "since_last")
"""Kinds whose value is a quantity; others may be a year or a number of something."""


def rule(trait: Trait) -> str:
    """A trait's definition on one line."""
    what = ".".join(part for part in (trait.event, trait.prop) if part) or trait.name
    said = KINDS.get(trait.kind, f"{trait.kind} {{}}").format(what)
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


def shown(playbook: Playbook, name: str, value: Any) -> str:
    """A trait's value as people read it: money with its currency, moments as such, what was counted
    with its thousands apart."""
    trait = playbook.traits.get(name)
    if value is None:
        return "–"
    if trait is not None and "money" in (
        trait.type,
        trait.prop_type if trait.kind == "average" else "",
    ):
        return re.sub(r"\d{4,}", lambda found: f"{int(found[0]):,}",
                      written(round(value), playbook.currency), count=1)  # fmt: skip
    if trait is not None and trait.type == "timestamp":
        moment = datetime.fromtimestamp(value // SECOND, UTC)
        return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.10g}"
    counted = isinstance(value, int) and trait is not None and trait.kind in COUNTED
    return f"{value:,}" if counted else str(value)


def scalar(value: Any) -> Any:
    """A numpy value as plain Python, None where masked (a masked number's own `item` is 0)."""
    if value is np.ma.masked:
        return None
    return value.item() if isinstance(value, np.generic) else value
