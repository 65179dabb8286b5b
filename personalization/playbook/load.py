"""From a folder, or from the texts that once stood in it, to a checked `Playbook`.

Checking reads text and nothing else: no engine, no network, no file beyond the folder.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from personalization.currency import digits
from personalization.errors import Stop
from personalization.playbook import (
    bodies,
    cases,
    complete,
    content,
    head,
    limits,
    reading,
    segments,
    traits,
    triggers,
)
from personalization.playbook.mistakes import Notes, Source, near
from personalization.playbook.model import Playbook, Type
from personalization.playbook.source import Items, Node, Table, Text, read

MAIN = "playbook.yaml"
TESTS = "tests.yaml"


def load(folder: Path) -> Playbook:
    """The playbook of a folder: playbook.yaml, its .j2 templates, and tests.yaml if it is there.

    Raises Mistakes with everything that is wrong in it, and Stop where it is no playbook."""
    if not (folder / MAIN).is_file():
        raise Stop(f"{folder}: there is no {MAIN}{meant_by(folder)}")
    files: dict[str, str] = {}
    for path in sorted(folder.iterdir()):
        if path.name in (MAIN, TESTS) or (path.suffix == ".j2" and path.is_file()):
            try:
                files[path.name] = path.read_bytes().decode()
            except UnicodeDecodeError:
                raise Stop(f"{path}: this file is not UTF-8 text: save it as UTF-8") from None
    return from_files(files, folder.resolve().name)


def meant_by(folder: Path) -> str:
    """The playbooks in a folder that is none itself, or one of its neighbours of a near name."""
    inside = sorted(str(one.parent) for one in folder.glob(f"*/{MAIN}"))
    if inside:
        return f": name one of {', '.join(inside)}"
    beside = {one.parent.name: one.parent for one in folder.parent.glob(f"*/{MAIN}")}
    close = near(folder.name, beside)
    return f". Did you mean {beside[close]}?" if close else ": name the folder of a playbook"


def hash_of(files: Mapping[str, str]) -> str:
    """The hash of a playbook: SHA-256 over its files' names and contents in order of name."""
    digest = hashlib.sha256()
    for name, text in sorted(files.items()):
        for part in (name.encode(), text.encode()):
            digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


def from_files(files: Mapping[str, str], name: str, strict: bool = True) -> Playbook:
    """The playbook that these texts make; `name` is used where it gives none of its own. One that
    was applied or decided with before is read without being `strict`: it has been checked once.

    Raises Mistakes."""
    notes = Notes(strict=strict)
    source = Source(MAIN, files.get(MAIN, ""))
    root = read(source, notes)
    notes.stop_if_any()
    if root is None:
        notes.add(source.mistake(0, "the playbook is empty", None, "begin with traits:"))
    table = reading.known(root, "playbook", notes) if root is not None else None
    if table is None:
        notes.stop_if_any()
        raise AssertionError("a playbook without a table has a mistake")
    return assembled(table, files, name, notes)


def assembled(table: Table, files: Mapping[str, str], name: str, notes: Notes) -> Playbook:
    """Reads section by section, each with what the ones before it made known."""
    own_name = reading.text(table.entries.get("name"), "name", notes)
    currency = head.currency(table, notes)
    rates = head.rates(table, currency, notes)
    zone, language = head.zone(table, notes), head.language(table, notes)
    events, properties = head.events(table, notes), head.properties(table, notes)
    found_traits = traits.read(table, traits.Known(events, properties, currency), notes)
    types = {trait: traits.kind_of(made) for trait, made in found_traits.items()}
    found_segments = segments.read(table, types, digits(currency), notes)
    stages = stages_of(table, found_segments, notes)
    names: dict[str, Type | None] = {**types, **dict.fromkeys(found_segments, "boolean")}
    filled = bodies.Content(files, names, found_segments, currency, notes)
    content.read(table, filled)
    found_triggers = triggers.read(table, events, found_segments, types, filled.messages, notes)
    used_nowhere(table, filled, found_triggers, notes)
    tags = [made.tag or made.name for made in found_segments.values() if made]
    found_limits = limits.read(table, [*tags, *found_segments], notes)
    known = cases.Known(properties, found_traits, found_segments, filled, stages, currency)
    found_cases = cases.read(table, Source(TESTS, files.get(TESTS, "")), known, notes)
    whole = reading.truth(reading.text(table.entries.get("complete"), "complete", notes),
                          "complete", notes)  # fmt: skip
    if whole:
        complete.check(table, found_traits, found_segments, filled, found_triggers, notes)
    notes.stop_if_any()
    return Playbook(
        name=own_name.value if own_name else name, hash=hash_of(files), files=dict(files),
        currency=currency, rates=rates, zone=zone, language=language, complete=bool(whole),
        properties=properties, traits=present(found_traits), segments=present(found_segments),
        stages=stages, messages=present(filled.messages), slots=present(filled.slots),
        fields=present(filled.fields), triggers=present(found_triggers), limits=found_limits,
        cases=found_cases,
    )  # fmt: skip


def present[Made](found: Mapping[str, Made | None]) -> dict[str, Made]:
    """What was made; after `stop_if_any` that is everything."""
    return {name: made for name, made in found.items() if made is not None}


def stages_of(table: Table, known: Mapping[str, object], notes: Notes) -> tuple[str, ...]:
    """The stages, each the name of a segment, in order."""
    node: Node | None = table.entries.get("stages")
    if node is not None and not isinstance(node, Items | Text):
        notes.add(node.mistake("stages are a list of segments", None, "stages: [new, active]"))
        return ()
    found = reading.texts(node, "a stage", notes)
    for stage in found:
        if stage.value not in known:
            remedy = "a stage names a segment"
            message = f"unknown segment {stage.value}"
            notes.add(stage.mistake(message, near(stage.value, known), remedy))
    return tuple(stage.value for stage in found)


def used_nowhere(
    table: Table, filled: bodies.Content, triggers: Mapping[str, object], notes: Notes
) -> None:
    """Messages in no slot and sent by no trigger, and templates that nothing names."""
    placed = {name for slot in filled.slots.values() if slot for name in slot.messages}
    sent = {getattr(trigger, "send", None) for trigger in triggers.values()}
    sure = all(filled.slots.values()) and all(triggers.values())
    for name, key, _ in reading.section(table, "messages", Notes()):
        if sure and name not in placed | sent:
            remedy = "add it to a slot's messages, or send it by a trigger"
            notes.add(key.mistake(f"message {name} is in no slot and sent by no trigger", None,
                                  remedy))  # fmt: skip
    for name in filled.files:
        if name.endswith(".j2") and name not in filled.read_files and not notes.found:
            notes.add(Source(name, filled.files[name]).mistake(0, f"nothing uses {name}"))
