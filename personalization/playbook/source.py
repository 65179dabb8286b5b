"""YAML as a tree of nodes that know where they stand, down to the character inside a string.

Only plain YAML is taken: one document, mappings with text keys, no anchors, no tags. Every
scalar is kept as its text; what it means is for its reader to say.
"""

from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

from personalization.playbook.align import positions
from personalization.playbook.mistakes import Mistake, Notes, Source

MOST_CHARACTERS = 1_000_000
MOST_DEPTH = 12
UNQUOTED = ("expected a comment", "chomping", "<block end>", "cannot start any token")
"""What the YAML parser says where a text should have stood in quotes."""


@dataclass(frozen=True, slots=True)
class Node:
    """A piece of a file; `start` is the index of its first character, `end` the one after."""

    source: Source
    start: int
    end: int

    def mistake(
        self, message: str, suggestion: str | None = None, remedy: str | None = None
    ) -> Mistake:
        """A mistake that points at the beginning of this node."""
        return self.source.mistake(self.start, message, suggestion, remedy)


@dataclass(frozen=True, slots=True)
class Text(Node):
    """A scalar. `style` is YAML's: None, a quote, `|` or `>`."""

    value: str
    style: str | None = None

    @property
    def null(self) -> bool:
        """Whether it stands for no value."""
        return self.style is None and self.value in ("", "~", "null")

    def inside(
        self, offset: int, message: str, suggestion: str | None = None, remedy: str | None = None
    ) -> Mistake:
        """A mistake at one character of the value, wherever YAML put it in the file."""
        if self.style is None and self.end - self.start == len(self.value):
            place = self.start + offset
        else:
            found = positions(self.source.text, self.start, self.end, self.style, self.value)
            place = found[min(offset, len(found) - 1)]
        return self.source.mistake(place, message, suggestion, remedy)


@dataclass(frozen=True, slots=True)
class Items(Node):
    """A list."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Table(Node):
    """A mapping, in the order of the file."""

    entries: dict[str, Node]
    keys: dict[str, Text]


def read(source: Source, notes: Notes) -> Node | None:
    """The tree of one YAML file; None where it is empty or cannot be read, which is noted."""
    if len(source.text) > MOST_CHARACTERS:
        notes.add(source.mistake(0, f"the file is longer than {MOST_CHARACTERS} characters"))
        return None
    try:
        root: Any = YAML(typ="safe", pure=True).compose(source.text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        notes.add(unreadable(source, mark.index if mark else 0, str(error.problem)))
        return None
    except (YAMLError, RecursionError, ValueError) as error:
        place = getattr(error, "position", 0)
        notes.add(source.mistake(place, f"this is not YAML: {type(error).__name__}"))
        return None
    if root is None:
        return None
    return convert(source, root, notes, 0)


def unreadable(source: Source, index: int, problem: str) -> Mistake:
    """What the YAML parser found, in words of ours where they help more."""
    if "\\t" in problem:
        return source.mistake(index, "a tab cannot indent YAML", None, "indent with spaces")
    if "alias" in problem:
        return source.mistake(index, "aliases (*name) are not taken", None, "quote the text")
    if "mapping values are not allowed" in problem:
        return source.mistake(
            index, "this is not YAML: a second ': ' in one line", None, "quote the text"
        )
    remedy = "inside {} and [], quote a text that has a comma" if "',' or" in problem else None
    if any(sign in problem for sign in UNQUOTED):
        return source.mistake(index, "this is not YAML: a text ended or began with a sign of YAML's",
                              None, "quote the whole text")  # fmt: skip
    return source.mistake(index, f"this is not YAML: {problem}", None, remedy)


def convert(source: Source, node: Any, notes: Notes, depth: int) -> Node | None:
    """One node of the parser as one of ours."""
    start, end = node.start_mark.index, node.end_mark.index
    if depth > MOST_DEPTH:
        notes.add(source.mistake(start, "this is nested too deeply"))
        return None
    if node.anchor or not str(node.tag).startswith("tag:yaml.org,2002:") or tagged(source, start):
        notes.add(source.mistake(start, "anchors (&name) and tags (!name) are not taken", None,
                                 "quote the text; in a rule, write not instead of !"))  # fmt: skip
        return None
    if isinstance(node, ScalarNode):
        return Text(source, start, end, str(node.value), node.style)
    if isinstance(node, SequenceNode):
        items = (convert(source, item, notes, depth + 1) for item in node.value)
        return Items(source, start, end, tuple(item for item in items if item is not None))
    assert isinstance(node, MappingNode)
    return table(source, node, notes, depth)


def no_key(source: Source, key: Node) -> Mistake:
    """A key that is no word; most often a template without its quotes."""
    begins = source.text.rfind("{{", 0, key.start + 2)
    if begins < key.start - 1:
        return key.mistake("a key must be a word")
    return source.mistake(begins, "a text with {{ }} stands in quotes", None,
                          'write "... {{ name }} ..." with the quotes around all of it')  # fmt: skip


def tagged(source: Source, start: int) -> bool:
    """Whether an explicit tag or an anchor stands at this place."""
    return source.text[start : start + 1] in ("!", "&")


def table(source: Source, node: Any, notes: Notes, depth: int) -> Table:
    """A mapping; a key that is no text or comes twice is noted."""
    entries: dict[str, Node] = {}
    keys: dict[str, Text] = {}
    for name, value in node.value:
        key = convert(source, name, notes, depth + 1)
        item = convert(source, value, notes, depth + 1)
        if key is None or item is None:
            continue
        if not isinstance(key, Text):
            notes.add(no_key(source, key))
        elif key.value in entries:
            line = source.text.count("\n", 0, keys[key.value].start) + 1
            notes.add(key.mistake(f"{key.value} is already given in line {line}"))
        else:
            entries[key.value], keys[key.value] = item, key
    return Table(source, node.start_mark.index, node.end_mark.index, entries, keys)
