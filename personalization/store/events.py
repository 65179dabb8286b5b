"""The `events` relation in an engine: base and tail together, as recorded by a moment."""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from personalization.engine import Engine, literal
from personalization.hashing import canonical
from personalization.identity import between, bucket, is_contact
from personalization.models import EVENT_COLUMNS, Micros
from personalization.store import base
from personalization.store.aliases import contact_of
from personalization.store.columns import Row, put
from personalization.store.protocol import Scope
from personalization.store.typed import COLUMNS, RAW, typed

CHUNK = 100_000
"""Tail rows that cross to the engine at once: bounds the memory of Python's own copies."""

FEW = 200
"""Up to that many contacts are named in the query, so that Parquet skips the others' rows."""

TYPES = {**{name: "BIGINT" if name.endswith("_at") else "VARCHAR"
            for name in ("key", "kind", "alias", "contact", "occurred_at", "recorded_at")},
         **EVENT_COLUMNS, "props": "VARCHAR", "hash": "BIGINT"}  # fmt: skip


@dataclass
class Astray:
    """Rows that stand under another contact than the one that their alias belonged to by the
    moment asked for: `homes` says to whom each alias belonged, `held` where rows may stand."""

    homes: dict[str, str] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)


def astray(connection: sqlite3.Connection, until: Micros | None) -> Astray:
    """What merges since then, and merges that compaction has not settled, have displaced."""
    rows = connection.execute(
        "SELECT alias, came_from, went_to FROM moved WHERE settled = 0"
        if until is None else
        "SELECT alias, came_from, went_to FROM moved WHERE settled = 0 OR alias IN "
        f"(SELECT alias FROM moved WHERE recorded_at > {until})"
    ).fetchall()  # fmt: skip
    found = Astray()
    for alias, came_from, went_to in rows:
        found.held |= {came_from, went_to}
        if alias not in found.homes and (home := contact_of(connection, alias, until)):
            found.homes[alias] = home
        elif alias not in found.homes:
            found.homes[alias] = ""
    return found


def tail_rows(
    connection: sqlite3.Connection, scope: Scope, until: Micros | None, lost: Astray
) -> Iterable[list[Row]]:
    """Rows of the tail, and replaced rows that still stood by then, in chunks of RAW columns."""
    names = ", ".join(RAW)
    where, values = within("contact", scope)
    known = "" if until is None else f" AND recorded_at <= {until}"
    own = connection.execute(f"SELECT {names} FROM tail WHERE {where}{known}", values)
    while rows := own.fetchmany(CHUNK):
        yield [row for row in rows if row[3] not in lost.homes] if lost.homes else rows
    fits = inside(scope)
    extra = []
    for alias, home in lost.homes.items():
        if home and fits(home):
            extra += [
                (home, *row[1:])
                for row in connection.execute(
                    f"SELECT {names} FROM tail WHERE alias = ? AND contact = "
                    f"(SELECT contact FROM alias WHERE alias = ?){known}",
                    (alias, alias),
                )
            ]
    if until is not None:
        extra += before_replacement(connection, fits, until)
    if extra:
        yield extra


def before_replacement(
    connection: sqlite3.Connection, fits: Callable[[str], bool], until: Micros
) -> list[Row]:
    """Rows that something greater replaced only after a moment."""
    found = []
    for row in connection.execute(
        f"SELECT {', '.join(RAW)} FROM replaced WHERE recorded_at <= ? AND replaced_at > ?",
        (until, until),
    ).fetchall():
        home = contact_of(connection, row[3], until)
        if home and fits(home):
            found.append((home, *row[1:]))
    return found


def load_events(
    connection: sqlite3.Connection, folder: Path, engine: Engine, scope: Scope,
    until: Micros | None,
) -> None:  # fmt: skip
    """Makes `events`: a view over Parquet and a table of the tail."""
    lost = astray(connection, until)
    load_tail(engine, tail_rows(connection, scope, until, lost))
    parts = [f"SELECT {', '.join(COLUMNS)} FROM tail_events"]
    if any(group.file for group in base.manifest(connection)):
        replaced = connection.execute("SELECT key, hash FROM replaced WHERE in_base = 1").fetchall()
        if replaced:
            put(engine, "replaced_rows", replaced, {"key": "VARCHAR", "hash": "BIGINT"})
        if lost.homes:
            homes = sorted(lost.homes.items())
            put(engine, "astray", homes, {"alias": "VARCHAR", "home": "VARCHAR"})
        parts += based(connection, folder, scope, until, lost, bool(replaced))
    # A view, so that of the many columns only those that are asked for are read.
    engine.run(f"CREATE OR REPLACE TEMP VIEW events AS {' UNION ALL '.join(parts)}")


def load_tail(engine: Engine, chunks: Iterable[list[Row]]) -> None:
    """Fills `tail_events` from raw rows."""
    shape = ", ".join(f'"{name}" {kind}' for name, kind in TYPES.items())
    engine.run(f"CREATE OR REPLACE TEMP TABLE tail_events ({shape})")
    for rows in chunks:
        if rows:
            put(engine, "raw_events", rows, RAW)
            engine.run(f"INSERT INTO tail_events {typed('raw_events')}")
            engine.run("DROP TABLE raw_events")


def based(
    connection: sqlite3.Connection, folder: Path, scope: Scope, until: Micros | None,
    lost: Astray, replaced: bool,
) -> list[str]:  # fmt: skip
    """The queries over Parquet: rows that stand where they belong, and rows gone astray."""
    rules = [] if until is None else [f"recorded_at <= {until}"]
    if replaced:
        rules.append("NOT EXISTS (SELECT 1 FROM replaced_rows r WHERE r.key = b.key "
                     "AND r.hash = b.hash)")  # fmt: skip
    parts = []
    files = base.files_of(connection, buckets_of(scope))
    if files:
        mine = [*rules, named_in("contact", scope)]
        if lost.homes:
            mine.append("alias NOT IN (SELECT alias FROM astray)")
        parts.append(f"SELECT {', '.join(COLUMNS)} FROM {base.scan(folder, files)} b "
                     f"WHERE {' AND '.join(mine)}")  # fmt: skip
    elsewhere = base.files_of(connection, {bucket(one) for one in lost.held})
    fits = inside(scope)
    if elsewhere and any(home and fits(home) for home in lost.homes.values()):
        theirs = [*rules, named_in("home", scope), f"b.contact IN {texts(sorted(lost.held))}"]
        chosen = ", ".join("home AS contact" if one == "contact" else f"b.{one}"
                           for one in COLUMNS)  # fmt: skip
        parts.append(
            f"SELECT {chosen} FROM {base.scan(folder, elsewhere)} b "
            f"JOIN astray USING (alias) WHERE {' AND '.join(theirs)}"
        )
    return parts


def buckets_of(scope: Scope) -> Iterable[int]:
    """The buckets that a scope touches."""
    if scope.ids is None:
        return range(scope.first, scope.last + 1)
    return {bucket(one) for one in scope.ids if is_contact(one)}


def within(column: str, scope: Scope) -> tuple[str, Sequence[str]]:
    """A scope as an SQLite condition and its values."""
    if scope.ids is None:
        return f"{column} >= ? AND {column} < ?", between(scope.first, scope.last)
    return f"{column} IN (SELECT value FROM json_each(?))", (canonical(scope.ids),)


def named_in(column: str, scope: Scope) -> str:
    """A scope as a condition in the engine."""
    if scope.ids is None:
        least, below = between(scope.first, scope.last)
        return f"{column} >= {literal(least)} AND {column} < {literal(below)}"
    if len(scope.ids) <= FEW:
        return f"{column} IN {texts(scope.ids)}"
    return f"{column} IN (SELECT id FROM contacts)"


def texts(values: Sequence[str]) -> str:
    """A list of texts for IN; an empty one fits nothing."""
    return "(" + (", ".join(literal(one) for one in values) or "NULL") + ")"


def inside(scope: Scope) -> Callable[[str], bool]:
    """Whether a contact is in a scope."""
    if scope.ids is not None:
        return frozenset(scope.ids).__contains__
    least, below = between(scope.first, scope.last)
    return lambda contact: least <= contact < below
