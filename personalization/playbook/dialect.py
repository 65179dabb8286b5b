"""The small SQL dialect of segments and of `where`: parsed with sqlglot, admitted node by node.

Admitted: and, or, not, comparison, in (a list), between, is null, like, + - * /, the functions
in `walk.FUNCTIONS`, literals, and names. Everything else is a mistake with its place, so nothing
in an expression can read a file, a setting or the network, whichever engine runs it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlglot import exp

from personalization.playbook import habits, operators, walk
from personalization.playbook.mistakes import Notes, near
from personalization.playbook.model import Type
from personalization.playbook.parsing import parsed, start
from personalization.playbook.source import Text
from personalization.playbook.typed import WORDS

RULES = {**walk.RULES, **operators.RULES}


@dataclass(frozen=True, slots=True)
class Checked:
    """An expression that fits: SQL that is never NULL, and the names in it, in order."""

    sql: str
    uses: tuple[str, ...]


def check(
    text: Text, names: Mapping[str, Type | None], notes: Notes, digits: int = 2, noun: str = "name"
) -> Checked | None:
    """Checks a true/false expression over `names` (None: known, but its own definition is
    wrong). What is wrong is noted, and None returned. `digits` is the currency's."""
    before = len(notes.found)
    tree = parsed(text, notes)
    if tree is None:
        for name, at in habits.names(text.value):
            if name not in names:
                message = f"unknown {noun} {name}"
                notes.add(text.inside(at, message, near(name, names)))
        return None
    found = walk.Checker(text, names, notes, digits, noun, RULES)
    whole = found.piece(tree)
    if whole.kind is not None and whole.kind != "boolean":
        message = f"this is {WORDS[whole.kind]}, not true or false"
        remedy = "compare it with something, for example > 0"
        notes.add(text.inside(whole.at, message, None, remedy))
    if len(notes.found) > before or whole.kind is None:
        return None
    return Checked(f"COALESCE(({whole.sql}), FALSE)", tuple(dict.fromkeys(found.uses)))


def names_in(text: Text) -> dict[str, int]:
    """The names in an expression and their places, whatever their types; {} if unreadable."""
    tree = parsed(text, Notes())
    if tree is None:
        return {}
    columns = sorted(tree.find_all(exp.Column), key=start)
    return {column.name: start(column) for column in reversed(columns)}
