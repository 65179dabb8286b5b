"""Which values of a trait matter: the ones that segments compare it with, and who is shown them.

A trait that counts days changes daily, but a segment `days > 45` sees only the step to 46. So
nobody has to be looked at again on the days between.
"""

import re
from collections.abc import Iterable, Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import lru_cache
from typing import NamedTuple

import sqlglot
from sqlglot import exp

from personalization.playbook.model import Playbook, Slot


class Turn(NamedTuple):
    """A rule may turn where `value operator number` does; the operator is < or <=."""

    operator: str
    number: str

    @property
    def whole(self) -> int:
        """The first whole number of which it does not hold."""
        number = Decimal(self.number)
        if self.operator == "<":
            return int(number.to_integral_value(ROUND_CEILING))
        return int(number.to_integral_value(ROUND_FLOOR)) + 1


Turns = frozenset[Turn]

BELOW, WITHIN = "<", "<="
COMPARISONS: Mapping[type, tuple[str, ...]] = {
    exp.GTE: (BELOW,), exp.LT: (BELOW,), exp.GT: (WITHIN,), exp.LTE: (WITHIN,),
    exp.EQ: (BELOW, WITHIN), exp.NEQ: (BELOW, WITHIN),
}  # fmt: skip
OTHER_WAY: Mapping[tuple[str, ...], tuple[str, ...]] = {(BELOW,): (WITHIN,), (WITHIN,): (BELOW,)}
"""`5 > x` turns where `x < 5` does, so from the right side the two change places."""


def shown(playbook: Playbook) -> frozenset[str]:
    """The traits that a field or a trigger's moment may show everyone: those whose name stands
    as a word in a field's own template."""
    texts = [field.value for field in playbook.fields.values() if field.value]
    moments = {trigger.at for trigger in playbook.triggers.values() if trigger.at}
    return named(playbook, texts) | (moments & playbook.traits.keys())


def shown_by(playbook: Playbook, slot: Slot) -> dict[str, frozenset[str]]:
    """For each of a slot's messages the traits that it shows those to whom it is said."""
    return {
        name: named(playbook, playbook.messages[name].fields.values()) for name in slot.messages
    }


def named(playbook: Playbook, texts: Iterable[str]) -> frozenset[str]:
    """The traits whose names stand as words in some templates."""
    words = {word for text in texts for word in re.findall(r"\w+", text)}
    return frozenset(words & playbook.traits.keys())


def compared(playbook: Playbook) -> dict[str, Turns | None]:
    """For each trait that segments use, where a rule may turn; None where that cannot be told, so
    that every change matters. That a value becomes NULL, or is no longer, is not among them."""
    found: dict[str, Turns | None] = {}
    for segment in playbook.segments.values():
        for name, turns in turnings(segment.sql):
            if name in playbook.traits:
                before = found.get(name, Turns())
                known = turns is not None and before is not None
                found[name] = (before or Turns()) | (turns or Turns()) if known else None
    return found


@lru_cache(maxsize=4096)
def turnings(sql: str) -> tuple[tuple[str, Turns | None], ...]:
    """Each name in a rule with where the rule may turn; kept, because parsing costs more than
    deciding one contact."""
    columns = sqlglot.parse_one(sql, read="duckdb").find_all(exp.Column)
    return tuple((column.name, turning(column)) for column in columns)


def turning(column: exp.Column) -> Turns | None:
    """Where one comparison of a column with plain numbers may turn."""
    inner: exp.Expr = column
    while isinstance(inner.parent, exp.Paren):
        inner = inner.parent
    parent = inner.parent
    if isinstance(parent, exp.Is):
        return Turns()
    operators = COMPARISONS.get(type(parent))
    if isinstance(parent, exp.Binary) and operators:
        if parent.left is inner:
            return steps(operators, [parent.right])
        return steps(OTHER_WAY.get(operators, operators), [parent.left])
    if isinstance(parent, exp.Between) and parent.this is inner:
        low, high = steps((BELOW,), [parent.args["low"]]), steps((WITHIN,), [parent.args["high"]])
        return None if low is None or high is None else low | high
    if isinstance(parent, exp.In) and parent.this is inner and parent.expressions:
        return steps((BELOW, WITHIN), parent.expressions)
    return None


def steps(operators: Iterable[str], values: Iterable[exp.Expr]) -> Turns | None:
    """Where comparisons with plain numbers turn."""
    numbers = []
    for value in values:
        if not isinstance(value, exp.Literal) or value.is_string:
            return None
        numbers.append(value.name)
    if not all(re.fullmatch(r"\d+(\.\d*)?|\.\d+", number) for number in numbers):
        return None
    return Turns(Turn(operator, number) for operator in operators for number in numbers)
