"""Triggers: what starts a send, how long it waits, and what makes it moot."""

from collections.abc import Mapping, Sequence

from personalization.models import DAY
from personalization.playbook import reading
from personalization.playbook.head import NAME, NAME_REMEDY
from personalization.playbook.mistakes import Notes
from personalization.playbook.model import Transport, Trigger, Type
from personalization.playbook.source import Node, Table, Text

STARTS = ("after", "enter", "leave", "at")
CHANNELS = ("email", "sms", "push")
TRANSPORTS: dict[str, Transport] = {"event": "event", "email": "email", "journey": "journey"}
EVENT = r"[A-Za-z][A-Za-z0-9_]{1,29}"
EVENT_REMEDY = "an event's name has 2 to 30 letters, digits and _"


def read(
    table: Table, events: tuple[str, ...], segments: Mapping[str, object],
    traits: Mapping[str, Type | None], messages: Mapping[str, object], notes: Notes,
) -> dict[str, Trigger | None]:  # fmt: skip
    """All triggers by name; None for one that is wrong."""
    moments = [name for name, kind in traits.items() if kind in (None, "date", "timestamp")]
    known: dict[str, Sequence[str]] = {
        "after": events,
        "enter": list(segments),
        "leave": list(segments),
        "at": moments,
    }
    found: dict[str, Trigger | None] = {}
    for name, key, node in reading.section(table, "triggers", notes):
        reading.named(key, "trigger", NAME, NAME_REMEDY, notes)
        found[name] = one(name, node, known, traits, messages, notes)
    return found


def one(
    name: str, node: Node, known: Mapping[str, Sequence[str]], traits: Mapping[str, Type | None],
    messages: Mapping[str, object], notes: Notes,
) -> Trigger | None:  # fmt: skip
    """{after: cart, wait: 1h, unless: order, send: winback, by: event}"""
    table = reading.known(node, "trigger", notes)
    if table is None:
        return None
    before = len(notes.found)
    said = {key: reading.text(table.entries.get(key), key, notes) for key in table.entries}
    start = started(name, node, table, said, known, traits, notes)
    reading.choice(said.get("unless"), known["after"], "event", notes)
    reading.choice(said.get("for"), known["enter"], "segment", notes)
    reading.choice(said.get("send"), messages, "message", notes)
    reading.choice(said.get("by"), tuple(TRANSPORTS), "transport", notes)
    reading.choice(said.get("channel"), CHANNELS, "channel", notes)
    reading.choice(said.get("basis"), ("marketing", "transactional"), "basis", notes)
    if "send" not in table.entries:
        notes.add(node.mistake(f"trigger {name} sends nothing", None, "add send: and a message"))
    event = said.get("event")
    if event is not None:
        reading.named(event, "event", EVENT, EVENT_REMEDY, notes)
    elif len(name) > 30 or len(name) < 2:
        notes.add(node.mistake(f"trigger {name} needs an event", None, EVENT_REMEDY))
    wait = reading.span(said.get("wait"), "wait", notes)
    within = reading.span(said.get("within"), "within", notes)
    if within == 0:
        notes.add(table.entries["within"].mistake("within is longer than nothing"))
    send, value = said.get("send"), {key: node.value for key, node in said.items() if node}
    if len(notes.found) > before or send is None or start is None:
        return None
    return Trigger(
        name=name, after=value.get("after"), enter=value.get("enter"), leave=value.get("leave"),
        at=value.get("at"), wait=wait or 0, unless=value.get("unless"),
        within=DAY if within is None else within, segment=value.get("for"), send=send.value,
        event=value.get("event", name), by=TRANSPORTS[value.get("by", "event")],
        channel=value.get("channel", "email"),
        basis="transactional" if value.get("basis") == "transactional" else "marketing",
    )  # fmt: skip


def started(
    name: str, node: Node, table: Table, said: Mapping[str, Text | None],
    known: Mapping[str, Sequence[str]], traits: Mapping[str, Type | None], notes: Notes,
) -> str | None:  # fmt: skip
    """Which of after, enter, leave, at starts it; exactly one does."""
    starts = [key for key in STARTS if key in table.entries]
    if len(starts) != 1:
        reason = "has no start" if not starts else f"has {len(starts)} starts"
        place = table.keys[starts[1]] if starts else node
        notes.add(place.mistake(f"trigger {name} {reason}", None, "one of after, enter, leave, at"))
        return None
    word = said[starts[0]]
    if starts[0] == "at" and word is not None and traits.get(word.value) not in (
        None, "date", "timestamp"):  # fmt: skip
        notes.add(word.mistake(f"{word.value} is neither a date nor a moment"))
        return None
    noun = {"after": "event", "at": "trait"}.get(starts[0], "segment")
    reading.choice(word, known[starts[0]], noun, notes)
    return starts[0]
