"""Messages: whom each is for, and what it says in which field."""

from collections.abc import Mapping

from personalization.playbook import reading
from personalization.playbook.bodies import Content, body_of, checked
from personalization.playbook.mistakes import near
from personalization.playbook.model import Message
from personalization.playbook.source import Node, Table, Text


def message(
    name: str, key: Text, node: Node, fields: set[str], of_field: Mapping[str, str],
    content: Content,
) -> Message | None:  # fmt: skip
    """{for: segment, fields: {HEADLINE: winback.j2}, title: ...}"""
    notes = content.notes
    table = reading.known(node, "message", notes)
    if table is None:
        return None
    before = len(notes.found)
    who = reading.text(table.entries.get("for"), "for", notes)
    if "for" not in table.entries:
        remedy = "add for: and the name of a segment"
        notes.add(key.mistake(f"message {name} is for no segment", None, remedy))
    reading.choice(who, content.segments, "segment", notes)
    slots = {slot.name for slot in content.slots.values() if slot and name in slot.messages}
    bodies = bodies_of(name, table, slots, fields, of_field, content)
    title = reading.text(table.entries.get("title"), "title", notes)
    interrupts = reading.text(table.entries.get("interrupts"), "interrupts", notes)
    if interrupts is not None and not slots:
        key = table.keys["interrupts"]
        notes.add(key.mistake(f"nothing to interrupt: message {name} is in no slot"))
    at_once = reading.truth(interrupts, "interrupts", notes)
    if len(notes.found) > before or who is None:
        return None
    return Message(
        name=name, segment=who.value, fields=bodies, title=title.value if title else None,
        interrupts=bool(at_once),
    )  # fmt: skip


def bodies_of(
    name: str, table: Table, slots: set[str], fields: set[str], of_field: Mapping[str, str],
    content: Content,
) -> dict[str, str]:  # fmt: skip
    """The template of each field that a message fills."""
    notes = content.notes
    bodies: dict[str, str] = {}
    for filled, place, value in reading.section(table, "fields", notes):
        where = of_field.get(filled)
        if filled not in fields:
            notes.add(place.mistake(f"unknown field {filled}", near(filled, fields),
                                    f"give it a fallback under fields: {filled}"))  # fmt: skip
        elif slots and where not in slots:
            remedy = f"add {filled} to the fields of slot {min(slots)}"
            notes.add(place.mistake(f"{filled} is not in message {name}'s slot", None, remedy))
        body = body_of(value, f"the template of {filled}", content)
        if body is not None:
            bodies[filled] = body.value
            content.used[f"{name}/{filled}"] = checked(
                body, where, content.rooms.get(filled), content
            )
    return bodies
