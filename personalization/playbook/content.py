"""Slots, messages and fields: where content goes to, what may fill it, what else is shown."""

from collections.abc import Mapping

from personalization.models import DAY
from personalization.playbook import reading
from personalization.playbook.bodies import (
    FORMATS,
    MOST_BYTES,
    MOST_PICKS,
    USUAL_BYTES,
    Content,
    Room,
    body_of,
    checked,
    rooms,
)
from personalization.playbook.head import NAME, NAME_REMEDY
from personalization.playbook.messages import message
from personalization.playbook.mistakes import Notes
from personalization.playbook.model import Field, Slot
from personalization.playbook.source import Node, Table, Text

FIELD = r"[A-Z][A-Z0-9_]{0,9}"
FIELD_REMEDY = "a merge tag has 1 to 10 of A-Z, 0-9 and _, and begins with a letter"
RESERVED_FIELDS = frozenset(
    [
        "ADDRESS",
        "ARCHIVE",
        "BIRTHDAY",
        "DATE",
        "EMAIL",
        "EMAIL_TYPE",
        "FNAME",
        "FORWARD",
        "INTERESTS",
        "LIST",
        "LNAME",
        "PHONE",
        "REWARDS",
        "SUBJECT",
        "TO",
        "UID",
        "UNSUB",
        "UPDATE",
        "USER_URL",
    ]
)
MOST_FIELDS = 25
"""Mailchimp allows 30 merge fields, and an audience comes with five of its own."""
SLOT_EXPIRES = 14 * DAY


def read(table: Table, content: Content) -> None:
    """Reads all three sections, which speak of each other."""
    notes = content.notes
    field_keys = {name for name, _, _ in reading.section(table, "fields", Notes())}
    message_keys = {name for name, _, _ in reading.section(table, "messages", Notes())}
    for name, key, node in reading.section(table, "slots", notes):
        reading.named(key, "slot", NAME, NAME_REMEDY, notes)
        content.slots[name] = slot(name, node, message_keys, field_keys, notes)
    of_field = fields_of_slots(table, content)
    content.rooms.update(rooms(table))
    templates_of: dict[str, list[str]] = {}
    for name, key, node in reading.section(table, "messages", notes):
        reading.named(key, "message", NAME, NAME_REMEDY, notes)
        content.messages[name] = message(name, key, node, field_keys, of_field, content)
        made = content.messages[name]
        for filled in made.fields if made else ():
            templates_of.setdefault(filled, []).append(name)
    for name, key, node in reading.section(table, "fields", notes):
        content.fields[name] = one_field(name, key, node, of_field.get(name), content)
    unfilled(table, of_field, templates_of, content)


def slot(name: str, node: Node, messages: set[str], fields: set[str], notes: Notes) -> Slot | None:
    """{messages: [a, b], picks: 3, expires: 14d, fields: [HEADLINE]}"""
    table = reading.known(node, "slot", notes)
    if table is None:
        return None
    before = len(notes.found)
    named = reading.texts(table.entries.get("messages"), "a message", notes)
    filled = reading.texts(table.entries.get("fields"), "a field", notes)
    for one in named:
        reading.choice(one, messages, "message", notes)
    for one in filled:
        reading.choice(one, fields, "field", notes)
    picks = reading.integer(reading.text(table.entries.get("picks"), "picks", notes), "picks",
                            notes, 0, MOST_PICKS)  # fmt: skip
    expires = reading.span(reading.text(table.entries.get("expires"), "expires", notes),
                           "expires", notes)  # fmt: skip
    if not named and not picks:
        notes.add(node.mistake(f"slot {name} has neither messages nor picks"))
    if len(notes.found) > before:
        return None
    return Slot(
        name=name, messages=tuple(one.value for one in named), picks=picks or 0,
        expires=SLOT_EXPIRES if expires is None else expires,
        fields=tuple(one.value for one in filled),
    )  # fmt: skip


def fields_of_slots(table: Table, content: Content) -> dict[str, str]:
    """Which slot each field shows; a field in two slots is noted."""
    found: dict[str, str] = {}
    for name, _, node in reading.section(table, "slots", Notes()):
        inner = node.entries.get("fields") if isinstance(node, Table) else None
        for one in reading.texts(inner, "a field", Notes()):
            if one.value in found:
                where = found[one.value]
                content.notes.add(one.mistake(f"{one.value} is already in slot {where}"))
            found.setdefault(one.value, name)
    return found


def one_field(name: str, key: Text, node: Node, slot: str | None, content: Content) -> Field | None:
    """{value: "{{ ... }}", fallback: text, max: 255, format: text, label: ...}"""
    notes = content.notes
    before = len(notes.found)
    if reading.named(key, "field", FIELD, FIELD_REMEDY, notes) and name in RESERVED_FIELDS:
        notes.add(key.mistake(f"{name} is a merge tag of the destination's own", None,
                              f"choose another name, such as MY_{name}"[:60]))  # fmt: skip
    table = reading.known(node, "field", notes)
    if table is None:
        return None
    most = reading.integer(reading.text(table.entries.get("max"), "max", notes), "max", notes, 1,
                           MOST_BYTES) or USUAL_BYTES  # fmt: skip
    fallback = table.entries.get("fallback")
    shown = fallback if isinstance(fallback, Text) and not fallback.null else None
    if shown is None:
        remedy = 'add fallback: and what to show when a value is missing ("" for nothing)'
        notes.add(key.mistake(f"field {name} has no fallback", None, remedy))
    elif len(shown.value.encode()) > most:
        size = len(shown.value.encode())
        notes.add(shown.mistake(f"the fallback has {size} bytes, and the field at most {most}"))
    form = reading.text(table.entries.get("format"), "format", notes)
    reading.choice(form, FORMATS, "format", notes)
    label = reading.text(table.entries.get("label"), "label", notes)
    if "value" in table.entries and "file" in table.entries:
        notes.add(table.keys["file"].mistake(f"field {name} has both a value and a file"))
    body = body_of(table.entries.get("value") or table.entries.get("file"), "value", content)
    html = form is not None and form.value == "html"
    if body is not None:
        content.used[name] = checked(body, slot, Room(most, html), content)
    if len(notes.found) > before or shown is None:
        return None
    return Field(
        name=name, value=body.value if body else None, fallback=shown.value, slot=slot,
        max_bytes=most, format="html" if html else "text",
        label=label.value if label else None,
    )  # fmt: skip


def unfilled(
    table: Table, of_field: Mapping[str, str], filled: Mapping[str, list[str]], content: Content
) -> None:
    """Fields that nothing gives a value, and more fields than an audience has room for."""
    notes = content.notes
    for count, (name, key, node) in enumerate(reading.section(table, "fields", Notes()), 1):
        if count == MOST_FIELDS + 1:
            notes.add(key.mistake(f"more than {MOST_FIELDS} fields", None,
                                  "an audience has 30, some of them its own"))  # fmt: skip
        own = isinstance(node, Table) and {"value", "file"} & set(node.entries)
        slot_of = content.slots.get(of_field.get(name, ""))
        given = set(filled.get(name, ())) & set(slot_of.messages if slot_of else ())
        known = all(content.messages.values()) and all(content.slots.values())
        if isinstance(node, Table) and not own and not given and known:
            remedy = "give it a value, or a message that fills it in its slot"
            notes.add(key.mistake(f"nothing fills field {name}", None, remedy))
