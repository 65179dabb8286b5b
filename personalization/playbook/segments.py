"""The segments of a playbook: checked expressions, each after those that it uses."""

from collections.abc import Mapping

from personalization.playbook import dialect, reading
from personalization.playbook.head import NAME, NAME_REMEDY
from personalization.playbook.mistakes import Notes
from personalization.playbook.model import Segment, Type
from personalization.playbook.shape import RESERVED
from personalization.playbook.source import Node, Table, Text

TAG_CHARACTERS = 100


def read(
    table: Table, traits: Mapping[str, Type | None], places: int, notes: Notes
) -> dict[str, Segment | None]:
    """All segments by name, in an order in which each comes after those it uses; None for one
    that is wrong. `places` are the currency's digits."""
    rules: dict[str, Text | None] = {}
    tables: dict[str, Table | None] = {}
    for name, key, node in reading.section(table, "segments", notes):
        fine = reading.named(key, "segment", NAME, NAME_REMEDY, notes)
        if fine and (name in RESERVED or name in traits):
            reason = "a trait already" if name in traits else "a word of its own"
            notes.add(key.mistake(f"{name} is {reason} and cannot name a segment"))
            continue
        tables[name], rules[name] = parts(name, node, notes)
    names: dict[str, Type | None] = {**traits}
    for name, rule in rules.items():
        names[name] = "boolean" if rule is not None else None
    order = sorted_by_use(rules, notes)
    found: dict[str, Segment | None] = dict.fromkeys(order)
    seen: dict[str, str] = {}
    for name in order:
        rule, more = rules[name], tables[name]
        checked = dialect.check(rule, names, notes, places, "trait or segment") if rule else None
        tag, title = labels(name, more, seen, notes)
        if rule is not None and checked is not None:
            found[name] = Segment(
                name=name, source=rule.value.strip(), sql=checked.sql, uses=checked.uses,
                tag=tag, title=title,
            )  # fmt: skip
    return found


def parts(name: str, node: Node, notes: Notes) -> tuple[Table | None, Text | None]:
    """The mapping, where there is one, and the expression."""
    if isinstance(node, Text):
        return None, reading.text(node, f"segment {name}", notes)
    table = reading.known(node, "segment", notes)
    if table is None:
        return None, None
    if "when" not in table.entries:
        notes.add(node.mistake(f"segment {name} has no rule", None, "write when: orders > 0"))
    return table, reading.text(table.entries.get("when"), "when", notes)


def labels(
    name: str, table: Table | None, seen: dict[str, str], notes: Notes
) -> tuple[str | None, str | None]:
    """The tag that marketers see, unlike any other, and the title."""
    if table is None:
        return None, None
    tag = reading.text(table.entries.get("tag"), "tag", notes)
    title = reading.text(table.entries.get("title"), "title", notes)
    if tag is not None and tag.value in seen:
        notes.add(tag.mistake(f"the tag {tag.value} already stands for {seen[tag.value]}"))
    elif tag is not None and len(tag.value) > TAG_CHARACTERS:
        notes.add(tag.mistake(f"a tag has at most {TAG_CHARACTERS} characters"))
    elif tag is not None:
        seen[tag.value] = name
    return tag.value if tag else None, title.value if title else None


def sorted_by_use(rules: Mapping[str, Text | None], notes: Notes) -> list[str]:
    """Names, each after those it uses, else in the order of the file. A circle is noted once."""
    uses = {
        name: {used: at for used, at in dialect.names_in(rule).items() if used in rules}
        if rule else {}
        for name, rule in rules.items()
    }  # fmt: skip
    order: list[str] = []
    circles: set[frozenset[str]] = set()
    for root in rules:
        path: list[tuple[str, list[str]]] = [(root, list(uses[root]))] if root not in order else []
        while path:
            name, rest = path[-1]
            if not rest:
                order.append(name)
                path.pop()
                continue
            used = rest.pop(0)
            trail = [step for step, _ in path]
            if used in trail:
                circle = trail[trail.index(used) :]
                if frozenset(circle) not in circles:
                    note_circle(circle, rules, uses, notes)
                circles.add(frozenset(circle))
            elif used not in order:
                path.append((used, list(uses[used])))
    return order


def note_circle(
    circle: list[str],
    rules: Mapping[str, Text | None],
    uses: Mapping[str, Mapping[str, int]],
    notes: Notes,
) -> None:
    """Points at the use that closes the circle."""
    last, first = circle[-1], circle[0]
    rule = rules[last]
    assert rule is not None
    shown = " -> ".join([*circle, first])
    notes.add(rule.inside(uses[last][first], f"segments use each other in a circle: {shown}"))
