"""The first lines of a playbook: what it is called, its money, zone, events and properties."""

import re
from decimal import Decimal
from zoneinfo import ZoneInfo

from personalization.models import BEHAVIOUR, EVENT_COLUMNS, FEEDBACK, PURCHASE
from personalization.playbook import reading
from personalization.playbook.mistakes import Notes, near
from personalization.playbook.model import Type
from personalization.playbook.shape import EVENT_PROPERTIES, LINE_PROPERTIES, TYPES
from personalization.playbook.source import Table, Text

NAME = r"[a-z][a-z0-9_]{0,62}"
NAME_REMEDY = "names have small letters, digits and _, and begin with a letter"
BUILT_IN = (*PURCHASE, *BEHAVIOUR, *FEEDBACK)
MICRO = 1_000_000


def currency(table: Table, notes: Notes) -> str | None:
    """The account currency: a code of three capitals."""
    node = reading.text(table.entries.get("currency"), "currency", notes)
    if node is None or re.fullmatch(r"[A-Z]{3}", node.value):
        return node.value if node else None
    notes.add(node.mistake(f"{node.value!r} is not a currency", None, "write USD or EUR"))
    return None


def rates(table: Table, account: str | None, notes: Notes) -> dict[str, int]:
    """What one unit of another currency is worth in the account's, in millionths."""
    found: dict[str, int] = {}
    for code, key, node in reading.section(table, "rates", notes):
        rate = reading.decimal(reading.text(node, f"the rate of {code}", notes), "a rate", notes)
        if not re.fullmatch(r"[A-Z]{3}", code):
            notes.add(key.mistake(f"{code!r} is not a currency", None, "write USD or EUR"))
        elif account is None or code == account:
            reason = "rates need a currency" if account is None else f"{code} is the currency"
            notes.add(key.mistake(reason, None, "currency: is what rates lead to"))
        elif rate is not None and (rate <= 0 or rate * MICRO != int(rate * MICRO)):
            notes.add(node.mistake("a rate is above 0 and has at most six digits after the point"))
        elif rate is not None:
            found[code] = int(rate * Decimal(MICRO))
    return found


def zone(table: Table, notes: Notes) -> str:
    """The shop's time zone, by its name in the tz database."""
    node = reading.text(table.entries.get("zone"), "zone", notes)
    if node is None:
        return "UTC"
    try:
        ZoneInfo(node.value)
    except (ValueError, OSError, KeyError):
        known = ("UTC", "Europe/Berlin", "Europe/London", "Europe/Paris", "America/New_York",
                 "America/Los_Angeles", "Asia/Tokyo", "Australia/Sydney")  # fmt: skip
        message = f"unknown time zone {node.value}"
        notes.add(node.mistake(message, near(node.value, known), "write Europe/Berlin or UTC"))
        return "UTC"
    return node.value


def language(table: Table, notes: Notes) -> str:
    """A language code such as en or pt-BR."""
    node = reading.text(table.entries.get("language"), "language", notes)
    if node is not None and not re.fullmatch(r"[a-z]{2,3}(-[A-Za-z]{2,4})?", node.value):
        notes.add(node.mistake(f"{node.value!r} is not a language", None, "write en or pt-BR"))
    return node.value if node else "en"


def events(table: Table, notes: Notes) -> tuple[str, ...]:
    """The event kinds that the playbook may name: the built-in ones and its own."""
    named = reading.texts(table.entries.get("events"), "an event", notes)
    own = [node.value for node in named if reading.named(node, "event", NAME, NAME_REMEDY, notes)]
    own += [name.partition(".")[0] for name, _, _ in reading.section(table, "properties", Notes())]
    return tuple(dict.fromkeys((*BUILT_IN, *own)))


def properties(table: Table, notes: Notes) -> dict[str, Type]:
    """Types of the playbook's own event properties, as `event.property`."""
    found: dict[str, Type] = {}
    for name, key, node in reading.section(table, "properties", notes):
        if not re.fullmatch(rf"{NAME}\.{NAME}", name):
            notes.add(key.mistake(f"{name} is not event.property", None, "write quiz.score: text"))
            continue
        prop = name.partition(".")[2]
        kind = type_of(reading.text(node, f"the type of {name}", notes), notes)
        other = next((one for one in found if one.partition(".")[2] == prop), None)
        if prop in EVENT_COLUMNS or prop in EVENT_PROPERTIES or prop in LINE_PROPERTIES:
            notes.add(key.mistake(f"{prop} is built in: its type is fixed"))
        elif kind and other and found[other] != kind:
            notes.add(node.mistake(f"{prop} is {found[other]} in {other}: one name, one type"))
        elif kind:
            found[name] = kind
    return found


def type_of(node: Text | None, notes: Notes) -> Type | None:
    """One of the types of `model.Type`."""
    word = reading.choice(node, TYPES, "type", notes)
    return next((kind for kind in TYPES if kind == word), None)


def properties_of(event: str, own: dict[str, Type]) -> dict[str, Type]:
    """Every property that an event may have, with its type."""
    mine = {name.partition(".")[2]: kind for name, kind in own.items()
            if name.partition(".")[0] == event}  # fmt: skip
    return {**EVENT_PROPERTIES, **LINE_PROPERTIES, **mine}
