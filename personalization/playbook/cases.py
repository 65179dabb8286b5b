"""The tests that a playbook carries: small contacts with events in, what they get out.

a regular whose cart is left:
  now: 2026-03-10T12:00:00Z
  contact: {city: Berlin}
  events:
    - {kind: order, ago: 3d, amount: 45.00, currency: EUR}
  expect:
    segments: {in: [regulars], out: [unhappy]}
    stage: regulars
    messages: {hero: winback}
    fields: {HEADLINE: Hello Berlin}
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from personalization.models import Micros
from personalization.playbook import reading
from personalization.playbook.bodies import Content
from personalization.playbook.happened import instant, one_event, value
from personalization.playbook.mistakes import Mistake, Notes, Source, near
from personalization.playbook.model import Case, Playbook, Trait, Type
from personalization.playbook.source import Items, Node, Table, Text
from personalization.playbook.source import read as read_yaml

Decide = Callable[[Sequence[Mapping[str, Any]], Mapping[str, Any], Micros], Mapping[str, Any]]
"""(events, attributes, now) -> {"segments": names, "stage": name or None, "messages": {slot:
message or None}, "fields": {FIELD: text}}. An event is {"kind", "occurred_at", "props"}, with
props as in `models.Event`."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a test may speak of."""

    properties: Mapping[str, Type]
    traits: Mapping[str, Trait | None]
    segments: Mapping[str, object]
    content: Content
    stages: tuple[str, ...]
    currency: str | None


def read(table: Table, more: Source, known: Known, notes: Notes) -> tuple[Case, ...]:
    """The tests under `tests:` and those of tests.yaml."""
    found = list(entries(table, "tests", known, notes))
    if more.text.strip():
        root = read_yaml(more, notes)
        if root is not None and reading.mapping(root, "test", notes):
            wrapped = Table(more, root.start, root.end, {"tests": root}, {})
            found += entries(wrapped, "tests", known, notes)
    return tuple(found)


def entries(table: Table, name: str, known: Known, notes: Notes) -> list[Case]:
    """The tests of one mapping."""
    found: list[Case] = []
    for title, key, node in reading.section(table, name, notes):
        line = key.source.text.count("\n", 0, key.start) + 1
        case = one(title, key, node, known, notes)
        if case is not None:
            found.append(Case(name=title, line=line, body={"file": key.source.name, **case}))
    return found


def one(title: str, key: Text, node: Node, known: Known, notes: Notes) -> dict[str, object] | None:
    """The body of one test as plain values, moments worked out."""
    table = reading.known(node, "test", notes)
    if table is None:
        return None
    for needed in ("now", "expect"):
        if needed not in table.entries:
            notes.add(key.mistake(f"test {title!r} has no {needed}", None,
                                  "now: 2026-01-31T12:00:00Z" if needed == "now"
                                  else "expect: {segments: {in: [a]}}"))  # fmt: skip
    now = instant(reading.text(table.entries.get("now"), "now", notes), notes) or 0
    attributes = {
        name: value(reading.text(item, name, notes), attribute_type(name, known), None, notes)
        for name, _, item in reading.section(table, "contact", notes)
    }
    listed = table.entries.get("events")
    if listed is not None and not isinstance(listed, Items):
        notes.add(listed.mistake("events are a list", None, "- {kind: order, ago: 3d}"))
    items = listed.items if isinstance(listed, Items) else ()
    happened = [one_event(item, now, known.properties, known.currency, notes) for item in items]
    mixed(items, happened, known, notes)
    expect, places = expected(table, known, notes)
    return {
        "now": now, "contact": attributes, "events": [one for one in happened if one],
        "expect": expect, "places": places,
    }  # fmt: skip


def attribute_type(name: str, known: Known) -> Type:
    """The type of an attribute, as the traits that read it say."""
    if name in ("latitude", "longitude"):
        return "number"
    read_by = (one for one in known.traits.values() if one and one.kind == "attribute")
    return next((one.type for one in read_by if one.prop == name), "text")


def mixed(
    items: Sequence[Node], happened: Sequence[dict[str, Any] | None], known: Known, notes: Notes
) -> None:
    """Amounts in several currencies need the account's currency, and a rate for each other."""
    money = any(trait and trait.prop_type == "money" for trait in known.traits.values())
    seen: set[str] = set()
    for item, event in zip(items, happened, strict=True):
        code = event["props"].get("currency") if event else None
        if code and money and known.currency is None and seen - {code}:
            other = min(seen - {code})
            notes.add(item.mistake(
                f"amounts in {code} and in {other} cannot be added", None,
                "say currency: and the rates of the others in the playbook",
            ))  # fmt: skip
        if code:
            seen.add(code)


def expected(
    table: Table, known: Known, notes: Notes
) -> tuple[dict[str, object], dict[str, tuple[int, int]]]:
    """What is expected, and the place of each expectation as (line, column)."""
    node = table.entries.get("expect")
    inner = reading.known(node, "expect", notes) if node is not None else None
    found: dict[str, object] = {}
    places: dict[str, tuple[int, int]] = {}

    def keep(path: str, at: Node) -> None:
        mistake = at.mistake("")
        places[path] = (mistake.line, mistake.column)

    if inner is None:
        return found, places
    if "segments" in inner.entries:
        found["segments"] = {
            side: list(sides)
            for side, sides in expected_segments(inner.entries["segments"], known, notes, keep)
        }
    if "stage" in inner.entries:
        stage = inner.entries["stage"]
        keep("stage", stage)
        nothing = isinstance(stage, Text) and stage.null
        name = None if nothing else reading.text(stage, "stage", notes)
        found["stage"] = reading.choice(name, known.stages, "stage", notes)
    for part, names in (("messages", known.content.slots), ("fields", known.content.fields)):
        values: dict[str, str | None] = {}
        for name_, key, item in reading.section(inner, part, notes):
            keep(f"{part}.{name_}", key)
            noun = "slot" if part == "messages" else "field"
            reading.choice(key, names, noun, notes)
            nothing = isinstance(item, Text) and item.null and part == "messages"
            text = None if nothing else reading.text(item, name_, notes)
            if part == "messages" and text is not None:
                reading.choice(text, known.content.messages, "message", notes)
            values[name_] = text.value if text else None
        found[part] = values
    return found, places


def expected_segments(
    node: Node, known: Known, notes: Notes, keep: Callable[[str, Node], None]
) -> list[tuple[str, list[str]]]:
    """{in: [a, b], out: [c]}"""
    table = reading.known(node, "expected segments", notes)
    found: list[tuple[str, list[str]]] = []
    for side in ("in", "out") if table else ():
        names = reading.texts(table.entries.get(side), "a segment", notes) if table else []
        for name in names:
            keep(f"segments.{side}.{name.value}", name)
            if name.value not in known.segments:
                message = f"unknown segment {name.value}"
                notes.add(name.mistake(message, near(name.value, known.segments)))
        found.append((side, [name.value for name in names]))
    return found


def reading_of(segment: str, playbook: Playbook, result: Mapping[str, Any]) -> str:
    """`orders_90d >= 12, and orders_90d is 3`: a rule and what it read."""
    one, told = playbook.segments[segment], dict(result.get("values", {}))
    told |= {name: str(name in result["segments"]).lower() for name in playbook.segments}
    read = ", ".join(f"{name} is {told.get(name, '–')}" for name in one.uses)
    return f"{one.source}{f', and {read}' if read else ''}"


def run(case: Case, playbook: Playbook, decide_one: Decide) -> list[Mistake]:
    """Runs one test; returns a mistake, with its place, for each expectation that does not hold."""
    body: Mapping[str, Any] = case.body
    result = decide_one(body["events"], body["contact"], body["now"])
    source = Source(str(body["file"]), playbook.files.get(str(body["file"]), ""))
    found: list[Mistake] = []

    def differs(path: str, message: str) -> None:
        line, column = body["places"].get(path, (case.line, 1))
        lines = source.text.split("\n")
        shown = lines[line - 1].rstrip("\r") if line <= len(lines) else ""
        found.append(Mistake(source.name, line, column, f"test {case.name!r}: {message}", shown))

    expect: Mapping[str, Any] = body["expect"]
    for side, names in expect.get("segments", {}).items():
        for name in names:
            if (name in result["segments"]) != (side == "in"):
                said = f"is {'not ' if side == 'in' else ''}in {name}"
                differs(f"segments.{side}.{name}", f"{said}: {reading_of(name, playbook, result)}")
    if "stage" in expect and result["stage"] != expect["stage"]:
        differs("stage", f"the stage is {result['stage'] or 'none'}, expected "
                         f"{expect['stage'] or 'none'}")  # fmt: skip
    for part in ("messages", "fields"):
        for name, wanted in expect.get(part, {}).items():
            got = result[part].get(name)
            if got != wanted:
                differs(f"{part}.{name}", f"{name} is {got!r}, expected {wanted!r}")
    return found
