"""What a destination has made for fields, tags and events, as it was when it was pulled last: for
the functions that plan and have neither its token nor its client."""

import json
from typing import Any

from pydantic import TypeAdapter

from personalization.connector import Destination, RemoteEvent, RemoteField, RemoteTag, events
from personalization.errors import Retry
from personalization.models import Frozen, Micros
from personalization.store.protocol import Store

CALLS = frozenset({"examine", "pull", "write", "tell", "settle", "sent"})


class Outline(Frozen):
    """`events` is None where an event need not be made before it is sent."""

    fields: tuple[RemoteField, ...] = ()
    tags: tuple[RemoteTag, ...] = ()
    events: tuple[RemoteEvent, ...] | None = None


OUTLINE = TypeAdapter(Outline)


def keep(store: Store, destination: Destination, now: Micros) -> None:
    """Keeps a destination's outline."""
    found = events(destination)
    outline = Outline(fields=tuple(destination.fields()), tags=tuple(destination.tags()),
                      events=None if found is None else tuple(found))  # fmt: skip
    with store.record(now) as recorder:
        recorder.setting(name_of(destination), outline.model_dump_json())


def name_of(destination: Destination) -> str:
    """The setting that holds it."""
    return f"outline {destination.name}/{destination.account}"


class Outlined:
    """A destination that is planned for and never called: a call of it is a mistake of ours."""

    def __init__(self, store: Store, destination: Destination) -> None:
        self._store, self._destination = store, destination

    def __getattr__(self, name: str) -> Any:
        """What needs no call is the destination's own."""
        if name in CALLS:
            raise AssertionError(f"{name} was called where only planning is done")
        return getattr(self._destination, name)

    def _outline(self) -> Outline:
        """What was kept. Raises Retry before the first pull."""
        kept = self._store.setting(name_of(self._destination))
        if kept is None:
            raise Retry("nothing is known of the destination before its first pull")
        return OUTLINE.validate_python(json.loads(kept))

    def fields(self) -> list[RemoteField]:
        """Its fields."""
        return list(self._outline().fields)

    def tags(self) -> list[RemoteTag]:
        """Its tags."""
        return list(self._outline().tags)

    def events(self) -> list[RemoteEvent] | None:
        """Its event definitions, of which some may have to be made."""
        found = self._outline().events
        return None if found is None else list(found)
