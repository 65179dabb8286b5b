"""The log's base on S3: the manifest, files brought here to be read, and files put in their place.

The manifest is one item a group of buckets (`G#base`): which object has its events, how many by
bucket, and the object before, which stays for readers that began earlier until the next compaction.
An object is never changed; a group gets a new one by one conditional write of its item.

An event may stand in the base and among a contact's rows at once: compaction puts it into the base
first and marks it after. Whoever reads both lets the row win, by its key, so no moment in between
is wrong.
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from functions.cloud.dynamo import Item, Op, Place
from functions.cloud.fetching import Shelf
from personalization.engine import Engine
from personalization.errors import Retry
from personalization.identity import bucket
from personalization.models import Micros
from personalization.store import base
from personalization.store.aliases import FOREVER
from personalization.store.events import buckets_of
from personalization.store.protocol import Scope

WHERE = "events/"
"""Begins the names of the base's objects."""


class Group(NamedTuple):
    """Neighbouring buckets, both ends included; the object with their events, how many there are
    by bucket, the object before, and the version of the item."""

    first: int
    last: int
    file: str | None
    sizes: dict[int, int]
    before: str | None
    v: int

    @property
    def place(self) -> Place:
        """Where its item lies."""
        return Place("G#base", f"{self.first:020d}")

    def covers(self, buckets: set[int]) -> bool:
        """Whether any of these buckets is its own."""
        return not buckets.isdisjoint(range(self.first, self.last + 1))


def manifest(shelf: Shelf) -> list[Group]:
    """All groups in order; where nothing was compacted yet, one without an object."""
    found = [group_of(one) for one in shelf.dynamo.query("G#base")]
    return found or [Group(0, 255, None, {}, None, 0)]


def group_of(item: Item) -> Group:
    """An item as a group."""
    sizes = {int(one): count for one, count in json.loads(str(item["sizes"])).items()}
    file, before = (str(item[name]) if name in item else None for name in ("file", "before"))
    return Group(int(item["first"]), int(item["last"]), file, sizes, before, int(item["V"]))


def put(group: Group) -> Op:
    """Puts a group's item if it is still what was read."""
    item: Item = {"first": group.first, "last": group.last, "V": group.v + 1,
                  "sizes": json.dumps(group.sizes)}  # fmt: skip
    item |= {"file": group.file} if group.file else {}
    item |= {"before": group.before} if group.before else {}
    if group.v == 0:
        return Op("Put", group.place, item, "attribute_not_exists(PK)")
    return Op("Put", group.place, item, "V = :v", values={":v": group.v})


def bring(shelf: Shelf, events: Path, groups: Sequence[Group], buckets: set[int]) -> None:
    """Brings the objects of these buckets here, and removes what no manifest names any more: it
    may hold somebody who was erased since."""
    named = {one.file for one in groups if one.file}
    for path in events.glob("*.parquet"):
        if path.name not in named:
            path.unlink()
    missing = [one.file for one in groups if one.file and one.covers(buckets)
               and not (events / one.file).exists()]  # fmt: skip
    try:
        for _ in shelf.dynamo.at_once(
            lambda name: shelf.objects.download(WHERE + name, events / name), missing
        ):
            pass
    except Exception as error:
        if groups != manifest(shelf):
            raise Retry("the log was compacted meanwhile: read again") from error
        raise


def astray(connection: sqlite3.Connection, until: Micros | None) -> set[int]:
    """The buckets where rows may stand of aliases that have moved, or moved after a moment."""
    rows = connection.execute(
        "SELECT came_from, went_to FROM moved WHERE settled = 0 OR recorded_at > ?",
        (FOREVER if until is None else until,),
    ).fetchall()
    # An alias that moved later may have moved before too, and not be settled since.
    return {bucket(one) for row in rows for one in row}


@contextmanager
def shown(shelf: Shelf, events: Path, scope: Scope, until: Micros | None) -> Iterator[None]:
    """Within, the desk's manifest names the base, whose rows give way to those on the desk."""
    groups = manifest(shelf)
    run, many = shelf.desk.sql.execute, shelf.desk.sql.executemany
    if not any(one.file for one in groups):
        yield
        return
    bring(shelf, events, groups, set(buckets_of(scope)) | astray(shelf.desk.sql, until))
    with shelf.desk.unnoted():
        run("SAVEPOINT shown")
        run("DELETE FROM base")
        many(
            "INSERT INTO base VALUES (?, ?, ?, ?)",
            ((one.first, one.last, one.file, sum(one.sizes.values())) for one in groups),
        )
        run("UPDATE replaced SET in_base = 1")
        # As replaced rows of no moment that anybody reads: they only stop the base's copies.
        run(
            f"INSERT OR IGNORE INTO replaced SELECT key, {FOREVER}, kind, alias, occurred_at, "
            f"{FOREVER}, props, hash, contact, 1 FROM tail"
        )
        try:
            yield
        finally:
            run("ROLLBACK TO shown")
            run("RELEASE shown")


def write(
    shelf: Shelf, events: Path, group: Group, parts: Sequence[tuple[int, int]], select: str,
    session: Engine,
) -> list[Group]:  # fmt: skip
    """Writes a query's rows as a group's new objects, one for each of `parts`, and puts them in
    its place. Raises Clash where another has done so meanwhile. The objects before stay."""
    made = []
    for first, last in parts:
        number = shelf.dynamo.add(Place("G#count", "file"), 1)
        name = f"{number:08d}-{first:02x}-{last:02x}.parquet"
        within = f"contact >= '{first:02x}'" + (f" AND contact < '{last + 1:02x}'"
                                                if last < 255 else "")  # fmt: skip
        base.write_file(session, events, name, f"SELECT * FROM ({select}) WHERE {within}")
        rows = session.rows(f"SELECT contact[1:2], count(*) FROM {base.scan(events, [name])} "
                            "GROUP BY 1 ORDER BY 1")  # fmt: skip
        sizes = {int(prefix, 16): count for prefix, count in rows}
        if sizes:
            shelf.objects.upload(WHERE + name, events / name)
        v = group.v if first == group.first else 0
        made.append(Group(first, last, name if sizes else None, sizes, group.file, v))
    shelf.dynamo.write([put(one) for one in made])
    return made
