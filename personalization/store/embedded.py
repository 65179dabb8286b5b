"""The store at home: one folder with an SQLite file and the Parquet base in `events/`.

    contacts.sqlite   everything that changes, and the newest events (the tail)
    events/           the log's base, one Parquet file per group of buckets

Safe for many threads and processes: one writes at a time, readers never wait.
"""

import json
import secrets
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from personalization.engine import Engine
from personalization.models import Columns, Event, Micros, OutboxRow, OutboxState
from personalization.store import (
    aliases,
    base,
    decisions,
    introducing,
    outbox,
    products,
    shadows,
    sweeping,
    tables,
    tombs,
)
from personalization.store import load as loading
from personalization.store.compact import compact, groups
from personalization.store.connection import Connections, prepare, reading, writing
from personalization.store.events import load_events
from personalization.store.exporting import export
from personalization.store.folding import consents
from personalization.store.kept import Kept
from personalization.store.leases import FileLeases
from personalization.store.protocol import Introduced, Scope
from personalization.store.recorder import EmbeddedRecorder
from personalization.store.tables import Transaction

INSTALL_KEY = "install_key"


def open_store(folder: Path, install_key: str | None = None) -> "EmbeddedStore":
    """Opens the store in a folder, making it where there is none. The key that contact ids are
    hashed with is minted then, once and at random, unless one is given: two stores that shall
    give the same ids need the same key. Raises Stop for a store of a newer program."""
    folder = folder.resolve()
    (folder / "events").mkdir(mode=0o700, parents=True, exist_ok=True)
    store = EmbeddedStore(folder)
    store.prepare(install_key or secrets.token_hex(32))
    return store


class EmbeddedStore(Kept, FileLeases):
    """See `protocol.Store` for what each method promises. Inside `record`, this thread's reads
    see what the transaction has written so far. `records_at_once` is how many records of a pull it
    likes to take in one transaction."""

    records_at_once = 20_000

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._events = folder / "events"
        self._connections = Connections(folder / "contacts.sqlite")
        self._whole_catalogue: dict[str, Columns] = {}

    def prepare(self, install_key: str) -> None:
        """Makes the tables where there are none, ends an erasure that was cut short, and removes
        what killed processes have spilled."""
        sweeping.spilled(self.folder, self._events)
        prepare(self._connection)
        if self.setting(INSTALL_KEY) is None:
            with writing(self._connection):
                if self.setting(INSTALL_KEY) is None:
                    tables.keep_setting(self._connection, INSTALL_KEY, install_key)
        self._sweep()

    def close(self) -> None:
        """Closes every connection."""
        self._connections.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def _connection(self) -> sqlite3.Connection:
        return self._connections.get()

    def groups(self, events: int = 1_000_000) -> list[Scope]:
        """Neighbouring buckets of about that many events; a contact counts as one event too."""
        with reading(self._connection):
            return groups(self._connection, events)

    def load(self, engine: Engine, scope: Scope, now: Micros | Mapping[str, Micros],
             until: Micros | None = None) -> Micros:  # fmt: skip
        """Puts the input tables of `decide` into the engine; returns the watermark read."""
        with reading(self._connection):
            loading.load(self._connection, self._events, engine, scope, now, until)
            return self.watermark() if until is None else until

    def load_log(self, engine: Engine, scope: Scope) -> None:
        """Puts ids and events alone there."""
        with reading(self._connection):
            loading.load_log(self._connection, self._events, engine, scope)

    def load_products(
        self, engine: Engine, catalogue: str | None = None, ids: Collection[str] | None = None
    ) -> str:
        """Puts the catalogue into the engine."""
        # What a transaction under way has written may yet be undone.
        kept = {} if self._connection.in_transaction else self._whole_catalogue
        with reading(self._connection):
            return products.load_products(self._connection, engine, catalogue, ids, kept)

    def contact_of(self, alias: str, at: Micros | None = None) -> str | None:
        """The contact of an alias."""
        with reading(self._connection):
            return aliases.contact_of(self._connection, alias, at)

    def aliases_of(self, contact: str) -> list[str]:
        """The aliases of a contact, or of the one that it has merged into."""
        with reading(self._connection):
            contact = aliases.root(self._connection, contact)
            return aliases.aliases_of(self._connection, contact)

    def events_of(self, contact: str, until: Micros | None = None) -> list[tuple[Event, Micros]]:
        """A contact's log, or that of the one that it had merged into."""
        with reading(self._connection), base.engine(self._events) as engine:
            scope = Scope(ids=(aliases.root(self._connection, contact, until),))
            load_events(self._connection, self._events, engine, scope, until)
            rows = engine.rows("SELECT key, kind, alias, occurred_at, props, recorded_at "
                               "FROM events ORDER BY occurred_at, key")  # fmt: skip
        return [
            (Event.model_construct(key=key, kind=kind, alias=alias, occurred_at=at,
                                   props=json.loads(props)), recorded_at)
            for key, kind, alias, at, props, recorded_at in rows
        ]  # fmt: skip

    def shadows(
        self, destination: str, account: str, scope: Scope, read: shadows.Names = shadows.ALL
    ) -> Columns:
        """A destination's shadows."""
        with reading(self._connection):
            return shadows.shadows(self._connection, destination, account, scope, read)

    def count_shadows(self, destination: str, account: str) -> int:
        """How many contacts have not left a destination."""
        return shadows.count_shadows(self._connection, destination, account)

    def consent(self, contacts: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
        """What contacts agreed to."""
        with reading(self._connection):
            return consents(self._connection, contacts)

    def outbox(
        self, *, plan: str | None = None, destination: str | None = None,
        account: str | None = None, kinds: Sequence[str] = (),
        states: Sequence[OutboxState] = (), contacts: Sequence[str] = (),
        due_by: Micros | None = None, after: int = 0, most: int = 1000,
    ) -> list[OutboxRow]:  # fmt: skip
        """A page of outbox rows."""
        with reading(self._connection):
            return outbox.page(self._connection, plan, destination, account, kinds, states,
                               contacts, due_by, after, most)  # fmt: skip

    def decisions_of(self, contact: str, until: Micros | None = None) -> list[dict[str, object]]:
        """A contact's decisions, those of contacts that merged into it among them."""
        with reading(self._connection):
            contact = aliases.root(self._connection, contact, until)
            people = aliases.cluster(self._connection, contact, until)
            return decisions.decisions_of(self._connection, people, until)

    def introduced(self, contacts: Collection[str]) -> Mapping[str, Introduced]:
        """Aliases and decisions of many contacts."""
        with reading(self._connection):
            return introducing.introduced(self._connection, contacts)

    def tombstoned(self, aliases_: Iterable[str]) -> Mapping[str, Micros]:
        """When erased aliases were erased."""
        with reading(self._connection):
            return tombs.tombstoned(self._connection, self.setting(INSTALL_KEY) or "", aliases_)

    def erased(self, contact: str) -> Micros | None:
        """When a contact was erased, if it was."""
        return tombs.erased(self._connection, contact)

    @contextmanager
    def record(self, now: Micros) -> Iterator[EmbeddedRecorder]:
        """A transaction."""
        with writing(connection := self._connection):
            tx = Transaction(connection, tables.tick(connection, now),
                             self.setting(INSTALL_KEY) or "", self._events)  # fmt: skip
            yield EmbeddedRecorder(tx)
        if tx.forgot:
            self._sweep()

    def compact(self, now: Micros) -> int:  # noqa: ARG002  the contract's; nothing here needs it
        """Moves the tail into the Parquet base."""
        moved = compact(self._connection, self._events)
        sweeping.empty_log(self._connection)
        self._sweep()
        return moved

    def export(self, contact: str) -> dict[str, object]:
        """Everything kept about a contact."""
        with reading(self._connection):
            return export(self._connection, contact, self.events_of(contact))

    def _sweep(self) -> None:
        """Ends erasures that are open."""
        sweeping.end_erasure(self._connection, self._events)
