"""Reading values out of a YAML tree. Each function notes what is wrong and then gives None, so
that checking goes on and finds the next mistake too."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from personalization.models import DAY, HOUR, MINUTE, SECOND, Micros
from personalization.playbook.mistakes import Notes, near
from personalization.playbook.model import Window
from personalization.playbook.shape import KEYS
from personalization.playbook.source import Items, Node, Table, Text

UNITS = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}
LONGEST = 3660 * DAY


def known(node: Node, section: str, notes: Notes) -> Table | None:
    """A mapping whose keys are those of a section of `shape.KEYS`. Another key is noted, and read
    as the key that it was most likely meant to be."""
    table = mapping(node, section, notes)
    if table is None:
        return None
    entries, keys = dict(table.entries), dict(table.keys)
    for name, key in table.keys.items():
        if name not in KEYS[section]:
            meant = near(name, KEYS[section])
            notes.add(key.mistake(f"unknown key {name} in {a(section)}", meant))
            if meant is not None and meant not in entries:
                entries[meant], keys[meant] = entries[name], key
    return replace(table, entries=entries, keys=keys)


def a(noun: str) -> str:
    """A noun with its article."""
    if noun in ("playbook", "limits", "expected segments"):
        return f"the {noun}"
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def mapping(node: Node, what: str, notes: Notes) -> Table | None:
    """A mapping."""
    if isinstance(node, Table):
        return node
    notes.add(node.mistake(f"{a(what)} is written as keys and values", None, "key: value"))
    return None


def section(table: Table, name: str, notes: Notes) -> Iterator[tuple[str, Text, Node]]:
    """The named entries of one section: name, key, node. A missing or empty one has none."""
    node = table.entries.get(name)
    if node is None or (isinstance(node, Text) and node.null):
        return
    inner = mapping(node, name, notes)
    if inner is not None:
        for entry, key in inner.keys.items():
            yield entry, key, inner.entries[entry]


def text(node: Node | None, what: str, notes: Notes) -> Text | None:
    """A scalar that is not null."""
    if node is None:
        return None
    if isinstance(node, Text) and not node.null:
        return node
    notes.add(node.mistake(f"{what} is missing its value" if isinstance(node, Text)
                           else f"{what} is one text, not a list or a mapping"))  # fmt: skip
    return None


def texts(node: Node | None, what: str, notes: Notes) -> list[Text]:
    """A list of scalars; one scalar counts as a list of one. A repeated one is noted."""
    if node is None or (isinstance(node, Text) and node.null):
        return []
    items: Sequence[Node] = node.items if isinstance(node, Items) else (node,)
    found: dict[str, Text] = {}
    for item in items:
        one = text(item, what, notes)
        if one is not None and one.value in found:
            notes.add(one.mistake(f"{one.value} is named twice"))
        elif one is not None:
            found[one.value] = one
    return list(found.values())


def choice(node: Text | None, known_ones: Iterable[str], what: str, notes: Notes) -> str | None:
    """One of some known names."""
    if node is None:
        return None
    names = list(known_ones)
    if node.value in names:
        return node.value
    notes.add(node.mistake(f"unknown {what} {node.value}", near(node.value, names)))
    return None


def integer(
    node: Text | None, what: str, notes: Notes, least: int = 0, most: int = 10**9
) -> int | None:
    """A whole number within bounds."""
    if node is None:
        return None
    if re.fullmatch(r"-?\d{1,12}", node.value) and least <= int(node.value) <= most:
        return int(node.value)
    notes.add(node.mistake(f"{what} is a whole number from {least} to {most}"))
    return None


def decimal(node: Text | None, what: str, notes: Notes) -> Decimal | None:
    """A number with a point."""
    if node is None:
        return None
    if re.fullmatch(r"-?\d{1,12}(\.\d{1,9})?", node.value):
        return Decimal(node.value)
    notes.add(node.mistake(f"{what} is a number such as 1.08"))
    return None


def truth(node: Text | None, what: str, notes: Notes) -> bool | None:
    """Reads true or false."""
    if node is None:
        return None
    if node.value in ("true", "false"):
        return node.value == "true"
    notes.add(node.mistake(f"{what} is true or false"))
    return None


def span(node: Text | None, what: str, notes: Notes) -> Micros | None:
    """A length of time in exact units: 90s, 15m, 1h, 30d, 2w."""
    if node is None:
        return None
    found = re.fullmatch(r"(\d{1,6})([smhdw])", node.value)
    if found and int(found[1]) * UNITS[found[2]] <= LONGEST:
        return int(found[1]) * UNITS[found[2]]
    remedy = "write a number and s, m, h, d or w, for example 30d (at most ten years)"
    notes.add(node.mistake(f"{what} {node.value!r} is not a length of time", None, remedy))
    return None


def window(node: Text | None, notes: Notes) -> Window | None:
    """`90d`: exactly 90 times 24 hours. `90 days`: in the contact's own calendar."""
    if node is None:
        return None
    if days := re.fullmatch(r"(\d{1,4}) days?", node.value):
        if 1 <= int(days[1]) <= 3660:
            return Window(days=int(days[1]))
    elif re.fullmatch(r"[1-9]\d{0,5}[smhdw]", node.value):
        micros = span(node, "the window", notes)
        return None if micros is None else Window(micros=micros)
    remedy = "write 90d for exactly 90 times 24 hours, or 90 days for calendar days"
    notes.add(node.mistake(f"{node.value!r} is not a window", None, remedy))
    return None


def share(node: Text | None, what: str, notes: Notes) -> int | None:
    """`10%` or `10% of contacts`, in parts per million."""
    if node is None:
        return None
    found = re.fullmatch(r"(\d{1,3}(?:\.\d{1,4})?)%( of contacts)?", node.value)
    if found and Decimal(found[1]) <= 100:
        return int(Decimal(found[1]) * 10_000)
    notes.add(node.mistake(f"{what} is a share from 0% to 100%", None, "write 10%"))
    return None


def named(key: Text, what: str, pattern: str, remedy: str, notes: Notes) -> bool:
    """Whether a name has the right shape."""
    if re.fullmatch(pattern, key.value):
        return True
    notes.add(key.mistake(f"{key.value} cannot name {a(what)}", None, remedy))
    return False
