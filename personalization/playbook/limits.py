"""Limits: what is never exceeded, whatever segments and triggers say."""

import re
from collections.abc import Iterable
from typing import Any

from personalization.playbook import reading
from personalization.playbook.mistakes import Notes
from personalization.playbook.model import Cap, Limits
from personalization.playbook.source import Table, Text


def read(table: Table, tags: Iterable[str], notes: Notes) -> Limits:
    """The limits section, with the model's own defaults for what it does not say."""
    node = table.entries.get("limits")
    if node is None or (isinstance(node, Text) and node.null):
        return Limits()
    limits = reading.known(node, "limits", notes)
    if limits is None:
        return Limits()
    values: dict[str, Any] = {}
    caps = [cap(one, notes) for one in reading.texts(limits.entries.get("sends"), "sends", notes)]
    values["caps"] = tuple(one for one in caps if one is not None)
    values["quiet"] = quiet(reading.text(limits.entries.get("quiet"), "quiet", notes), notes)
    for key in ("holdout", "park_above", "empty_above"):
        value = reading.text(limits.entries.get(key), key, notes)
        if (part := reading.share(value, key, notes)) is not None:
            values[key] = part
    for key in ("sends_per_hour", "new_fields"):
        value = reading.text(limits.entries.get(key), key, notes)
        if (number := reading.integer(value, key, notes)) is not None:
            values[key] = number
    only = limits.entries.get("only")
    if isinstance(only, Text) and not only.null:
        values["only"] = reading.choice(only, tags, "tag or segment", notes)
    edits = reading.text(limits.entries.get("edits"), "edits", notes)
    if word := reading.choice(edits, ("keep", "overwrite"), "answer for edits", notes):
        values["edits"] = word
    return Limits(**values)


def cap(node: Text, notes: Notes) -> Cap | None:
    """`3 per 7d`"""
    found = re.fullmatch(r"(\d{1,5}) per (\S+)", node.value)
    if found is None:
        notes.add(node.mistake(f"{node.value!r} is not a cap", None, "write 3 per 7d"))
        return None
    span = Text(node.source, node.start, node.start + len(found[2]), found[2])
    length = reading.span(span, "the length of the cap", notes)
    if length == 0:
        notes.add(node.mistake("a cap is over a length of time", None, "write 3 per 7d"))
    return Cap(count=int(found[1]), window=length) if length else None


def quiet(node: Text | None, notes: Notes) -> tuple[int, int] | None:
    """`21:00-08:00`, in minutes of the contact's own day."""
    if node is None:
        return None
    found = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)", node.value)
    if found is None or found[1] + found[2] == found[3] + found[4]:
        notes.add(node.mistake(f"{node.value!r} are not quiet hours", None, "write 21:00-08:00"))
        return None
    return int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
