"""An event on its way into the log: canonical text, content hash, and what of it others look at.

Whoever has very many events makes these where they are read, beside the process that stores them
(`personalization.apart`): they cross over cheaply, and nothing is left to be done to them.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from personalization.hashing import canonical, cleaned, content_hash
from personalization.models import Event, Micros


class Arrival(NamedTuple):
    """`props` is canonical JSON, and every text fits UTF-8. It compares by (occurred_at, hash), as
    keys require."""

    occurred_at: Micros
    hash: int
    key: str
    kind: str
    alias: str
    props: str


def arrival(event: Event | Arrival) -> Arrival:
    """An event with its canonical properties and content hash."""
    if isinstance(event, Arrival):
        return event
    kind, alias, props = whole(event.kind), whole(event.alias), canonical(event.props)
    hash_ = content_hash(kind, alias, event.occurred_at, props)
    return Arrival(event.occurred_at, hash_, whole(event.key), kind, alias, props)


def arrived(events: Iterable[Event]) -> tuple[Arrival, ...]:
    """The same of many."""
    return tuple(map(arrival, events))


def props_of(event: Event | Arrival) -> Mapping[str, Any]:
    """An event's properties."""
    if isinstance(event, Event):
        return event.props
    read: dict[str, Any] = json.loads(event.props)
    return read


def linked(event: Event | Arrival) -> str | None:
    """The other alias of a link."""
    other = props_of(event).get("other")
    return whole(other) if isinstance(other, str) and other else None


def whole(text: str) -> str:
    """A text that UTF-8 can hold."""
    if text.isascii():
        return text
    return str(cleaned(text))
