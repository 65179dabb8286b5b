"""What a store can do, whatever it stands on: SQLite and Parquet at home, DynamoDB and S3 in an
AWS account. One contract suite (`tests/store/contract.py`) runs over every implementation.

Everything that a store writes carries `recorded_at`: microseconds, given once per transaction,
max(last given + 1, the caller's clock), so that "the log recorded by T" is exact."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from personalization.engine import Engine
from personalization.models import Columns, Event, Frozen, Micros, OutboxRow, OutboxState
from personalization.store.leases import Leases
from personalization.store.recording import Ingested, Recorder

__all__ = ["Ingested", "Introduced", "Recorder", "Scope", "Store"]


class Scope(Frozen):
    """Which contacts a piece of work is about: a range of buckets (the first byte of the id,
    both ends included) or some ids. Never both."""

    first: int = 0
    last: int = 255
    ids: tuple[str, ...] | None = None


class Introduced(Frozen):
    """What says to others who a contact is: the aliases, sorted, and the decisions as
    `decisions_of` gives them."""

    aliases: tuple[str, ...]
    decisions: tuple[Mapping[str, object], ...]


class Store(Leases, Protocol):
    """Reading. Every read sees one moment of the store."""

    def watermark(self) -> Micros:
        """The greatest `recorded_at` given so far; 0 for an empty store."""

    def groups(self, events: int = 1_000_000) -> list[Scope]:
        """Neighbouring buckets of about that many events, together all contacts, in order."""

    def load(
        self,
        engine: Engine,
        scope: Scope,
        now: Micros | Mapping[str, Micros],
        until: Micros | None = None,
    ) -> Micros:
        """Puts these tables into the engine, holding what was recorded by `until` (default: all),
        and returns the watermark of what it saw: `until`, or the store's at that moment:

        contacts(i INTEGER 0.., id, now BIGINT, attributes JSON text {name: value},
            consent JSON text {"by channel purpose": "in"|"out"}, zone, zone_from
            ("explicit"|"destination"|None), language, arm ("treated"|"holdout"|None),
            mixed BOOLEAN: a merge brought both arms together)
            in ascending id order; erased contacts are not among them; with a mapping, `now`
            differs per id and only its ids are there
        events(key, kind, alias, contact, occurred_at, recorded_at, EVENT_COLUMNS..., props)
            one row a key (see `Event`), contact as it stands after merges known by `until`;
            line categories as the event gave them; may be a view over Parquet
        standing(contact, slot, id, period, message, picks JSON list of product ids, hour,
            channel, probabilities JSON {message: p}, decided_at, standing_until, playbook,
            facts, catalogue, policy): the newest decision a contact and slot has
        memberships(contact, segments JSON text {segment: since}): the newest row a contact has
        sends(contact, key, trigger, message, channel, moment, state): the send rows of the
            outbox that are not refused or failed
        """

    def load_log(self, engine: Engine, scope: Scope) -> None:
        """Puts only contacts(id) and events there."""

    def load_products(
        self, engine: Engine, catalogue: str | None = None, ids: Collection[str] | None = None
    ) -> str:
        """Puts products (the fields of `Product`, in_stock BOOLEAN) as of a catalogue version
        (default: now) into the engine, ordered by id: all, or those of `ids` that there are.
        Returns the version."""

    def contact_of(self, alias: str, at: Micros | None = None) -> str | None:
        """The contact that an alias belonged to by then."""

    def aliases_of(self, contact: str) -> list[str]:
        """The aliases of a contact, sorted."""

    def events_of(self, contact: str, until: Micros | None = None) -> list[tuple[Event, Micros]]:
        """A contact's whole log with its recorded_at, by (occurred_at, key)."""

    def shadows(
        self, destination: str, account: str, scope: Scope, read: Sequence[str] = ...
    ) -> Columns:
        """Columns contact, outside_id, email, status, values (JSON text {FIELD: text}), tags
        (JSON text, sorted list), told (fingerprint of what the record said of the person),
        observed_at, seen; in contact order. `seen` is the recorded_at. Who needs only some for
        very many contacts names them in `read`; contact and status always come."""

    def count_shadows(self, destination: str, account: str) -> int:
        """How many contacts a destination holds whose status is none of those that left."""

    def consent(self, contacts: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
        """What contacts agreed to, {"by channel purpose": state}, by contact; erased and unknown
        contacts are not in it."""

    def outbox_counts(self, plan: str) -> Mapping[tuple[str, str, str | None, bool], int]:
        """How many rows a plan has by (kind, state, reason, whether it was attempted)."""

    def planned_rows(self, plan: str) -> int:
        """How many rows of a plan are to be done."""

    def outbox(
        self,
        *,
        plan: str | None = None,
        destination: str | None = None,
        account: str | None = None,
        kinds: Sequence[str] = (),
        states: Sequence[OutboxState] = (),
        contacts: Sequence[str] = (),
        due_by: Micros | None = None,
        after: int = 0,
        most: int = 1000,
    ) -> list[OutboxRow]:
        """Outbox rows that fit, by id, beginning after id `after`. `due_by` leaves out sends
        whose moment is later. No contacts given means any contact."""

    def due(self, until: Micros, most: int = 10_000) -> list[tuple[Micros, str, str, str]]:
        """(moment, contact, reason, key) with moment <= until, by moment, contact
        and key; the first `most` or so: a contact's rows of one moment come together."""

    def decisions_of(self, contact: str, until: Micros | None = None) -> list[dict[str, object]]:
        """A contact's decisions, all columns (also seen, now, recorded_at), oldest first."""

    def introduced(self, contacts: Collection[str]) -> Mapping[str, Introduced]:
        """`aliases_of` and `decisions_of` of many contacts in one read, by the ids asked for."""

    def facts(self, version: str) -> str | None:
        """The JSON text of a facts version."""

    def facts_as_of(self, as_of: Micros) -> str | None:
        """The version of the facts made as of exactly that moment, if there are any."""

    def playbook(self, hash: str) -> Mapping[str, str] | None:
        """The files of a playbook once used, by name."""

    def plan(self, id: str) -> tuple[str, str] | None:
        """(state, body) of a plan."""

    def plans(self) -> list[tuple[str, str, Micros]]:
        """(id, state, recorded_at) of all plans, oldest first."""

    def waiting(self, most: int = 1000) -> list[tuple[int, str, str, str]]:
        """The inbox: (id, connector, account, body) of accepted webhooks not yet taken in."""

    def setting(self, name: str) -> str | None:
        """A small value kept by name: cursors, `paused`, the keys for hashing."""

    def tombstoned(self, aliases: Iterable[str]) -> Mapping[str, Micros]:
        """Which of these aliases are erased, and when; a fresh opt-in later lifts nothing here:
        ingest compares dates."""

    def erased(self, contact: str) -> Micros | None:
        """When a contact was erased, if it was."""

    def dead_letters(self) -> Iterator[tuple[str, str, Micros]]:
        """(body, reason, recorded_at) of what could not be processed."""

    def letters(self) -> Iterator[tuple[int, str, str, Micros]]:
        """The dead letters with their ids: (id, body, reason, recorded_at), oldest first. A
        reason begins with the place that it came from, "connector/account: "."""

    def record(self, now: Micros) -> AbstractContextManager[Recorder]:
        """A transaction: all that it writes becomes visible at once, or nothing does."""

    def compact(self, now: Micros) -> int:
        """Moves the tail into the Parquet base, re-homes moved rows, drops what erasure named;
        killed anywhere it loses nothing. Returns how many rows it moved."""

    def export(self, contact: str) -> dict[str, object]:
        """Everything kept about a contact, as plain data."""
