"""One walk over one expression's tree, each node by the rule for its type; no rule, no way in."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from sqlglot import exp

from personalization.playbook import typed
from personalization.playbook.mistakes import Notes, near
from personalization.playbook.model import Type
from personalization.playbook.parsing import start
from personalization.playbook.source import Text
from personalization.playbook.typed import Typed, WrongType

FUNCTIONS = ("abs", "coalesce", "length", "lower", "upper")
ADMITTED = (
    f"comparisons, and, or, not, in, between, is null, like, + - * / and {', '.join(FUNCTIONS)}"
)
PARTS = frozenset(
    [
        "this",
        "expression",
        "expressions",
        "low",
        "high",
        "is_string",
        "quoted",
        "table",
        "query",
        "unnest",
        "field",
        "negate",
    ]
)
"""What a node may carry; a node with anything more is not what its type says."""


@dataclass(slots=True)
class Checker:
    """One walk over one expression."""

    text: Text
    names: Mapping[str, Type | None]
    notes: Notes
    digits: int
    noun: str
    rules: "Mapping[type[exp.Expression], Rule]"
    uses: list[str] = field(default_factory=list)

    def piece(self, node: exp.Expression) -> Typed:
        """Types a node; what is wrong in it is noted and makes it of no type."""
        rule = self.rules.get(type(node))
        try:
            more = [part for part, value in node.args.items() if value and part not in PARTS]
            if rule is None or more:
                raise self.stranger(node)
            return rule(self, node)
        except WrongType as wrong:
            self.notes.add(self.text.inside(wrong.at, str(wrong), None, wrong.remedy))
            return Typed(None, "", start(node))

    def pieces(self, nodes: Iterable[exp.Expression]) -> list[Typed]:
        """Types several nodes."""
        return [self.piece(node) for node in nodes]

    def stranger(self, node: exp.Expression) -> WrongType:
        """A node that is not admitted, called by the word that stands in the file."""
        at = start(node)
        if isinstance(node, exp.Alias):
            last = self.text.value.rfind(node.alias)
            return WrongType(
                max(last, at), f"{node.alias} is out of place", "join rules with and, or"
            )
        if word := re.match(r"(\w+)\s*\(", self.text.value[at:]):
            called = f"the function {word[1].lower()}"
        elif node.find(exp.Select):
            called = "a query"
        else:
            called = re.sub(r"(?<!^)(?=[A-Z])", " ", type(node).__name__).lower()
        return WrongType(at, f"{called} is not part of this dialect", f"there are {ADMITTED}")


Rule = Callable[[Checker, exp.Expression], Typed]


def name(checker: Checker, node: exp.Expression) -> Typed:
    """A trait, segment or property."""
    at = start(node)
    if node.args.get("table") or not isinstance(node.this, exp.Identifier):
        raise WrongType(at, f"{node.sql()} is not a name by itself", "write the name alone")
    word = node.name
    if word not in checker.names:
        message, text = f"unknown {checker.noun} {word}", f"if it is a text, write '{word}'"
        remedy = text if node.this.args.get("quoted") or beside_text(checker, node) else None
        close = None if remedy else near(word, checker.names)
        checker.notes.add(checker.text.inside(at, message, close, remedy))
        return Typed(None, "", at)
    checker.uses.append(word)
    return Typed(checker.names[word], f'"{word}"', at)


def beside_text(checker: Checker, node: exp.Expression) -> bool:
    """Whether a name is compared with one that is known to be text."""
    around = node.parent
    if not isinstance(around, exp.EQ | exp.NEQ | exp.In):
        return False
    return around.this is not node and checker.names.get(around.this.name) == "text"


def written(_: Checker, node: exp.Expression) -> Typed:
    """A literal."""
    at, value = start(node), str(node.this)
    if node.args.get("is_string"):
        if "\\" in value:
            raise WrongType(at, "text here holds no backslash: engines read it differently")
        return Typed("text", typed.quoted(value), at, value)
    if not re.fullmatch(r"\d+(\.\d+)?", value):
        raise WrongType(at, f"write the number {value} with digits and a point only")
    return typed.literal(Decimal(value), at)


def truth(_: Checker, node: exp.Expression) -> Typed:
    """Types true and false."""
    value = bool(node.this)
    return Typed("boolean", "TRUE" if value else "FALSE", start(node), value)


def nothing(checker: Checker, _: exp.Expression) -> Typed:
    """null, which only `is null` knows."""
    found = re.search(r"(?i)(?<!is )(?<!is not )\bnull\b", checker.text.value)
    raise WrongType(
        found.start() if found else 0, "null is not a value to compute with", "write: x is null"
    )


def bracketed(checker: Checker, node: exp.Expression) -> Typed:
    """( ... )"""
    return checker.piece(node.this)


RULES: dict[type[exp.Expression], Rule] = {
    exp.Column: name,
    exp.Literal: written,
    exp.Boolean: truth,
    exp.Null: nothing,
    exp.Paren: bracketed,
}
"""What stands alone or in brackets; `operators.RULES` has the rest."""
