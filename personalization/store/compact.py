"""Compaction: the tail goes into Parquet, rows follow the contacts that have moved.

Group by group, each in one transaction that holds the write lock while it writes that group's
file: killed anywhere, the group is as it was or as it should be, and other writers get their
turn between groups. Files that are replaced stay until the next compaction, for readers that
hold an older moment of the store.
"""

import sqlite3
from collections import Counter
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path

import numpy as np

from personalization.engine import Engine
from personalization.hashing import short
from personalization.identity import BUCKETS, between, bucket
from personalization.store import base
from personalization.store.base import Group
from personalization.store.columns import Row, put
from personalization.store.connection import writing
from personalization.store.events import CHUNK
from personalization.store.protocol import Scope
from personalization.store.typed import RAW, typed

TARGET = 1_000_000
"""Events a file should hold; a group is split once it has grown to twice that."""


def compact(connection: sqlite3.Connection, events: Path) -> int:
    """Does it all; returns how many tail rows went into files."""
    with writing(connection):
        base.sweep(connection, events)
    rehome(connection, events)
    regroup(connection, events)
    return sum(fill(connection, events, group.first) for group in base.manifest(connection))


def rehome(connection: sqlite3.Connection, events: Path) -> None:
    """Takes rows whose contact has moved out of their files and back into the tail, under the
    contact that they belong to now."""
    moves = connection.execute(
        "SELECT alias, recorded_at, came_from FROM moved WHERE settled = 0"
    ).fetchall()
    buckets = {bucket(came_from) for _, _, came_from in moves}
    for group in base.manifest(connection):
        if group.file and not buckets.isdisjoint(range(group.first, group.last + 1)):
            with writing(connection), base.engine(events) as session:
                current = next(one for one in base.manifest(connection) if one[0] == group.first)
                take_out(connection, session, events, current)
    with writing(connection):
        connection.executemany(
            "UPDATE moved SET settled = 1 WHERE alias = ? AND recorded_at = ?",
            ((alias, recorded_at) for alias, recorded_at, _ in moves),
        )


def take_out(connection: sqlite3.Connection, session: Engine, events: Path, group: Group) -> None:
    """Moves a file's displaced rows into the tail."""
    homes = connection.execute(
        "SELECT alias, contact FROM alias WHERE alias IN "
        "(SELECT alias FROM moved WHERE settled = 0)"
    ).fetchall()
    put(session, "homes", homes, {"alias": "VARCHAR", "home": "VARCHAR"})
    base.put_gone(connection, session, group)
    source = base.scan(events, [group.file or ""])
    lost = f"{source} b JOIN homes h ON h.alias = b.alias AND h.home <> b.contact"
    names = ", ".join("h.home" if name == "contact" else f"b.{name}" for name in RAW)
    rows = session.rows(f"SELECT {names} FROM {lost} WHERE {base.KEPT}")
    if not rows:
        return
    connection.executemany(
        f"INSERT INTO tail ({', '.join(RAW)}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows
    )
    remaining = (f"SELECT * FROM {source} b WHERE NOT EXISTS (SELECT 1 FROM homes h "
                 "WHERE h.alias = b.alias AND h.home <> b.contact)")  # fmt: skip
    base.replace_file(connection, session, events, group, remaining)


def regroup(connection: sqlite3.Connection, events: Path) -> None:
    """Splits groups that have grown to twice their size, or will."""
    sizes = bucket_sizes(connection)
    for group in base.manifest(connection):
        parts = split(group.first, group.last, sizes, TARGET)
        total = sum(sizes[one] for one in range(group.first, group.last + 1))
        if len(parts) == 1 or total < 2 * TARGET:
            continue
        with writing(connection), base.engine(events) as session:
            current = next(one for one in base.manifest(connection) if one[0] == group.first)
            connection.execute("DELETE FROM base WHERE first = ?", (group.first,))
            for first, last in parts:
                connection.execute("INSERT INTO base VALUES (?, ?, NULL, 0)", (first, last))
                if current.file:
                    least, below = between(first, last)
                    base.replace_file(
                        connection, session, events, Group(first, last, None, 0),
                        f"SELECT * FROM {base.scan(events, [current.file])} "
                        f"WHERE contact >= '{least}' AND contact < '{below}'",
                    )  # fmt: skip


def bucket_sizes(connection: sqlite3.Connection) -> Counter[int]:
    """Events by bucket, in base and tail."""
    sizes: Counter[int] = Counter(dict(connection.execute("SELECT bucket, events FROM bucket")))
    sizes.update(counted(connection, "tail", "contact"))
    return sizes


def counted(connection: sqlite3.Connection, table: str, column: str) -> dict[int, int]:
    """Rows of a table by bucket, a range of its primary key each: to group them would sort them."""
    query = f"SELECT count(*) FROM {table} WHERE {column} >= ? AND {column} < ?"
    return {one: connection.execute(query, between(one, one)).fetchone()[0]
            for one in range(BUCKETS)}  # fmt: skip


def groups(connection: sqlite3.Connection, events: int) -> list[Scope]:
    """Neighbouring buckets of about that many events; a contact counts as one event too."""
    sizes = bucket_sizes(connection)
    sizes.update(counted(connection, "contact", "id"))
    return [Scope(first=first, last=last) for first, last in split(0, 255, sizes, events)]


def split(first: int, last: int, sizes: Mapping[int, int], target: int) -> list[tuple[int, int]]:
    """Neighbouring buckets of about `target` events, both ends included."""
    total = sum(sizes.get(one, 0) for one in range(first, last + 1))
    pieces = max(1, round(total / target))
    share, seen, numbers = total / pieces, 0, []
    for one in range(first, last + 1):
        middle = seen + sizes.get(one, 0) / 2
        numbers.append((min(pieces - 1, int(middle / share)) if share else 0, one))
        seen += sizes.get(one, 0)
    found = [[one for _, one in part] for _, part in groupby(numbers, key=lambda pair: pair[0])]
    return [(part[0], part[-1]) for part in found]


def fill(connection: sqlite3.Connection, events: Path, first: int) -> int:
    """Moves one group's tail into its file."""
    with writing(connection), base.engine(events) as session:
        group = next(one for one in base.manifest(connection) if one.first == first)
        bounds = between(group.first, group.last)
        gone = base.put_gone(connection, session, group)
        chunks, count = gather(connection, session, bounds)
        if not count and not gone:
            return 0
        parts = [typed(f"({' UNION ALL '.join(f'SELECT * FROM {one}' for one in chunks)})")]
        if group.file:
            parts.append(f"SELECT * FROM {base.scan(events, [group.file])}")
        base.replace_file(connection, session, events, group, " UNION ALL ".join(parts))
        if (group.first, group.last) == (0, BUCKETS - 1):
            connection.execute("DELETE FROM tail")  # page by page instead of row by row
        else:
            connection.execute("DELETE FROM tail WHERE contact >= ? AND contact < ?", bounds)
        return count


def gather(
    connection: sqlite3.Connection, session: Engine, bounds: tuple[str, str]
) -> tuple[list[str], int]:
    """Brings a group's tail into the engine as it is, and its keys into the index of the base;
    returns the names of the tables, at least one, and the number of rows. All of them are typed
    together, because the engine shares out only what is more than one chunk among its threads."""
    found = connection.execute(
        f"SELECT {', '.join(RAW)} FROM tail WHERE contact >= ? AND contact < ?", bounds
    )
    names, count = list[str](), 0
    while (rows := found.fetchmany(CHUNK)) or not names:
        names.append(f"raw_{len(names)}")
        put(session, names[-1], rows, RAW)
        index(connection, rows)
        count += len(rows)
    return names, count


def index(connection: sqlite3.Connection, rows: list[Row]) -> None:
    """The keys of raw rows into the index of the base, in its own order."""
    keys = np.fromiter((short(row[1]) for row in rows), dtype=np.int64, count=len(rows))
    order = np.argsort(keys, kind="stable")
    connection.executemany(
        "INSERT OR REPLACE INTO based (short, hash) VALUES (?, ?)",
        ((key, rows[n][7]) for key, n in zip(keys[order].tolist(), order.tolist(), strict=True)),
    )
