"""What can be written to a store: the other half of `protocol`, whose rules hold here too."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Literal, Protocol

from personalization.arrival import Arrival
from personalization.models import (
    Columns,
    Event,
    Frozen,
    Micros,
    OutboxRow,
    OutboxState,
    Product,
    Shared,
)


class Ingested(Frozen):
    """What became of a batch of events. `contacts` are the ids touched, sorted."""

    contacts: tuple[str, ...]
    new: int
    duplicates: int
    replaced: int
    conflicts: int
    erased: int
    merged: int


class Recorder(Protocol):
    """Writing, inside one transaction of `Store.record`."""

    recorded_at: Micros

    def ingest(self, events: Iterable[Event | Arrival]) -> Ingested:
        """Takes events into the log and folds them into contacts. New aliases mint contacts;
        links merge; tombstones stop what is dated before them. Aliases are taken sorted, so that
        one batch ends in the same contacts in any order."""

    def products(self, products: Iterable[Product]) -> None:
        """Upserts catalogue entries; a new catalogue version if anything changed."""

    def arms(self, contacts: Sequence[str], arms: Sequence[str]) -> None:
        """First assignments of the holdout arm; an arm once given stays."""

    def decisions(self, rows: Columns, shared: Shared) -> None:
        """Columns as `standing` in `Store.load`, and now, seen; those that have one value in all
        rows come once, in `shared`."""

    def memberships(self, contacts: Sequence[str], segments: Sequence[str]) -> None:
        """New membership rows (JSON text {segment: since}) for contacts whose row changed."""

    def due(
        self, rows: Iterable[tuple[Micros, str, str, str]], instead_of: Sequence[str] = ()
    ) -> None:
        """Upserts (moment, contact, reason, key) by contact and key; first drops all rows of
        reason "look" of the contacts in `instead_of`."""

    def done(self, rows: Iterable[tuple[str, str]], decided: Collection[str] = ()) -> None:
        """Drops due rows by (contact, key). A row that has gone to another contact with a merge
        since it was read has fired if its contact is among the `decided`, and goes too; otherwise
        it is the other's, and stays until it fires for them."""

    def plan(self, id: str, state: str, body: str) -> None:
        """Upserts a plan: state is building, ready, applied, superseded or parked."""

    def outbox(self, rows: Iterable[OutboxRow]) -> int:
        """Adds rows (their id is ignored and given here). A send whose key is there already is
        not added again. Returns how many were added."""

    def outbox_columns(self, rows: Columns, shared: Shared) -> int:
        """As `outbox`, for very many of one kind that are no sends: `shared` has what is the same
        in all of them (plan, destination, account, kind, state), `rows` the columns contact, `old`
        and `new` (as canonical JSON) and whatever else differs. What is in neither is empty."""

    def outbox_state(
        self, ids: Sequence[int], state: OutboxState, *, call: str | None = None,
        reason: str | None = None, attempted: bool = False,
    ) -> None:  # fmt: skip
        """Moves rows to a state; `attempted` adds one to `attempt`."""

    def untried(self, ids: Sequence[int]) -> None:
        """Takes back the attempt of rows that this transaction has moved: nobody was there."""

    def drop_planned(self, plan: str, buckets: tuple[int, int] = (0, 255)) -> None:
        """Drops a superseded plan's rows still planned; its sends move to no plan (""). `buckets`
        leave those alone whose contacts are in others, or who belong to no contact."""

    def adopt_sends(self, plan: str, destination: str, account: str) -> int:
        """A destination's sends still planned join this plan, but for those of a plan that a
        person still has to apply or approve."""

    def shadows(self, destination: str, account: str, source: Literal["pulled", "readback"],
                rows: Columns) -> None:  # fmt: skip
        """Upserts shadows: columns contact, outside_id, email, status, values, tags, told,
        observed_at; sorted by contact for speed."""

    def facts(self, version: str, as_of: Micros, body: str) -> None:
        """Keeps a facts version."""

    def playbook(self, hash: str, files: Mapping[str, str]) -> None:
        """Keeps a playbook's files by their hash."""

    def setting(self, name: str, value: str) -> None:
        """Keeps a small value by name."""

    def accept(self, connector: str, account: str, body: str) -> int:
        """Puts a verified webhook into the inbox; returns its id."""

    def taken(self, ids: Iterable[int]) -> None:
        """Drops inbox rows that are now in the log (or in the dead letters)."""

    def exposures(self, rows: Columns) -> None:
        """Columns key, contact, sent_at, decision (the last one confirmed before sent_at, or
        None). A decision that was exposed no longer stands."""

    def dead_letter(self, body: str, reason: str) -> None:
        """Sets aside what could not be processed. The reason names nobody."""

    def drop_plans(self, ids: Iterable[str]) -> None:
        """Drops plans that ended long ago; their rows and decisions stay."""

    def drop_dead(self, ids: Iterable[int]) -> int:
        """Drops dead letters that were dealt with; returns how many of them were there."""

    def forget(self, contact: str) -> Mapping[str, int]:
        """Erases a contact everywhere in the store, leaving tombstones of its aliases; returns
        what was removed, by table. Plans and receipts that named it show it as erased. Webhooks
        that wait and dead letters are searched for the contact's addresses and outside ids."""
