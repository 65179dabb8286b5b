"""Which values of a trait matter: the ones that segments compare it with.

A trait that counts days changes daily, but a segment `days > 45` sees only the step to 46. So
nobody has to be looked at again on the days between.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

import sqlglot
from sqlglot import exp

from personalization.playbook.model import Playbook

COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)


def shown(playbook: Playbook) -> frozenset[str]:
    """The traits that a field, a message or a trigger's moment may show: those whose name
    stands as a word in any template."""
    texts = [field.value for field in playbook.fields.values() if field.value]
    texts += [text for message in playbook.messages.values() for text in message.fields.values()]
    texts += [text for name, text in playbook.files.items() if name.endswith(".j2")]
    words = {word for text in texts for word in re.findall(r"\w+", text)}
    moments = {trigger.at for trigger in playbook.triggers.values() if trigger.at}
    return frozenset(name for name in playbook.traits if name in words or name in moments)


def compared(playbook: Playbook) -> dict[str, frozenset[int] | None]:
    """For each trait that segments use, the whole numbers at which a rule may turn as the value
    grows; None where they cannot be told, so that every change matters."""
    found: dict[str, frozenset[int] | None] = {}
    for segment in playbook.segments.values():
        for name, turns in turnings(segment.sql):
            if name in playbook.traits:
                before = found.get(name, frozenset())
                known = turns is not None and before is not None
                found[name] = (before or frozenset()) | (turns or frozenset()) if known else None
    return found


@lru_cache(maxsize=4096)
def turnings(sql: str) -> tuple[tuple[str, frozenset[int] | None], ...]:
    """Each name in a rule with the values at which the rule may turn; kept, because parsing
    costs more than deciding one contact."""
    columns = sqlglot.parse_one(sql, read="duckdb").find_all(exp.Column)
    return tuple((column.name, turning(column)) for column in columns)


def turning(column: exp.Column) -> frozenset[int] | None:
    """The values at which one comparison of a column with plain numbers may turn."""
    inner: exp.Expr = column
    while isinstance(inner.parent, exp.Paren):
        inner = inner.parent
    parent = inner.parent
    if isinstance(parent, exp.Is):
        return frozenset()
    if isinstance(parent, COMPARISONS):
        return steps([parent.right if parent.left is inner else parent.left])
    if isinstance(parent, exp.Between) and parent.this is inner:
        return steps([parent.args["low"], parent.args["high"]])
    if isinstance(parent, exp.In) and parent.this is inner and parent.expressions:
        return steps(parent.expressions)
    return None


def steps(values: Iterable[exp.Expr]) -> frozenset[int] | None:
    """A comparison with a number may turn at its whole part and one above."""
    found = frozenset[int]()
    for value in values:
        if not isinstance(value, exp.Literal) or value.is_string:
            return None
        try:
            whole = int(value.name.split(".")[0] or "0")
        except ValueError:
            return None
        found |= {whole, whole + 1}
    return found
