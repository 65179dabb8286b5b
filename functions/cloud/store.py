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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from functions.cloud import log_base, orphans
from functions.cloud.committing import commit
from functions.cloud.compaction import compact_log
from functions.cloud.desk import Desk
from functions.cloud.dynamo import Dynamo
from functions.cloud.erasing import begun, end_erasures
from functions.cloud.fetching import Shelf, agree
from functions.cloud.objects import Objects
from functions.cloud.reading import CloudReads
from functions.cloud.recorder import CloudRecorder
from functions.cloud.rows import SMALL
from personalization.errors import Retry, Stop
from personalization.models import DAY, Micros
from personalization.store import sweeping, tables
from personalization.store.compact import split
from personalization.store.connection import prepare, writing
from personalization.store.embedded import INSTALL_KEY
from personalization.store.protocol import Scope
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


class CloudStore(CloudReads):
    """See `protocol.Store` for what each method promises, and above for what differs. For one
    thread at a time."""

    def prepare(self, install_key: str) -> None:
        """Sets the desk up, learns the install key, and ends erasures that were cut short. Raises
        Stop for a store of a newer program."""
        sweeping.spilled(self.folder, self._events)
        # The triggers of the desk are ours and call json_array.
        self._connection.execute("PRAGMA trusted_schema = ON")
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.execute("PRAGMA recursive_triggers = ON")
        prepare(self._connection)
        desk = Desk(lambda: self._connection)
        desk.set_up()
        self._shelf = Shelf(self._dynamo, self.objects, desk)
        self._shelf.install_key = agree(self._shelf, INSTALL_KEY, install_key)
        kept = agree(self._shelf, SCHEMA, str(VERSION))
        if int(kept) > VERSION:
            raise Stop(f"the store has schema version {kept}, this program knows {VERSION}: "
                       "install the newer program again")  # fmt: skip
        self._sweep()

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
            self._recorder, self._loaded, self._scope = None, set(), None
        for one in done.orphans:
            self.objects.remove(one)
        if gone:
            self._sweep()

    def compact(self, now: Micros) -> int:
        """Puts events into the Parquet base too, and removes objects that nothing names since a
        day. One at a time: raises Busy."""
        with self.alone("the log", "compaction"):
            self._sweep()
            self._loaded, self._scope = set(), None
            orphans.sweep(self._shelf, now - DAY)
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
        end_erasures(self._shelf, self._events)
        with self._shelf.desk.unnoted():
            self._shelf.desk.clear()
            for name in SMALL:
                self._shelf.desk.drop_table(name)
        self._catalogue = None
        sweeping.empty_log(self._connection)
