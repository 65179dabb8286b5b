"""Within a transaction: laying down what it may touch, once, and keeping its moment after all that."""

from collections.abc import Collection, Iterable, Sequence

from functions.cloud.dynamo import Place
from functions.cloud.fetching import Shelf
from personalization.arrival import Arrival, whole
from personalization.errors import Retry
from personalization.models import Event, Micros
from personalization.store import tombs
from personalization.store.recorder import EmbeddedRecorder
from personalization.store.tables import Transaction


class Laying(EmbeddedRecorder):
    """What `recorder.CloudRecorder` does before each method. `fresh` are the contacts that are on
    the desk as this transaction has to see them."""

    def __init__(self, tx: Transaction, shelf: Shelf, loaded: Collection[str]) -> None:
        super().__init__(tx)
        self._shelf = shelf
        self.fresh, self._pointed = set(loaded), set[str]()
        self._small = set[str]()

    def need(self, contacts: Iterable[str], events: bool = False) -> None:
        """Lays contacts down that are not there yet; `events`: with those that Parquet holds."""
        wanted = set(contacts)
        with self._shelf.desk.unnoted():
            laid = self._shelf.contacts(wanted, events, self.fresh)
        self.fresh |= laid
        heads = (self._shelf.desk.head(one) for one in wanted | laid)
        self.later_than(max((head["last"] for head in heads if head), default=0))

    def later_than(self, last: Micros) -> None:
        """Makes this transaction's moment later than all that it touches. Raises Retry where
        something is written under the earlier one already."""
        if last < self.recorded_at:
            return
        if self._shelf.desk.changed():
            self._shelf.floor = max(self._shelf.floor, last)
            raise Retry("another process has written later than this one began: run again")
        self._tx.recorded_at = self.recorded_at = last + 1
        self._connection.execute("UPDATE clock SET last = ?", (last + 1,))

    def small(self, name: str, keys: Sequence[tuple[str | int, ...]] | None = None) -> None:
        """Lays rows of a small table down, or all of it; once a transaction."""
        with self._shelf.desk.unnoted():
            if keys is not None:
                self._shelf.some(name, keys)
            elif name not in self._small:
                self._shelf.small(name)
                self._small.add(name)

    def point(self, aliases: Iterable[str], keys: Iterable[str] = ()) -> None:
        """Learns whose aliases and keys are, and lays those contacts down."""
        names, events = set(aliases) - self._pointed, {f"key {one}": one for one in keys}
        events = {name: one for name, one in events.items() if name not in self._pointed}
        with self._shelf.desk.unnoted():
            found = self._shelf.pointers(sorted(names), sorted(events.values()))
        self._pointed |= names | set(events)
        self.need(found, events=True)

    def foresee(self, events: Iterable[Event | Arrival]) -> None:
        """Lays down all that some events may touch, in as few calls as can be. `ingest` does so
        itself; whoever takes in many small batches says here what is coming."""
        given = list(events)
        self.point((alias for one in given for alias in tombs.named(one)),
                   (whole(one.key) for one in given))  # fmt: skip

    def number(self, table: str, count: int) -> None:
        """Reserves numbers that no other writer gets."""
        if count:
            last = self._shelf.dynamo.add(Place("G#count", table), count)
            run = self._connection.execute
            run("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
            run("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, last - count))
