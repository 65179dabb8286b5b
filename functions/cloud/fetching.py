"""From the shelf to the desk: the rows that the work at hand can touch, read by key."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from typing import NamedTuple

from functions.cloud.ahead import finish
from functions.cloud.clients import Clash
from functions.cloud.desk import Desk
from functions.cloud.dynamo import Dynamo, Item, Op, Place
from functions.cloud.heads import NOBODY, adds_up
from functions.cloud.items import row_of
from functions.cloud.objects import Objects
from functions.cloud.rows import alias_place, head_place, key_place, small_place
from personalization.errors import Retry
from personalization.identity import alias_hash

TRIES = 20
BUCKETS = Place("G#buckets", "home")
"""The item that names every bucket in which there ever was a contact."""


class Found(NamedTuple):
    """One contact as the shelf has it."""

    contact: str
    head: Item | None
    rows: list[Item]


class Shelf:
    """All that is kept, and the desk that it is laid on."""

    def __init__(self, dynamo: Dynamo, objects: Objects, desk: Desk) -> None:
        self.dynamo, self.objects, self.desk = dynamo, objects, desk
        self.install_key = ""
        self.buckets: set[int] = set()
        self.whose: dict[int, str] = {}
        self.floor = 0

    def contacts(
        self, ids: Iterable[str], events: bool = True, fresh: Collection[str] = ()
    ) -> set[str]:
        """Lays contacts down with all that belongs to them, whoever they have become and whoever
        has become them too. Those in `fresh` are as they should be. `events`: also those events
        that Parquet holds. Returns whom it has laid down."""
        asked = set(ids)
        laid, wanted = set[str](), asked - set(fresh)
        while wanted:
            found = self.dynamo.at_once(self.read, sorted(wanted))
            laid |= wanted
            wanted = set[str]().union(*map(self.lay, found)) - laid - set(fresh)
        if events:
            self.complete(asked | laid, fresh)
        return laid

    def complete(self, ids: Iterable[str], fresh: Collection[str]) -> None:
        """Lays down, of contacts on the desk and whoever belongs to them, the events that Parquet
        holds too. A contact that was changed since is laid down anew; of those in `fresh` that
        cannot be: raises Retry."""
        for _ in range(TRIES):
            lacking = sorted(filter(self.desk.lacks_events, self.desk.circle(ids)))
            kept = self.dynamo.at_once(
                lambda one: list(self.dynamo.query(f"L#{one[:2]}", begins=one)), lacking
            )
            again = [one for one, items in zip(lacking, kept, strict=True)
                     if not self.lay_events(one, items)]  # fmt: skip
            if not again:
                return
            if not set(again).isdisjoint(fresh):
                break
            self.contacts(again, events=False)
        raise Retry("another process has written to these contacts: read them again")

    def lay_events(self, contact: str, items: list[Item]) -> bool:
        """Lays a contact's kept events down if they are those that its head counts."""
        head = self.desk.head(contact)
        if head is None or len(items) != head["kept"]:
            return False
        self.lay_rows(items, contact)
        self.desk.sql.execute("UPDATE held SET complete = 1 WHERE contact = ?", (contact,))
        return True

    def read(self, contact: str) -> Found:
        """One contact, but for the events that Parquet holds."""
        part, begins = head_place(contact)
        for tried in range(TRIES):
            items = list(self.dynamo.query(part, begins=begins))
            one = parted(contact, items)
            if one.head is None and not one.rows:
                return one
            if one.head is not None and "ahead" in one.head:
                finish(self.dynamo, self.objects, contact, one.head)
            elif one.head is not None and adds_up(one.head, one.rows):
                return one
            self.dynamo.wait(0.01 * tried)
        raise Retry(f"contact {contact} is being written to all the time: try again")

    def range(self, first: int, last: int, fresh: Collection[str] = ()) -> None:
        """Lays every contact of some buckets down, without the events that Parquet holds, and
        whoever they have become. Those in `fresh` are as they should be."""
        self.know_buckets()
        followed, there = set[str](), set(fresh)
        parts = sorted(one for one in self.buckets if first <= one <= last)
        for found in self.dynamo.at_once(self.read_bucket, parts):
            for one in found:
                if one.contact not in there:
                    followed |= self.lay(one)
                    there.add(one.contact)
        self.contacts(followed, fresh=there)

    def read_bucket(self, bucket: int) -> list[Found]:
        """Every contact of a bucket."""
        by: dict[str, list[Item]] = defaultdict(list)
        for item in self.dynamo.query(f"C#{bucket:02x}"):
            by[str(item["SK"])[:32]].append(item)
        found = [parted(contact, items) for contact, items in by.items()]
        return [one if one.head and "ahead" not in one.head and adds_up(one.head, one.rows)
                else self.read(one.contact) for one in found]  # fmt: skip

    def know_buckets(self) -> None:
        """Learns which buckets there are contacts in."""
        known = self.dynamo.get([BUCKETS]).get(BUCKETS, {})
        self.buckets |= {int(name[1:], 16) for name in known if name[0] == "b"}

    def lay(self, one: Found) -> set[str]:
        """Lays a contact down; returns who else belongs to it."""
        desk = self.desk
        desk.drop(one.contact)
        head = {**NOBODY, **(one.head or {})}
        desk.hold(one.contact, head)
        self.floor = max(self.floor, int(head["last"]))
        self.lay_rows(one.rows, one.contact)
        return desk.related(one.contact)

    def lay_rows(self, items: Iterable[Item], contact: str) -> None:
        """Lays a contact's rows down."""
        by: dict[str, list[Item]] = defaultdict(list)
        for item in items:
            by[table_of(item)].append(item)
        for name, some in by.items():
            table = self.desk.tables[name]
            self.desk.put(table, [row_of(table, one, contact, self.objects) for one in some])

    def pointers(self, aliases: Iterable[str], keys: Iterable[str] = ()) -> set[str]:
        """Learns whose aliases and event keys are, and which aliases have tombstones; returns the
        contacts. One call for up to 100."""
        named = {alias_place(self.install_key, one): one for one in aliases}
        places = [*named, *(key_place(one) for one in keys)]
        if not places:
            return set()
        asked = [*places, BUCKETS] if not self.buckets else places
        found = self.dynamo.get(asked)
        known = found.pop(BUCKETS, {})
        self.buckets |= {int(name[1:], 16) for name in known if name[0] == "b"}
        self.desk.point(places, found)
        for place in named:
            self.lay_stones(place, found.get(place, {}))
        return {str(one["contact"]) for one in found.values() if "contact" in one}

    def lay_stones(self, place: Place, item: Item) -> None:
        """Lays an alias's tombstones down."""
        hash_ = place.PK[2:]
        self.desk.sql.execute("DELETE FROM tombstone WHERE alias_hash = ?", (hash_,))
        self.desk.sql.executemany(
            "INSERT INTO tombstone (alias_hash, erased_at, reopened_at) VALUES (?, ?, ?)",
            ((hash_, *one) for one in json.loads(str(item.get("stones", "[]")))),
        )

    def moves(self, alias: str) -> None:
        """Lays down how an alias came where it is."""
        self.small("moved", begins=alias_hash(self.install_key, alias))

    def small(self, name: str, begins: str = "", bodies: bool = True, first: str = "",
              most: int | None = None) -> None:  # fmt: skip
        """Lays a small table down: all of it, or what begins so; without `bodies` long texts are
        left empty."""
        table = self.desk.tables[name]
        found: list[Item] = []
        for item in self.dynamo.query(f"G#{name}", begins, first, most=most):
            found.append(item)
            if most and len(found) == most:
                break
        if not begins and not first:
            self.desk.drop_table(name)
        self.desk.put(table, [row_of(table, one, None, self.objects if bodies else None)
                              for one in found])  # fmt: skip

    def some(self, name: str, keys: Sequence[tuple[str | int, ...]]) -> None:
        """Lays rows of a small table down by their primary keys."""
        table = self.desk.tables[name]
        keys = [one for one in keys
                if not self.desk.touched(table, dict(zip(table.key, one, strict=True)))]  # fmt: skip
        found = self.dynamo.get(small_place(name, one, self.install_key) for one in keys)
        for key in keys:
            where = " AND ".join(f"{one} = ?" for one in table.key)
            self.desk.sql.execute(f"DELETE FROM {name} WHERE {where}", key)
            self.desk.sql.execute(
                f"DELETE FROM shelved WHERE tbl = ? AND pk = json_array({', '.join('?' * len(key))})",
                (name, *key),
            )
        self.desk.put(table, [row_of(table, one, None, self.objects) for one in found.values()])


def agree(shelf: Shelf, name: str, value: str) -> str:
    """Keeps a setting that is given once and for all, if nobody has yet; returns the one kept."""
    place = small_place("setting", (name,), "")
    item: Item = {"V": 1, "name": name, "value": value}
    with suppress(Clash):
        if place not in shelf.dynamo.get([place]):
            shelf.dynamo.write([Op("Put", place, item, "attribute_not_exists(PK)")])
    shelf.some("setting", [(name,)])
    return str(shelf.dynamo.get([place])[place]["value"])


def parted(contact: str, items: Iterable[Item]) -> Found:
    """A contact's items as head and rows."""
    head, rows = None, []
    for item in items:
        if item["SK"] == head_place(contact).SK:
            head = item
        else:
            rows.append(item)
    return Found(contact, head, rows)


def table_of(item: Item) -> str:
    """The table of a contact's row."""
    return "tail" if str(item["PK"])[0] == "L" else str(item["SK"]).split("#")[1]
