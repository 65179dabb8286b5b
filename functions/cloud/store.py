"""The store in an AWS account: the embedded store's own code over a desk, and a shelf behind it.

There is one definition of folding, merging, tombstones and standing decisions, and it is the
embedded store's. Here every read first lays the rows that it can touch on the desk, a private
SQLite file of the same schema, and then asks that code; every `record` runs that code on the desk
and, at its end, takes what triggers noted back to DynamoDB: conditional, all or nothing for a
contact. So nothing that the contract suite says of one store can be true of it alone.

What a reader should know:

- *One writer per contact.* A contact's head has a version; a transaction holds only if it is still
  the one that was read, by `load` where a decision was made on that. Else Clash, a Retry: nothing
  was written, read and decide again.
- *`recorded_at`* is later than everything among the rows of each contact that it touches; two
  contacts may share one. A decision names as `seen` what `load` returned, and is written only if
  its contact has not changed since. So for that contact "recorded by `seen`" is exact, for ever,
  which is what replay asks. `watermark` is the greatest that this process has met.
- *Snapshots* are of a contact, not of all contacts: while one reads many, others go on writing.
- Some reads go through an index that is behind by moments (`pages`); they are those where a moment
  later does as well.
"""

import tempfile
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from functions.cloud import log_base, pages
from functions.cloud.committing import commit
from functions.cloud.compaction import compact_log
from functions.cloud.desk import Desk
from functions.cloud.dynamo import Dynamo
from functions.cloud.erasing import begun, end_erasures
from functions.cloud.fetching import Shelf, agree
from functions.cloud.leases import ItemLeases
from functions.cloud.objects import Objects
from functions.cloud.recorder import CloudRecorder
from functions.cloud.rows import SMALL
from personalization.engine import Engine
from personalization.errors import Retry, Stop
from personalization.identity import alias_hash, is_contact
from personalization.models import Columns, Event, Micros, OutboxRow, OutboxState
from personalization.store import tables
from personalization.store.compact import split
from personalization.store.connection import writing
from personalization.store.embedded import INSTALL_KEY, EmbeddedStore
from personalization.store.protocol import Scope
from personalization.store.sweeping import empty_log
from personalization.store.tables import Transaction

SCHEMA, VERSION = "schema", 1
SAMPLE = 4
"""Buckets whose rows are counted to know how many there are in all."""


def open_cloud(
    dynamo: Dynamo, objects: Objects, install_key: str, folder: Path | None = None,
    clock: Callable[[], Micros] | None = None,
) -> "CloudStore":  # fmt: skip
    """Opens the store of a table and a bucket. `install_key` is what contact ids are hashed with,
    if the store has none yet. `folder` is where the desk and Parquet files lie (default: a fresh
    one), `clock` what leases end by. Raises Stop for a store of a newer program."""
    folder = folder or Path(tempfile.mkdtemp(prefix="desk-"))
    (folder / "events").mkdir(mode=0o700, parents=True, exist_ok=True)
    store = CloudStore(folder.resolve(), dynamo, objects, clock or (lambda: time.time_ns() // 1000))
    store.prepare(install_key)
    return store


class CloudStore(EmbeddedStore):
    """See `protocol.Store` for what each method promises, and above for what differs. For one
    thread at a time."""

    def __init__(
        self, folder: Path, dynamo: Dynamo, objects: Objects, clock: Callable[[], Micros]
    ) -> None:
        super().__init__(folder)
        self._dynamo, self.objects = dynamo, objects
        self._leases = ItemLeases(dynamo, clock)
        self._loaded: set[str] = set()
        self._recorder: CloudRecorder | None = None
        self._catalogue: str | None = None

    def prepare(self, install_key: str) -> None:
        """Sets the desk up, learns the install key, and ends erasures that were cut short."""
        # The triggers of the desk are ours and call json_array.
        self._connection.execute("PRAGMA trusted_schema = ON")
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.execute("PRAGMA recursive_triggers = ON")
        super().prepare(install_key)
        desk = Desk(lambda: self._connection)
        desk.set_up()
        self._shelf = Shelf(self._dynamo, self.objects, desk)
        self._shelf.install_key = install_key
        agree(self._shelf, INSTALL_KEY, install_key)
        kept = agree(self._shelf, SCHEMA, str(VERSION))
        if int(kept) > VERSION:
            raise Stop(f"the store has schema version {kept}, this program knows {VERSION}: "
                       "install the newer program again")  # fmt: skip
        self._shelf.install_key = tables.setting(self._connection, INSTALL_KEY) or ""
        self._sweep()

    def _need(self, contacts: Iterable[str], events: bool = True) -> None:
        """Lays contacts down, as of now; within `record`, once."""
        if self._recorder:
            self._recorder.need(contacts)
        else:
            self._shelf.contacts(contacts, events, self._loaded)

    def _point(self, names: Iterable[str]) -> None:
        """Lays down whose some aliases are."""
        if self._recorder:
            self._recorder.point(names)
        else:
            self._need(self._shelf.pointers(sorted(set(names))), events=False)

    def _small(self, name: str, *keys: tuple[str | int, ...], **how: Any) -> None:
        """Lays a small table down, or rows of it."""
        with self._shelf.desk.unnoted():
            if keys:
                self._shelf.some(name, keys)
            else:
                self._shelf.small(name, **how)

    def watermark(self) -> Micros:
        """The greatest `recorded_at` that this process has met."""
        return max(super().watermark(), self._shelf.floor)

    def load(self, engine: Engine, scope: Scope, now: Micros | Mapping[str, Micros],
             until: Micros | None = None) -> Micros:  # fmt: skip
        """Puts the input tables of `decide` into the engine; returns the watermark read."""
        if not isinstance(now, int) and scope.ids is None:
            scope = Scope(ids=tuple(sorted(now)))
        self._lay(scope, until)
        with self._base(scope, until):
            return super().load(engine, scope, now, until)

    def load_log(self, engine: Engine, scope: Scope) -> None:
        """Puts ids and events alone there."""
        self._lay(scope, None)
        with self._base(scope, None):
            super().load_log(engine, scope)

    def _base(self, scope: Scope, until: Micros | None) -> AbstractContextManager[None]:
        """The base, where a scope is read from it: some contacts have all their events as rows."""
        if scope.ids is not None:
            return nullcontext()
        return log_base.shown(self._shelf, self._events, scope, until)

    def _lay(self, scope: Scope, until: Micros | None) -> None:
        """Lays a scope's contacts down anew: what is decided next is decided on these."""
        if not self._recorder:
            self._shelf.desk.clear()
            self._loaded = set()
        if until is not None or scope.ids is None:
            self._small("moved")
        if scope.ids is not None:
            self._need(one for one in scope.ids if is_contact(one))
        else:
            fresh = self._recorder.fresh if self._recorder else set()
            with self._shelf.desk.unnoted():
                self._shelf.range(scope.first, scope.last, fresh)
        if not self._recorder:
            self._loaded = self._shelf.desk.contacts()
            self._shelf.floor = max(self._shelf.floor, self._shelf.desk.last())

    def load_products(
        self, engine: Engine, catalogue: str | None = None, ids: Collection[str] | None = None
    ) -> str:
        """Puts the catalogue into the engine; it is fetched again only when it has changed."""
        self._small("setting", ("catalogue",))
        version = tables.setting(self._connection, "catalogue")
        if self._catalogue != version:
            self._small("product")
            self._catalogue = version
        return super().load_products(engine, catalogue, ids)

    def contact_of(self, alias: str, at: Micros | None = None) -> str | None:
        """The contact of an alias."""
        self._point([alias])
        if at is not None:
            self._small("moved", begins=alias_hash(self._shelf.install_key, alias))
        return super().contact_of(alias, at)

    def aliases_of(self, contact: str) -> list[str]:
        """The aliases of a contact, or of the one that it has merged into."""
        self._need([contact], events=False)
        return super().aliases_of(contact)

    def events_of(self, contact: str, until: Micros | None = None) -> list[tuple[Event, Micros]]:
        """A contact's log, or that of the one that it had merged into."""
        self._need([contact])
        if until is not None:
            self._small("moved")
        return super().events_of(contact, until)

    def shadows(self, destination: str, account: str, scope: Scope) -> Columns:
        """A destination's shadows."""
        if scope.ids is not None:
            self._need(scope.ids, events=False)
        elif not self._loaded:
            self._shelf.range(scope.first, scope.last)
        return super().shadows(destination, account, scope)

    def count_shadows(self, destination: str, account: str) -> int:
        """How many contacts have not left a destination."""
        found = self._dynamo.query(f"N#{destination}/{account}")
        return sum(int(one["n"]) for one in found)

    def consent(self, contacts: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
        """What contacts agreed to."""
        self._need(contacts, events=False)
        return super().consent(contacts)

    def outbox_counts(self, plan: str) -> Mapping[tuple[str, str, str | None, bool], int]:
        """A plan's rows, counted."""
        return pages.counts(self._shelf, plan)

    def outbox(
        self, *, plan: str | None = None, destination: str | None = None,
        account: str | None = None, kinds: Sequence[str] = (),
        states: Sequence[OutboxState] = (), contacts: Sequence[str] = (),
        due_by: Micros | None = None, after: int = 0, most: int = 1000,
    ) -> list[OutboxRow]:  # fmt: skip
        """A page of outbox rows."""
        if contacts:
            self._need(contacts, events=False)
            found = super().outbox(
                plan=plan, destination=destination, account=account, kinds=kinds, states=states,
                contacts=contacts, due_by=due_by, after=after, most=most,
            )  # fmt: skip
            self._shelf.whose |= {f"outbox#{one.id}": one.contact for one in found}
            return found
        wanted = pages.Wanted(plan, destination, account, kinds, states, due_by, after)
        return pages.page(self._shelf, wanted, most)

    def due(self, until: Micros, most: int = 10_000) -> list[tuple[Micros, str, str, str]]:
        """Due rows."""
        return pages.due(self._shelf, until, most)

    def decisions_of(self, contact: str, until: Micros | None = None) -> list[dict[str, object]]:
        """A contact's decisions, those of contacts that merged into it among them."""
        self._need([contact], events=False)
        return super().decisions_of(contact, until)

    def facts(self, version: str) -> str | None:
        """A facts version."""
        self._small("facts", (version,))
        return super().facts(version)

    def facts_as_of(self, as_of: Micros) -> str | None:
        """The version of the facts of a moment."""
        self._small("facts", bodies=False)
        return super().facts_as_of(as_of)

    def playbook(self, hash: str) -> Mapping[str, str] | None:
        """A playbook's files."""
        self._small("playbook", (hash,))
        return super().playbook(hash)

    def plan(self, id: str) -> tuple[str, str] | None:
        """A plan's state and body."""
        self._small("plan", (id,))
        return super().plan(id)

    def plans(self) -> list[tuple[str, str, Micros]]:
        """All plans, oldest first."""
        self._small("plan", bodies=False)
        return super().plans()

    def waiting(self, most: int = 1000) -> list[tuple[int, str, str, str]]:
        """The inbox."""
        self._small("inbox", most=most)
        return super().waiting(most)

    def setting(self, name: str) -> str | None:
        """A small value."""
        if hasattr(self, "_shelf"):
            self._small("setting", (name,))
        return super().setting(name)

    def tombstoned(self, aliases_: Iterable[str]) -> Mapping[str, Micros]:
        """When erased aliases were erased."""
        given = list(aliases_)
        self._point(given)
        return super().tombstoned(given)

    def erased(self, contact: str) -> Micros | None:
        """When a contact was erased, if it was."""
        self._need([contact], events=False)
        return super().erased(contact)

    def letters(self) -> Iterator[tuple[int, str, str, Micros]]:
        """What could not be processed, oldest first."""
        self._small("dead_letter")
        return super().letters()

    def export(self, contact: str) -> dict[str, object]:
        """Everything kept about a contact."""
        self._need([contact])
        return super().export(contact)

    def alone(self, place: str, who: str) -> AbstractContextManager[None]:
        """See `Leases`."""
        return self._leases.alone(place, who)

    @contextmanager
    def record(self, now: Micros) -> Iterator[CloudRecorder]:
        """A transaction. Raises Clash at its end where somebody else was faster."""
        connection, shelf = self._connection, self._shelf
        try:
            with writing(connection):
                moment = tables.tick(connection, max(now, shelf.floor + 1))
                tx = Transaction(connection, moment, shelf.install_key, self._events)
                connection.execute("DELETE FROM pointer")
                self._recorder = CloudRecorder(tx, shelf, self._loaded)
                with shelf.desk.noted():
                    yield self._recorder
                gone = shelf.desk.erased(tx.recorded_at) if tx.forgot else []
                done = commit(shelf, tx.recorded_at, self._leases.fences(),
                              [begun(gone)] if gone else [])  # fmt: skip
                with shelf.desk.unnoted():
                    shelf.desk.written(done.parts)
        except Retry:
            shelf.desk.clear()
            raise
        finally:
            self._recorder, self._loaded = None, set()
        for one in done.orphans:
            self.objects.remove(one)
        if gone:
            self._sweep()

    def compact(self, now: Micros) -> int:  # noqa: ARG002  the contract's; nothing here needs it
        """Puts events into the Parquet base too. One at a time: raises Busy."""
        with self.alone("the log", "compaction"):
            self._sweep()
            self._loaded = set()
            return compact_log(self._shelf, self._events)

    def groups(self, events: int = 1_000_000) -> list[Scope]:
        """Neighbouring buckets of about that many events, by what the base has and by what a few
        buckets have in rows: ids are hashes, so one bucket is like another."""
        sizes = sum((Counter(one.sizes) for one in log_base.manifest(self._shelf)), Counter[int]())
        self._shelf.know_buckets()
        known = sorted(self._shelf.buckets)
        asked = known[:: max(1, len(known) // SAMPLE)][:SAMPLE]
        rows = sum(1 for one in asked for _ in self._dynamo.query(f"C#{one:02x}"))
        for one in known:
            sizes[one] += -(-rows // len(asked))
        return [Scope(first=first, last=last) for first, last in split(0, 255, sizes, events)]

    def _sweep(self) -> None:
        """Ends erasures that are open, and leaves nothing of anybody on the desk."""
        if hasattr(self, "_shelf"):
            end_erasures(self._shelf, self._events)
            with self._shelf.desk.unnoted():
                self._shelf.desk.clear()
                for name in SMALL:
                    self._shelf.desk.drop_table(name)
                self._catalogue = None
            empty_log(self._connection)
