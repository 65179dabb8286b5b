"""A checked template as one function from a row of values to a text.

Jinja compiles it; what is left out is what a row does not need: a context object per rendering,
and the sandbox's look at each `picks[0].name`, which becomes a plain name before compiling.
"""

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, nodes
from jinja2.utils import missing
from jinja2.visitor import NodeTransformer
from markupsafe import escape

from personalization.playbook.jinja import DECISION, LINK

PLACEHOLDER = "<template>"
SEPARATOR = "\x1e"
SPECIAL = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("'", "&#39;"), ('"', "&#34;"))


@dataclass(frozen=True, slots=True)
class Part:
    """One part of one product: `picks[place].name`."""

    place: int
    name: str


@dataclass(frozen=True, slots=True)
class Compiled:
    """`names` are what a row holds, in order: names of columns, then `parts`, then all picks if
    `picks`. `needs` are places in the row that may not be None, with their names. `write` gives the text for one row, and raises what the template raises."""

    names: tuple[str, ...]
    parts: tuple[Part, ...]
    picks: bool
    needs: tuple[tuple[int, str], ...]
    write: Callable[[tuple[Any, ...]], str]


class Flat(NodeTransformer):
    """Turns `picks[0].name` into a name of its own, tells `money` the product's currency, and
    `tracked`, which is what `picks[0].link` is to its url, the token of the decision."""

    def __init__(self) -> None:
        self.parts: dict[str, Part] = {}

    def visit_Filter(self, node: nodes.Filter) -> nodes.Node:  # noqa: N802 - found by this name
        """`pick.price|money` becomes `pick.price|money(pick.currency)`."""
        inner = node.node
        while isinstance(inner, nodes.Filter):
            inner = inner.node
        if node.name == "money" and not node.args and isinstance(inner, nodes.Getattr):
            node.args = [nodes.Getattr(inner.node, "currency", "load", lineno=node.lineno)]
        if node.name == "tracked":
            node.args = [nodes.Name(DECISION, "load", lineno=node.lineno)]
        return self.generic_visit(node)

    def visit_Getattr(self, node: nodes.Getattr) -> nodes.Node:  # noqa: N802 - as above
        """`picks[0].name` becomes the name P0_name, which no trait can have."""
        item = node.node
        if node.attr == LINK:
            url = nodes.Getattr(item, "url", "load", lineno=node.lineno)
            return self.visit_Filter(
                nodes.Filter(url, "tracked", [], [], None, None, lineno=node.lineno)
            )
        if isinstance(item, nodes.Getitem) and isinstance(item.arg, nodes.Const):
            part = Part(int(item.arg.value), node.attr)
            name = f"P{part.place}_{part.name}"
            self.parts[name] = part
            return nodes.Name(name, "load", lineno=node.lineno)
        return self.generic_visit(node)


class Placed(ast.NodeTransformer):
    """In the code that Jinja made, `resolve('spent')` becomes the place of `spent` in the row."""

    def __init__(self, order: tuple[str, ...]) -> None:
        self._places = {name: place for place, name in enumerate(order)}

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """The template's own function gets the row as its second argument."""
        if node.name == "root":
            node.args.args.insert(1, ast.arg("row"))
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """A name that the row does not hold is missing."""
        self.generic_visit(node)
        if not (isinstance(node.func, ast.Name) and node.func.id == "resolve"):
            return node
        place = self._places.get(ast.literal_eval(node.args[0]))
        found = "missing" if place is None else f"row[{place}]"
        return ast.parse(found, mode="eval").body


@dataclass(frozen=True, slots=True)
class Context:
    """What else the code asks for while it renders."""

    environment: Environment
    eval_ctx: nodes.EvalContext
    resolve_or_missing: None = None


def compiled(environment: Environment, *sources: str) -> Compiled:
    """Compiles templates that `templates.check` let through into one; between the texts of
    several stands `SEPARATOR`."""
    flat = Flat()
    tree = nodes.Template([], lineno=1)
    for source in sources:
        if tree.body:
            mark = nodes.TemplateData(SEPARATOR, lineno=1)
            tree.body.append(nodes.Output([mark], lineno=1))
        tree.body.extend(environment.parse(source).body)
    tree = flat.visit(tree.set_environment(environment))
    loops = {node.target.name for node in tree.find_all(nodes.For)}
    free = {node.name for node in tree.find_all(nodes.Name) if node.ctx == "load"}
    picks = "picks" in free
    names = tuple(sorted(free - set(flat.parts) - loops - {"loop", "picks"}))
    order = (*names, *flat.parts, *(("picks",) if picks else ()))
    needs = tuple((order.index(name), name) for name in needed(tree) if name in order)
    write = writer(environment, tree, order)
    return Compiled(names, tuple(flat.parts.values()), picks, needs, write)


def writer(
    environment: Environment, tree: nodes.Template, order: tuple[str, ...]
) -> Callable[[tuple[Any, ...]], str]:
    """The function from a row of values to a text. It runs Jinja's own code for the template, in
    which names are places in the row, and with an escape that gives plain text instead of markup
    objects: several times faster than a context and its markup."""
    made = ast.parse(environment.compile(tree, PLACEHOLDER, PLACEHOLDER, raw=True))
    code = compile(ast.fix_missing_locations(Placed(order).visit(made)), PLACEHOLDER, "exec")
    space: dict[str, Any] = {"environment": environment, "__file__": PLACEHOLDER}
    exec(code, space)  # noqa: S102 - what the sandboxed environment compiled from a checked tree
    space["escape"] = escaped
    root: Callable[[Context, Sequence[Any]], Iterator[str]] = space["root"]
    context = Context(environment, nodes.EvalContext(environment, PLACEHOLDER))
    join = "".join

    def write(values: tuple[Any, ...]) -> str:
        if None in values:
            return join(root(context, [missing if one is None else one for one in values]))
        return join(root(context, values))

    return write


def escaped(value: Any) -> str:
    """A value as HTML text; markup stays as it is, an undefined one fails."""
    if type(value) is not str:
        return str(value) if type(value) is int else str(escape(value))
    for sign, name in SPECIAL:
        if sign in value:
            value = value.replace(sign, name)
    return str(value)


def needed(node: nodes.Node) -> Iterator[str]:
    """Names without which a template surely fails: printed whatever the conditions are."""
    if isinstance(node, nodes.Name):
        yield node.name
    elif isinstance(node, nodes.Filter):
        if node.name not in ("default", "d") and node.node is not None:
            yield from needed(node.node)
    elif isinstance(node, nodes.Template | nodes.Output | nodes.Concat):
        for child in node.iter_child_nodes():
            yield from needed(child)
