"""Checking one template before anything is rendered with it.

A template is admitted node by node like an expression: output, if, a loop over picks, names,
filters of `jinja.FILTERS`, comparison and logic. No calls, no `*`, `**`, `%` (they can make
gigabytes), no import, no include, no macro.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from jinja2 import Environment, TemplateSyntaxError, nodes

from personalization.playbook.jinja import DATE_PARTS, FILTERS, PICK_NAMES, TESTS, environment
from personalization.playbook.mistakes import Notes, near
from personalization.playbook.model import Type
from personalization.playbook.source import Text
from personalization.playbook.typed import WORDS

MOST_CHARACTERS = 20_000
ADMITTED = frozenset(
    [
        "Add",
        "And",
        "CondExpr",
        "Compare",
        "Concat",
        "Const",
        "Filter",
        "For",
        "Getattr",
        "Getitem",
        "If",
        "Keyword",
        "List",
        "Name",
        "Neg",
        "Not",
        "Operand",
        "Or",
        "Output",
        "Slice",
        "Sub",
        "Template",
        "TemplateData",
        "Test",
        "Tuple",
    ]
)
LOOP = ("first", "last", "index", "index0", "length")
LANGUAGE = environment(None, "UTC", html=False)


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a template may speak of: names with their types, and how many picks there are."""

    names: Mapping[str, Type | None]
    picks: int
    currency: str | None


@dataclass(frozen=True, slots=True)
class Used:
    """What a template speaks of. `static_bytes` is its text outside of every condition."""

    names: frozenset[str] = frozenset()
    picks: bool = False
    static_bytes: int = 0


def check(text: Text, allowed: Allowed, notes: Notes) -> Used:
    """Checks a template; what is wrong is noted."""
    try:
        if len(text.value) > MOST_CHARACTERS:
            raise TemplateSyntaxError("this template is too long", 1)
        tree = LANGUAGE.parse(text.value)
    except TemplateSyntaxError as error:
        at, reason = syntax(error, text.value)
        notes.add(text.inside(at, f"the template is wrong: {reason}"))
        return Used()
    except RecursionError:
        notes.add(text.mistake("this template is nested too deeply"))
        return Used()
    found = Walk(text, allowed, notes, words(LANGUAGE, text.value))
    found.node(tree)
    static = sum(len(piece.data.encode()) for output in tree.body
                 if isinstance(output, nodes.Output) for piece in output.nodes
                 if isinstance(piece, nodes.TemplateData))  # fmt: skip
    return Used(frozenset(found.used - {"picks"}), "picks" in found.used, static)


def syntax(error: TemplateSyntaxError, source: str) -> tuple[int, str]:
    """The place and the reason of a syntax error: the word it complains of, on its line."""
    lines = source.split("\n")
    line = max(1, min(error.lineno, len(lines)))
    start = sum(len(one) + 1 for one in lines[: line - 1])
    reason = (error.message or "").rstrip(".")
    asked = re.findall(r"'([^']+)'", reason)
    for word in [*reversed(asked), "{%", "{{"]:
        found = lines[line - 1].find(word)
        if found >= 0:
            return start + found, reason[:1].lower() + reason[1:]
    return start, reason[:1].lower() + reason[1:]


def words(language: Environment, source: str) -> list[tuple[int, int, str, str]]:
    """Every word of the template's code as (line, place, word, the sign before it)."""
    found: list[tuple[int, int, str, str]] = []
    place, before = 0, ""
    for line, kind, value in language.lexer.tokeniter(source, None):
        at = source.find(value, place)
        place = place if at < 0 else at + len(value)
        if kind in ("name", "operator", "string", "integer", "float"):
            found.append((line, at, value, before))
        if kind != "whitespace":
            before = value
    return found


@dataclass(slots=True)
class Walk:
    """One walk over one template."""

    text: Text
    allowed: Allowed
    notes: Notes
    words: list[tuple[int, int, str, str]]
    used: set[str] = field(default_factory=set)
    loops: dict[str, str] = field(default_factory=dict)

    def wrong(
        self, node: nodes.Node, word: str, message: str, suggestion: str | None = None,
        remedy: str | None = None, after: str = "",
    ) -> None:  # fmt: skip
        """Notes a mistake at a word on a node's line; `after` is the sign before it."""
        on_line = [one for one in self.words if one[0] == node.lineno and one[2] == word]
        fits = [one for one in on_line if one[3] == after or (not after and one[3] not in ".|")]
        place = (fits or on_line or [(0, self.line_start(node.lineno), "", "")])[0][1]
        self.notes.add(self.text.inside(place, message, suggestion, remedy))

    def line_start(self, line: int) -> int:
        """Where a line begins, or its first code if it has any."""
        start = sum(len(one) + 1 for one in self.text.value.split("\n")[: line - 1])
        return next((one[1] for one in self.words if one[0] == line), start)

    def node(self, node: nodes.Node) -> None:
        """Checks a node and what is below it."""
        kind = type(node).__name__
        if kind not in ADMITTED:
            self.wrong(node, sign(node), f"{called(node)} is not part of templates", None,
                       "there are {{ name }}, {% if %}, a {% for %} over picks, and filters")  # fmt: skip
        elif isinstance(node, nodes.For):
            self.loop(node)
        elif isinstance(node, nodes.Output):
            for piece in node.nodes:
                self.shown(piece)
        else:
            self.kind(node)

    def below(self, node: nodes.Node) -> None:
        """Checks what is below a node."""
        for child in node.iter_child_nodes():
            self.node(child)

    def loop(self, node: nodes.For) -> None:
        """{% for pick in picks %}, also over a part of them; never one in another."""
        over = node.iter.node if isinstance(node.iter, nodes.Getitem) else node.iter
        if self.loops or node.recursive or not isinstance(node.target, nodes.Name):
            self.wrong(node, "for", "a loop cannot stand in another loop")
        elif not isinstance(over, nodes.Name) or over.name != "picks":
            self.wrong(node, "for", "a loop goes over picks", None, "{% for pick in picks %}")
        else:
            self.node(node.iter)
            self.loops = {node.target.name: "pick", "loop": "loop"}
            for child in [*node.body, *node.else_, *([node.test] if node.test else [])]:
                self.node(child)
            self.loops = {}

    def shown(self, node: nodes.Expr) -> None:
        """What is printed must read as text: money, moments, flags and lists do not."""
        kind = self.kind(node)
        word = next(iter(names_in(node)), "")
        remedies = {
            "money": f"write {{{{ {word}|money }}}}",
            "timestamp": f"write {{{{ {word}|date }}}}",
            "boolean": f"write {{% if {word} %}}...{{% endif %}}",
            "list": "write {{ picks[0].name }}",
        }
        if kind in remedies:
            what = "a list of products" if kind == "list" else WORDS[kind]  # type: ignore[index]
            self.wrong(node, word, f"{word} is {what} and does not read as text", None,
                       remedies[kind])  # fmt: skip

    def kind(self, node: nodes.Node) -> str | None:
        """The type of an expression where it is known, after checking it."""
        if isinstance(node, nodes.Name):
            return self.name(node)
        if isinstance(node, nodes.Getattr):
            return self.part(node)
        if isinstance(node, nodes.Getitem):
            return self.item(node)
        if isinstance(node, nodes.Filter):
            return self.filter(node)
        if isinstance(node, nodes.CondExpr):
            self.node(node.test)
            kinds = [self.kind(one) for one in (node.expr1, node.expr2) if one is not None]
            return kinds[0]
        if isinstance(node, nodes.Test) and node.name not in TESTS:
            self.wrong(node, node.name, f"unknown test {node.name}", near(node.name, TESTS))
        if isinstance(node, nodes.Compare | nodes.Add | nodes.Sub):
            self.amounts(node)
        if type(node).__name__ in ADMITTED:
            self.below(node)
        else:
            self.node(node)
        return "boolean" if isinstance(node, nodes.Compare | nodes.Not | nodes.Test) else None

    def amounts(self, node: nodes.Node) -> None:
        """Money is not compared with a written number here: only segments know its unit."""
        for name in names_in(node):
            if self.allowed.names.get(name) == "money":
                self.wrong(node, name, f"{name} is money, which templates do not compute with",
                           None, "compare it in a segment, and ask for the segment here")  # fmt: skip

    def name(self, node: nodes.Name) -> str | None:
        """A trait, a segment, stage, message, picks, or the name of a loop."""
        if node.name in self.loops:
            return self.loops[node.name]
        if node.name == "picks":
            self.used.add("picks")
            if not self.allowed.picks:
                self.wrong(node, "picks", "this field's slot has no picks", None,
                           "add the field to a slot's fields, and picks: 3 to the slot")  # fmt: skip
            return "list"
        if node.name not in self.allowed.names:
            known = [*self.allowed.names, "picks"]
            self.wrong(node, node.name, f"unknown name {node.name}", near(node.name, known))
            return None
        self.used.add(node.name)
        return self.allowed.names[node.name]

    def part(self, node: nodes.Getattr) -> str | None:
        """pick.name, loop.last"""
        kind = self.kind(node.node)
        known = {"pick": PICK_NAMES, "loop": LOOP}.get(kind or "")
        if known is None and kind is not None:
            self.wrong(node, node.attr, f"nothing here has a part called {node.attr}", after=".")
        elif known is not None and node.attr not in known:
            message = f"a product has no {node.attr}" if kind == "pick" else f"no loop.{node.attr}"
            self.wrong(node, node.attr, message, near(node.attr, known), after=".")
        return "money" if kind == "pick" and node.attr == "price" else None

    def item(self, node: nodes.Getitem) -> str | None:
        """picks[0], picks[:3]"""
        kind = self.kind(node.node)
        if kind != "list":
            self.wrong(node, "[", "only picks have numbered items", None, "{{ picks[0].name }}")
            return None
        if isinstance(node.arg, nodes.Slice):
            self.below(node.arg)
            return "list"
        place = node.arg.value if isinstance(node.arg, nodes.Const) else None
        if not isinstance(place, int):
            self.wrong(node, "[", "the number of a pick is written out", None, "picks[0]")
        elif self.allowed.picks and place >= self.allowed.picks:
            last = f"picks[{self.allowed.picks - 1}]"
            self.wrong(node, str(place), f"there is no picks[{place}]: the slot has "
                       f"{self.allowed.picks}, counted from 0", last, after="[")  # fmt: skip
        return "pick"

    def filter(self, node: nodes.Filter) -> str | None:
        """value|filter"""
        kind = self.kind(node.node) if node.node is not None else None
        for child in [*node.args, *node.kwargs]:
            self.node(child)
        if node.name not in FILTERS:
            self.wrong(node, node.name, f"unknown filter {node.name}", near(node.name, FILTERS),
                       after="|")  # fmt: skip
            return None
        return self.filtered(node, kind)

    def filtered(self, node: nodes.Filter, kind: str | None) -> str | None:
        """What a filter makes of a type."""
        word = next(iter(names_in(node)), "this")
        if node.name == "money" and kind != "money" and kind is not None:
            self.wrong(node, "money", f"{word} is not money", after="|")
        elif node.name == "money" and self.allowed.currency is None:
            self.wrong(node, "money", "money needs the account's currency", None,
                       "add a line such as currency: EUR to the playbook", after="|")  # fmt: skip
        elif node.name == "date" and kind not in (None, "date", "timestamp"):
            self.wrong(node, "date", f"{word} is neither a date nor a moment", after="|")
        elif node.name == "date" and node.args and not plain_form(node.args[0]):
            self.wrong(node, "date", "a date is shown by %Y %y %m %d %H %M only", after="|")
        if node.name in ("default", "d", "abs", "round", "int"):
            return kind
        return "list" if node.name == "map" else "integer" if node.name == "length" else None


def plain_form(node: nodes.Node) -> bool:
    """Whether a date's form has known parts only."""
    form = node.value if isinstance(node, nodes.Const) else None
    return isinstance(form, str) and set(re.findall(r"%(.)", form)) <= DATE_PARTS


def names_in(node: nodes.Node) -> Iterator[str]:
    """The names below a node, in order."""
    if isinstance(node, nodes.Name):
        yield node.name
    for child in node.iter_child_nodes():
        yield from names_in(child)


def sign(node: nodes.Node) -> str:
    """The sign that an unwelcome operator is written with, to find its place."""
    return {"Mul": "*", "Pow": "**", "Mod": "%", "Div": "/", "FloorDiv": "//", "Call": "("}.get(
        type(node).__name__, type(node).__name__.lower()
    )


def called(node: nodes.Node) -> str:
    """What a customer calls a node that is not admitted."""
    if isinstance(node, nodes.Call):
        return "a call"
    return f"{sign(node)}"
