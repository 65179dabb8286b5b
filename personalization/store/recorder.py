"""The embedded store's `Recorder`: one open transaction."""

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Literal

from personalization.arrival import Arrival
from personalization.hashing import canonical
from personalization.models import Columns, Event, Micros, OutboxRow, OutboxState, Product, Shared
from personalization.store import decisions, erasing, log, outbox, products, shadows, tables
from personalization.store.protocol import Ingested
from personalization.store.tables import Transaction


class EmbeddedRecorder:
    """See `protocol.Recorder` for what each method promises."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self.recorded_at: Micros = tx.recorded_at

    @property
    def _connection(self) -> sqlite3.Connection:
        return self._tx.connection

    def ingest(self, events: Iterable[Event | Arrival]) -> Ingested:
        """Takes events into the log."""
        return log.ingest(self._tx, events)

    def products(self, products_: Iterable[Product]) -> None:
        """Upserts catalogue entries."""
        products.keep_products(self._tx, products_)

    def arms(self, contacts: Sequence[str], arms: Sequence[str]) -> None:
        """First assignments of the arm."""
        decisions.assign_arms(self._tx, contacts, arms)

    def decisions(self, rows: Columns, shared: Shared) -> None:
        """Appends decisions."""
        decisions.add_decisions(self._tx, rows, shared)

    def memberships(self, contacts: Sequence[str], segments: Sequence[str]) -> None:
        """Appends memberships."""
        decisions.add_memberships(self._tx, contacts, segments)

    def due(
        self, rows: Iterable[tuple[Micros, str, str, str]], instead_of: Sequence[str] = ()
    ) -> None:
        """Upserts due rows."""
        decisions.add_due(self._tx, rows, instead_of)

    def done(self, rows: Iterable[tuple[str, str]], decided: Collection[str] = ()) -> None:
        """Drops due rows."""
        decisions.done(self._tx, rows, decided)

    def plan(self, id: str, state: str, body: str) -> None:
        """Upserts a plan; it keeps the moment at which it was first recorded."""
        self._connection.execute(
            "INSERT INTO plan (id, state, body, recorded_at) VALUES (?, ?, ?, ?) "
            "ON CONFLICT DO UPDATE SET state = excluded.state, body = excluded.body",
            (id, state, body, self.recorded_at),
        )

    def drop_plans(self, ids: Iterable[str]) -> None:
        """Drops plans that ended."""
        self._connection.executemany("DELETE FROM plan WHERE id = ?", ((one,) for one in ids))

    def outbox(self, rows: Iterable[OutboxRow]) -> int:
        """Adds outbox rows."""
        return outbox.add_rows(self._tx, rows)

    def outbox_columns(self, rows: Columns, shared: Shared) -> int:
        """Adds many outbox rows."""
        return outbox.add_columns(self._tx, rows, shared)

    def outbox_state(
        self, ids: Sequence[int], state: OutboxState, *, call: str | None = None,
        reason: str | None = None, attempted: bool = False,
    ) -> None:  # fmt: skip
        """Moves outbox rows to a state."""
        outbox.move_rows(self._tx, ids, state, call, reason, attempted)

    def untried(self, ids: Sequence[int]) -> None:
        """Takes an attempt back."""
        self._connection.executemany(
            "UPDATE outbox SET attempt = max(0, attempt - 1) WHERE id = ?",
            ((int(one),) for one in ids),
        )

    def drop_planned(self, plan: str, buckets: tuple[int, int] = (0, 255)) -> None:
        """Ends a superseded plan's rows."""
        outbox.drop_planned(self._tx, plan, buckets)

    def adopt_sends(self, plan: str, destination: str, account: str) -> int:
        """Takes waiting sends into a plan."""
        return outbox.adopt_sends(self._tx, plan, destination, account)

    def shadows(
        self, destination: str, account: str, source: Literal["pulled", "readback"], rows: Columns
    ) -> None:
        """Upserts shadows."""
        shadows.keep_shadows(self._tx, destination, account, source, rows)

    def facts(self, version: str, as_of: Micros, body: str) -> None:
        """Keeps a facts version."""
        self._connection.execute(
            "INSERT OR IGNORE INTO facts (version, as_of, body, recorded_at) VALUES (?, ?, ?, ?)",
            (version, as_of, body, self.recorded_at),
        )

    def playbook(self, hash: str, files: Mapping[str, str]) -> None:
        """Keeps a playbook's files."""
        self._connection.execute(
            "INSERT OR IGNORE INTO playbook (hash, files) VALUES (?, ?)",
            (hash, canonical(dict(files))),
        )

    def setting(self, name: str, value: str) -> None:
        """Keeps a small value."""
        tables.keep_setting(self._connection, name, value)

    def accept(self, connector: str, account: str, body: str) -> int:
        """Puts a webhook into the inbox."""
        return tables.accept(self._tx, connector, account, body)

    def taken(self, ids: Iterable[int]) -> None:
        """Drops inbox rows."""
        tables.taken(self._tx, ids)

    def exposures(self, rows: Columns) -> None:
        """Adds exposures."""
        decisions.add_exposures(self._tx, rows)

    def dead_letter(self, body: str, reason: str) -> None:
        """Sets aside what could not be processed."""
        self._connection.execute(
            "INSERT INTO dead_letter (body, reason, recorded_at) VALUES (?, ?, ?)",
            (body, reason, self.recorded_at),
        )

    def drop_dead(self, ids: Iterable[int]) -> int:
        """Drops dead letters."""
        return tables.drop_letters(self._tx, ids)

    def forget(self, contact: str) -> Mapping[str, int]:
        """Erases a contact."""
        return erasing.forget(self._tx, contact)
