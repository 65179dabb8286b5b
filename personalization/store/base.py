"""The Parquet base: one file per group of buckets, never changed in place.

The manifest is the table `base`, so that one commit swaps files and drops the tail rows that went
into them; a reader's snapshot sees both or neither. A file that the manifest does not name is
nobody's and is removed by `sweep`.
"""

import os
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from personalization.arrival import Arrival
from personalization.engine import Engine, literal
from personalization.identity import between
from personalization.store import spill
from personalization.store.columns import put
from personalization.store.tables import Transaction, keep_setting, setting

ROW_GROUP = 30_720
"""Rows in a Parquet row group: small enough that one contact reads little of a file."""


class Group(NamedTuple):
    """Neighbouring buckets, both ends included, and the file of their events."""

    first: int
    last: int
    file: str | None
    events: int


def manifest(connection: sqlite3.Connection) -> list[Group]:
    """All groups in order."""
    found = connection.execute("SELECT first, last, file, events FROM base ORDER BY first")
    return [Group(*row) for row in found]


def files_of(connection: sqlite3.Connection, buckets: Iterable[int]) -> list[str]:
    """The files that hold these buckets, in order."""
    wanted = set(buckets)
    return [
        group.file for group in manifest(connection)
        if group.file and not wanted.isdisjoint(range(group.first, group.last + 1))
    ]  # fmt: skip


def scan(events: Path, files: Sequence[str]) -> str:
    """A relation over some files."""
    listed = ", ".join(literal(str(events / name)) for name in files)
    return f"read_parquet([{listed}])"


def engine(events: Path) -> Engine:
    """An engine that may read and write the base."""
    return Engine([events], spill=spill.own(events / "spill"))


def standing(tx: Transaction, keys: Sequence[str]) -> dict[str, tuple[Arrival, str, int]]:
    """The rows that the base holds under some keys, with contact and recorded_at."""
    files = files_of(tx.connection, range(256))
    if not keys or not files:
        return {}
    with engine(tx.events) as session:
        put(session, "wanted", [(key,) for key in keys], {"key": "VARCHAR"})
        rows = session.rows(
            "SELECT occurred_at, hash, key, kind, alias, props, contact, recorded_at "
            f"FROM {scan(tx.events, files)} SEMI JOIN wanted USING (key)"
        )
    replaced = set(tx.connection.execute("SELECT key, hash FROM replaced WHERE in_base = 1"))
    found: dict[str, tuple[Arrival, str, int]] = {}
    for row in rows:
        one = Arrival(*row[:6])
        if (one.key, one.hash) not in replaced:
            found[one.key] = (one, row[6], row[7])
    return found


def write_file(session: Engine, events: Path, name: str, select: str) -> None:
    """Writes a query's rows, sorted by contact, as a new file of the base, durably."""
    target, part = events / name, events / f"{name}.part"
    session.run(
        f"COPY (SELECT * FROM ({select}) ORDER BY contact, occurred_at, key) "
        f"TO {literal(str(part))} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP})"
    )
    with part.open("rb+") as written:
        os.fsync(written.fileno())
    os.replace(part, target)  # noqa: PTH105  named so that it is seen as the rename it is
    folder = os.open(events, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def sweep(connection: sqlite3.Connection, events: Path, keep: Iterable[str] = ()) -> None:
    """Removes files that the manifest does not name. Call it with the write lock held: whoever
    writes a file holds it until the manifest names that file."""
    named = {group.file for group in manifest(connection)} | set(keep)
    for path in events.iterdir():
        if path.is_file() and path.name not in named:
            path.unlink()


def replace_file(
    connection: sqlite3.Connection, session: Engine, events: Path, group: Group, select: str
) -> None:
    """Writes a group's rows, without those that something greater has replaced, as a new file
    and names it in the manifest; a group without rows has no file. Part of the caller's
    transaction."""
    name = f"{next_generation(connection):08d}-{group.first:02x}-{group.last:02x}.parquet"
    put_gone(connection, session, group)
    write_file(session, events, name, f"SELECT * FROM ({select}) b WHERE {KEPT}")
    sizes = session.rows(f"SELECT contact[1:2], count(*) FROM {scan(events, [name])} GROUP BY 1")
    total = sum(count for _, count in sizes)
    ends = (group.first, group.last)
    connection.execute("DELETE FROM bucket WHERE bucket BETWEEN ? AND ?", ends)
    connection.executemany(
        "INSERT INTO bucket (bucket, events) VALUES (?, ?)",
        ((int(prefix, 16), count) for prefix, count in sizes),
    )
    connection.execute(
        "UPDATE base SET file = ?, events = ? WHERE first = ?",
        (name if total else None, total, group.first),
    )
    connection.execute(f"UPDATE replaced SET in_base = 0 WHERE {REPLACED}", between(*ends))


KEPT = "NOT EXISTS (SELECT 1 FROM gone g WHERE g.key = b.key AND g.hash = b.hash)"
"""Holds for rows `b` of a file that nothing greater has replaced; see `put_gone`."""

REPLACED = "contact >= ? AND contact < ? AND in_base = 1"


def put_gone(connection: sqlite3.Connection, session: Engine, group: Group) -> int:
    """Makes `gone` in the engine: (key, hash) of the replaced rows in a group's file."""
    rows = connection.execute(
        f"SELECT key, hash FROM replaced WHERE {REPLACED}", between(group.first, group.last)
    ).fetchall()
    put(session, "gone", rows, {"key": "VARCHAR", "hash": "BIGINT"})
    return len(rows)


def next_generation(connection: sqlite3.Connection) -> int:
    """The number of the next file; it only grows."""
    found = setting(connection, "generation")
    generation = int(found or "0") + 1
    keep_setting(connection, "generation", str(generation))
    return generation
