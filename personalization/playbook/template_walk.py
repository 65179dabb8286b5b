"""The walk over one template's tree: what it may hold, and what types its pieces have."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from jinja2 import nodes

from personalization.playbook.jinja import ADMITTED, FILTERS, KEEPING, LINK, PICK_NAMES, TESTS
from personalization.playbook.mistakes import Notes, near
from personalization.playbook.model import Type
from personalization.playbook.source import Text
from personalization.playbook.spelling import Word, called, line_start, names_in, plain_form, sign
from personalization.playbook.typed import WORDS

LOOP = ("first", "last", "index", "index0", "length")


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a template may speak of: names with their types, and how many picks there are."""

    names: Mapping[str, Type | None]
    picks: int
    currency: str | None


@dataclass(slots=True)
class Walk:
    """One walk over one template; `loops` names what a loop around it defines."""

    text: Text
    allowed: Allowed
    notes: Notes
    words: list[Word]
    used: set[str] = field(default_factory=set)
    loops: dict[str, str] = field(default_factory=dict)

    def wrong(
        self, node: nodes.Node, word: str, message: str, suggestion: str | None = None,
        remedy: str | None = None, after: str = "",
    ) -> None:  # fmt: skip
        """Notes a mistake at a word on a node's line; `after` is the sign before it."""
        on_line = [one for one in self.words if one.line == node.lineno and one.text == word]
        fits = [one for one in on_line if one.before == (after or one.before)]
        fits = [one for one in fits if after or one.before not in (".", "|")] or on_line
        inner = self.loops and word == "for"
        place = fits[-1 if inner else 0].at if fits else self.code_on(node.lineno)
        self.notes.add(self.text.inside(place, message, suggestion, remedy))

    def code_on(self, line: int) -> int:
        """Where the first code on a line is, or the line itself."""
        start = line_start(self.text.value, line)
        return next((one.at for one in self.words if one.line == line), start)

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
            "pick": f"write {{{{ {word if word in self.loops else 'picks[0]'}.name }}}}",
        }
        if isinstance(node, nodes.Tuple | nodes.List) and self.notes.strict:
            self.wrong(node, word, "several values in one {{ }}", None, "give each its own {{ }}")
        elif kind in remedies and (kind != "pick" or self.notes.strict):
            products = {"list": "a list of products", "pick": "a product"}
            what = products.get(kind) or WORDS[kind]  # type: ignore[index]
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
        money = [name for name in names_in(node) if self.allowed.names.get(name) == "money"]
        money += (
            ["price"] if any(one.attr == "price" for one in node.find_all(nodes.Getattr)) else []
        )
        for name in money:
            message = f"{name} is money, which templates do not compute with"
            remedy = "compare it in a segment, and ask for the segment here"
            self.wrong(node, name, message, None, remedy, after="." if name == "price" else "")

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
        known = {"pick": (*PICK_NAMES, LINK), "loop": LOOP}.get(kind or "")
        if known is None and kind is not None:
            self.wrong(node, node.attr, f"nothing here has a part called {node.attr}", after=".")
        elif known is not None and node.attr not in known:
            message = f"a product has no {node.attr}" if kind == "pick" else f"no loop.{node.attr}"
            self.wrong(node, node.attr, message, near(node.attr, known), after=".")
        return {"price": "money", LINK: LINK}.get(node.attr) if kind == "pick" else None

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
        if node.name == "map":
            self.mapped(node)
        elif node.name == "tracked" and "message" not in self.allowed.names:
            self.wrong(node, "tracked", "a link can carry a decision only in a slot's field", None,
                       "add the field to a slot's fields", after="|")  # fmt: skip
        elif kind == LINK and node.name not in KEEPING:
            self.wrong(node, node.name, f"{node.name} would break the link", None,
                       "write it before |tracked, or leave it out", after="|")  # fmt: skip
        if node.name == "tracked":
            return LINK
        if node.name in ("default", "d", "abs", "round", "int"):
            return kind
        return "list" if node.name == "map" else "integer" if node.name == "length" else None

    def mapped(self, node: nodes.Filter) -> None:
        """picks|map(attribute="name")"""
        part = next((one.value for one in node.kwargs if one.key == "attribute"), None)
        word = part.value if isinstance(part, nodes.Const) else None
        if word not in PICK_NAMES or node.args or word == "price":
            known = [one for one in PICK_NAMES if one != "price"]
            remedy = 'write picks|map(attribute="name")|join(", ")'
            message = "map takes a part of a product that reads as text"
            self.wrong(node, "map", message, near(str(word), known), remedy, after="|")
