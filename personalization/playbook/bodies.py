"""The texts of fields: where a template stands, and that it fits the field that it fills."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from personalization.playbook import reading, templates
from personalization.playbook.mistakes import Notes, Source, near
from personalization.playbook.model import Field, Message, Slot, Type
from personalization.playbook.source import Node, Table, Text
from personalization.playbook.template_walk import Allowed
from personalization.playbook.templates import Used

MOST_PICKS = 12
MOST_BYTES = 65_536
USUAL_BYTES = 255
FORMATS = ("text", "html")


class Room(NamedTuple):
    """What a field has room for: bytes, and whether it is HTML."""

    bytes: int
    html: bool


@dataclass(slots=True)
class Content:
    """Everything that goes to a marketer's fields, by name; None where it is wrong."""

    files: Mapping[str, str]
    names: Mapping[str, Type | None]
    segments: Mapping[str, object]
    currency: str | None
    notes: Notes
    messages: dict[str, Message | None] = field(default_factory=dict)
    slots: dict[str, Slot | None] = field(default_factory=dict)
    fields: dict[str, Field | None] = field(default_factory=dict)
    used: dict[str, Used] = field(default_factory=dict)
    read_files: set[str] = field(default_factory=set)
    rooms: dict[str, Room] = field(default_factory=dict)


def body_of(node: Node | None, what: str, content: Content) -> Text | None:
    """A template: the text itself, or the contents of the .j2 file that it names."""
    text = reading.text(node, what, content.notes)
    if text is None or "{" in text.value or not text.value.strip().endswith(".j2"):
        return text
    name = text.value.strip()
    if name not in content.files:
        there = [file for file in content.files if file.endswith(".j2")]
        content.notes.add(text.mistake(f"there is no file {name}", near(name, there)))
        return None
    content.read_files.add(name)
    body = content.files[name].replace("\r\n", "\n").rstrip("\n")
    return Text(Source(name, body), 0, len(body), body)


def rooms(table: Table) -> dict[str, Room]:
    """What each field has room for; a field that says something wrong is left out here."""
    found: dict[str, Room] = {}
    for name, _, node in reading.section(table, "fields", Notes()):
        entries = node.entries if isinstance(node, Table) else {}
        said, form = entries.get("max"), entries.get("format")
        most = said.value if isinstance(said, Text) else str(USUAL_BYTES)
        if most.isdecimal():
            found[name] = Room(int(most), isinstance(form, Text) and form.value == "html")
    return found


def checked(body: Text, slot: str | None, room: Room | None, content: Content) -> Used:
    """Checks a template for the slot and the room of its field."""
    names: dict[str, Type | None] = {**content.names, "stage": "text"}
    picks = 0
    if slot is not None:
        names["message"] = "text"
        there = content.slots.get(slot)
        picks = there.picks if there else MOST_PICKS
    html = room is not None and room.html
    used = templates.check(body, Allowed(names, picks, content.currency), content.notes, html)
    if room is not None and used.static_bytes > room.bytes:
        reason = (f"this text alone has {used.static_bytes} bytes, and the field at most "
                  f"{room.bytes}")  # fmt: skip
        content.notes.advise(body.mistake(reason, None, "shorten it, or raise the field's max:"))
    return used
