"""Where in a template something stands: Jinja knows the line of a node, and not the column."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from jinja2 import Environment, TemplateSyntaxError, nodes

from personalization.playbook.jinja import DATE_PARTS

TOLD = re.compile(r"(?:unknown tag|got|unexpected) '([^']+)'")


class Word(NamedTuple):
    """A word or sign of a template's code, and the sign before it."""

    line: int
    at: int
    text: str
    before: str


def words(language: Environment, source: str) -> list[Word]:
    """Every word and sign of a template's code, in order; what cannot be read ends it."""
    found: list[Word] = []
    place, before = 0, ""
    try:
        for line, kind, value in language.lexer.tokeniter(source, None):
            at = source.find(value, place)
            place = place if at < 0 else at + len(value)
            if kind in ("name", "operator", "string", "integer", "float"):
                found.append(Word(line, at, value, before))
            if kind != "whitespace":
                before = value
    except TemplateSyntaxError:
        pass
    return found


def line_start(source: str, line: int) -> int:
    """Where a line begins."""
    return sum(len(one) + 1 for one in source.split("\n")[: line - 1])


def syntax(language: Environment, error: TemplateSyntaxError, source: str) -> tuple[int, str]:
    """The place and the reason of a syntax error: the word it complains of, on its line."""
    reason = (error.message or "").split(". ")[0].rstrip(".")
    reason = reason[:1].lower() + reason[1:]
    told = TOLD.search(error.message or "")
    word = told[1] if told else ""
    there = [one for one in words(language, source) if one.line == error.lineno]
    if same := [one for one in there if one.text == word]:
        return same[-1].at, reason
    start = line_start(source, error.lineno)
    line = source[start:].split("\n", maxsplit=1)[0]
    for sign in (word, "{%", "{{"):
        if sign and sign in line:
            return start + line.rfind(sign), reason
    return start, reason


def names_in(node: nodes.Node) -> Iterator[str]:
    """The names below a node, in order."""
    if isinstance(node, nodes.Name):
        yield node.name
    for child in node.iter_child_nodes():
        yield from names_in(child)


def sign(node: nodes.Node) -> str:
    """The word or sign that a node is written with, to find its place."""
    if isinstance(node, nodes.Call):
        return next(names_in(node), "(")
    signs = {"Mul": "*", "Pow": "**", "Mod": "%", "Div": "/", "FloorDiv": "//"}
    return signs.get(type(node).__name__, type(node).__name__.lower())


def called(node: nodes.Node) -> str:
    """What a customer calls a node that is not admitted."""
    return "a call" if isinstance(node, nodes.Call) else sign(node)


def plain_form(node: nodes.Node) -> bool:
    """Whether a date's form has known parts only."""
    form = node.value if isinstance(node, nodes.Const) else None
    return isinstance(form, str) and set(re.findall(r"%(.)", form)) <= DATE_PARTS
