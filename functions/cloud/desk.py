"""The desk: the working copy that the embedded store's own code runs over.

An SQLite file of the same schema, private to this process, with the rows that the work at hand can
touch and nothing else. Beside them it knows where each row came from (`shelved`), the head of each
contact (`held`), whose aliases and event keys are (`pointer`), and, noted by triggers, which rows
were changed since (`journal`). All of that is in the same file, so what undoes a transaction
undoes what was fetched within it too.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from functions.cloud.dynamo import Item, Place
from functions.cloud.holding import Holding
from functions.cloud.numbering import numbered, spelled
from functions.cloud.rows import OWNED, Row, Table, tables

SET_UP = """
CREATE TABLE shelved (tbl TEXT, pk TEXT, part TEXT, sort TEXT, v INTEGER, contact TEXT,
    listed TEXT, bodies TEXT, hash INTEGER, PRIMARY KEY (tbl, pk)) WITHOUT ROWID;
CREATE INDEX shelved_contact ON shelved (contact);
CREATE TABLE held (contact TEXT PRIMARY KEY, v INTEGER, last INTEGER, n INTEGER, total INTEGER,
    kept INTEGER, became TEXT, guests TEXT, places TEXT, complete INTEGER);
CREATE TABLE pointer (part TEXT PRIMARY KEY, contact TEXT, stones TEXT, v INTEGER);
CREATE TABLE journal (tbl TEXT, pk TEXT, PRIMARY KEY (tbl, pk)) WITHOUT ROWID;
CREATE INDEX due_named ON due (key);
CREATE TABLE noting (yes INTEGER);
INSERT INTO noting VALUES (0);
"""


class Shelved(NamedTuple):
    """Where a row came from: its place and version, whose it is, its listing's place, the objects
    that hold its long texts, and an event's content hash."""

    place: Place
    v: int
    contact: str | None
    listed: Place | None
    bodies: tuple[str, ...]
    hash: int | None

    @property
    def kept(self) -> bool:
        """Whether it is an event that Parquet holds too."""
        return self.place.PK.startswith("L#")


class Change(NamedTuple):
    """A row that was changed: as it is now (None: gone), texts for numbers, and where it was."""

    table: Table
    key: tuple[Any, ...]
    row: Row | None
    was: Shelved | None


class Desk(Holding):
    """Over the connection that `connected` gives: each thread has its own."""

    def __init__(self, connected: Callable[[], sqlite3.Connection]) -> None:
        self._connected = connected
        self.tables = tables(self.sql)

    @property
    def sql(self) -> sqlite3.Connection:
        """This thread's connection."""
        return self._connected()

    def set_up(self) -> None:
        """Makes what is beside the rows, and the triggers. The desk is scratch: no fsync."""
        if self.sql.execute("SELECT 1 FROM sqlite_master WHERE name = 'shelved'").fetchone():
            return
        self.sql.executescript(SET_UP)
        for table in self.tables.values():
            for event, seen in (("INSERT", ("NEW",)), ("DELETE", ("OLD",)),
                                ("UPDATE", ("OLD", "NEW"))):  # fmt: skip
                packed = [f"json_array({', '.join(f'{one}.{name}' for name in table.key)})"
                          for one in seen]  # fmt: skip
                # Not OR IGNORE: the statement's own conflict clause would override it.
                noted = " ".join(
                    f"INSERT INTO journal SELECT '{table.name}', {one} WHERE NOT EXISTS (SELECT 1 "
                    f"FROM journal WHERE tbl = '{table.name}' AND pk = {one});" for one in packed
                )  # fmt: skip
                self.sql.execute(
                    f"CREATE TRIGGER note_{table.name}_{event} AFTER {event} ON {table.name} "
                    f"WHEN (SELECT yes FROM noting) BEGIN {noted} END"
                )

    @contextmanager
    def noted(self) -> Iterator[None]:
        """What is changed within is changed by the work at hand."""
        self.sql.execute("UPDATE noting SET yes = 1")
        try:
            yield
        finally:
            self.sql.execute("UPDATE noting SET yes = 0")

    @contextmanager
    def unnoted(self) -> Iterator[None]:
        """What is changed within was only fetched, or is about this desk alone."""
        (before,) = self.sql.execute("SELECT yes FROM noting").fetchone()
        self.sql.execute("UPDATE noting SET yes = 0")
        try:
            yield
        finally:
            self.sql.execute("UPDATE noting SET yes = ?", (before,))

    def put(self, table: Table, rows: Sequence[tuple[Row, Shelved]]) -> None:
        """Lays rows down, in the place of what was there under their keys; a row that the work at
        hand has changed stays as it is."""
        if self.changed():
            rows = [one for one in rows if not self.touched(table, one[0])]
        ready = [numbered(self.sql, table.name, row) for row, _ in rows]
        marks = ", ".join("?" for _ in table.columns)
        named = ", ".join(f'"{one}"' for one in table.columns)
        self.sql.executemany(
            f"INSERT OR REPLACE INTO {table.name} ({named}) VALUES ({marks})",
            ([row.get(column) for column in table.columns] for row in ready),
        )
        packed = ", ".join("?" for _ in table.key)
        self.sql.executemany(
            f"INSERT OR REPLACE INTO shelved VALUES ('{table.name}', json_array({packed}), "
            "?, ?, ?, ?, ?, ?, ?)",
            ((*(row[one] for one in table.key), *was.place, was.v, was.contact,
              json.dumps(was.listed) if was.listed else None, json.dumps(was.bodies), was.hash)
             for row, (_, was) in zip(ready, rows, strict=True)),
        )  # fmt: skip

    def drop(self, contact: str) -> None:
        """Takes a contact's rows off the desk."""
        for tbl, pk in self.sql.execute(
            "SELECT tbl, pk FROM shelved WHERE contact = ?", (contact,)
        ).fetchall():
            where = " AND ".join(f"{one} = ?" for one in self.tables[tbl].key)
            self.sql.execute(f"DELETE FROM {tbl} WHERE {where}", json.loads(pk))
        self.sql.execute("DELETE FROM shelved WHERE contact = ?", (contact,))
        self.sql.execute("DELETE FROM held WHERE contact = ?", (contact,))

    def drop_table(self, name: str) -> None:
        """Takes a table's rows off the desk, but for those that the work at hand has changed."""
        kept = "SELECT pk FROM journal WHERE tbl = ?"
        packed = self.tables[name].packed
        self.sql.execute(f"DELETE FROM {name} WHERE {packed} NOT IN ({kept})", (name,))
        self.sql.execute(f"DELETE FROM shelved WHERE tbl = ? AND pk NOT IN ({kept})", (name, name))

    def touched(self, table: Table, row: Row) -> bool:
        """Whether the work at hand has changed a row."""
        key = [numbered(self.sql, table.name, row)[one] for one in table.key]
        found = self.sql.execute(
            f"SELECT 1 FROM journal WHERE tbl = ? AND pk = json_array({', '.join('?' for _ in key)})",
            (table.name, *key),
        )
        return found.fetchone() is not None

    def clear(self) -> None:
        """Takes every contact off the desk."""
        for name in (*OWNED, "send_state", "tombstone"):
            self.drop_table(name)
        for name in ("held", "pointer"):
            self.sql.execute(f"DELETE FROM {name}")

    def changed(self) -> bool:
        """Whether the work at hand has changed anything so far."""
        return self.sql.execute("SELECT 1 FROM journal LIMIT 1").fetchone() is not None

    def changes(self) -> list[Change]:
        """What the work at hand has changed."""
        found = []
        for tbl, pk in self.sql.execute("SELECT tbl, pk FROM journal ORDER BY tbl, pk").fetchall():
            table, key = self.tables[tbl], tuple(json.loads(pk))
            where = " AND ".join(f"{one} = ?" for one in table.key)
            row = self.sql.execute(f"SELECT * FROM {tbl} WHERE {where}", key).fetchone()
            now = None if row is None else spelled(self.sql, tbl, dict(zip(table.columns, row, strict=True)))  # fmt: skip
            was = self.was(tbl, pk)
            if now is not None or was is not None:
                named = spelled(self.sql, tbl, dict(zip(table.key, key, strict=True)))
                found.append(Change(table, tuple(named.values()), now, was))
        return found

    def was(self, tbl: str, pk: str) -> Shelved | None:
        """Where a row came from."""
        found = self.sql.execute(
            "SELECT part, sort, v, contact, listed, bodies, hash FROM shelved WHERE tbl = ? AND pk = ?",
            (tbl, pk),
        ).fetchone()
        if found is None:
            return None
        part, sort, v, contact, listed, bodies, hash_ = found
        return Shelved(Place(part, sort), v, contact, Place(*json.loads(listed)) if listed else None,
                       tuple(json.loads(bodies)), hash_)  # fmt: skip

    def point(self, places: Iterable[Place], found: Mapping[Place, Item]) -> None:
        """Keeps what was found of whose aliases and keys are, also where nothing was."""
        for place in places:
            one = found.get(place, {})
            self.sql.execute("INSERT OR REPLACE INTO pointer VALUES (?, ?, ?, ?)",
                             (place.PK, one.get("contact"), one.get("stones"), one.get("V", 0)))  # fmt: skip

    def pointer(self, place: Place) -> tuple[str | None, str | None, int] | None:
        """(contact, tombstones, version) of a pointer that was fetched; version 0: there is
        none."""
        found = self.sql.execute("SELECT contact, stones, v FROM pointer WHERE part = ?",
                                 (place.PK,)).fetchone()  # fmt: skip
        return tuple(found) if found else None

    def written(self, contacts: Iterable[str]) -> None:
        """Forgets what is on the shelf by now in another version."""
        for tbl, pk in self.sql.execute("SELECT tbl, pk FROM journal").fetchall():
            self.sql.execute("DELETE FROM shelved WHERE tbl = ? AND pk = ?", (tbl, pk))
            if tbl in OWNED:
                where = " AND ".join(f"{one} = ?" for one in self.tables[tbl].key)
                self.sql.execute(f"DELETE FROM {tbl} WHERE {where}", json.loads(pk))
        self.sql.execute("DELETE FROM journal")
        for one in contacts:
            self.drop(one)

    def erased(self, moment: int) -> list[str]:
        """Who was erased at a moment."""
        return [one for (one,) in self.sql.execute(
            "SELECT contact FROM erased WHERE erased_at = ? ORDER BY 1", (moment,))]  # fmt: skip
