"""The ledger: what was called and what it did, append-only, apart from the answers given.

Entries are flat JSON objects, numbered by `n`:

    call    call, via (http | batch | download | control | person), actor, method, path, query, body, write,
            status, answered, failure, connections; `batch` and `operation_id` for via=batch
    effect  call (the entry it belongs to), actor (api | person | admin | import), kind, list,
            member (MD5 of the lower-case address), standing (status just before), before, after

HubSpot's entries have api=hubspot too. Its effects name an `object` type and a `record` id; the
standing is opted_out, subscribed or None; `key` is the event's uuid or the e-mail's sendId.

An effect is recorded by the function that changes the state, never by the one that answers.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Any

type Entry = dict[str, Any]

WRITABLE = frozenset({"subscribed", "pending", "transactional", None})
"""Standings under which a write to a member is no breach of consent."""

CREATING = frozenset({"created", "resubscribed", "confirmation_asked", "opted_in"})
SENDING = frozenset(
    {"event", "journey_entered", "mail_sent"} | {"event_sent", "single_send", "transactional_send"}
)
WRITING = frozenset(
    {"field_written", "attribute_written", "email_changed", "tag_added", "tag_removed", "event"}
    | {"journey_entered", "mail_sent", "event_sent", "single_send", "send_refused"}
)
"""HubSpot properties and lists may be written of one who has opted out: the record still exists.
Its events and sends may not, other than a `transactional_send`."""


class Recorder:
    """Collects the effects of one call, each with the way to undo it."""

    def __init__(self, tick: Callable[[], int], actor: str = "api") -> None:
        self.tick = tick
        self.actor = actor
        self.effects: list[Entry] = []
        self._undo: list[Callable[[], object]] = []

    def record(self, kind: str, undo: Callable[[], object], **facts: Any) -> int:
        """Notes one effect that has just happened; returns its moment."""
        moment = self.tick()
        self.effects.append({"kind": kind, "actor": self.actor, "moment": moment, **facts})
        self._undo.append(undo)
        return moment

    def roll_back(self) -> None:
        """Makes all undone: the call wrote nothing, whatever it answers."""
        while self._undo:
            self._undo.pop()()
        self.effects.clear()


class Ledger:
    """Entries in memory and, where a path is given, as lines of JSON in a file."""

    def __init__(self, path: Path | None = None) -> None:
        self.entries: list[Entry] = list(read(path)) if path and path.exists() else []
        self.calls_seen = max((entry["call"] for entry in self.entries), default=0)
        self._file: IO[str] | None = path.open("a", encoding="utf-8") if path else None

    def append(self, call: Entry, effects: Iterable[Entry]) -> int:
        """Writes one call and its effects; returns the call's number."""
        self.calls_seen += 1
        number = self.calls_seen
        self._write({"entry": "call", "call": number, **call})
        for effect in effects:
            self._write({"entry": "effect", "call": number, **effect})
        if self._file:
            self._file.flush()
        return number

    def _write(self, entry: Entry) -> None:
        entry = {"n": len(self.entries) + 1, **entry}
        self.entries.append(entry)
        if self._file:
            self._file.write(json.dumps(entry, separators=(",", ":")) + "\n")

    def after(self, n: int) -> list[Entry]:
        """The entries that come after number n."""
        return self.entries[n:]

    def close(self) -> None:
        """Lets go of the file."""
        if self._file:
            self._file.close()


def read(path: Path) -> Iterator[Entry]:
    """The entries of a ledger file."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def calls(entries: Iterable[Entry], via: str = "http", write: bool | None = None) -> list[Entry]:
    """The calls that came that way; only writes or only reads where asked."""
    return [
        entry
        for entry in entries
        if entry["entry"] == "call"
        and entry["via"] == via
        and (write is None or entry["write"] is write)
    ]


def effects(
    entries: Iterable[Entry], kinds: Iterable[str] | None = None, actor: str | None = "api"
) -> list[Entry]:
    """The effects of these kinds (all, where None) that this actor caused (anyone: None)."""
    wanted = None if kinds is None else frozenset(kinds)
    return [
        entry
        for entry in entries
        if entry["entry"] == "effect"
        and (actor is None or entry["actor"] == actor)
        and (wanted is None or entry["kind"] in wanted)
    ]


def created_or_resubscribed(entries: Iterable[Entry]) -> list[Entry]:
    """Effects by which an API call created or re-subscribed anyone, or asked them to confirm."""
    return effects(entries, CREATING)


def unwilling(entries: Iterable[Entry]) -> list[Entry]:
    """Effects by which an API call wrote to or about someone who had left."""
    return [
        effect for effect in effects(entries, WRITING) if effect.get("standing") not in WRITABLE
    ]


def sends(entries: Iterable[Entry]) -> list[Entry]:
    """Effects by which an API call sent something to someone, or made a journey begin."""
    return effects(entries, SENDING)


def of_api(entries: Iterable[Entry], api: str) -> list[Entry]:
    """The entries of one API: mailchimp or hubspot."""
    return [entry for entry in entries if entry.get("api", "mailchimp") == api]


def counts(entries: Iterable[Entry]) -> dict[str, int]:
    """HTTP calls that read, HTTP calls that write, and operations inside batches."""
    kept = list(entries)
    return {
        "reads": len(calls(kept, write=False)),
        "writes": len(calls(kept, write=True)),
        "operations": len(calls(kept, via="batch")),
    }
