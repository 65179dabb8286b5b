"""Shadows: what each destination held of each contact when we last looked."""

import sqlite3
from collections.abc import Sequence
from typing import Any

import numpy as np

from personalization.consent import WRITABLE
from personalization.hashing import canonical
from personalization.models import Columns
from personalization.store.columns import Row, columns, objects, tuples
from personalization.store.events import within
from personalization.store.protocol import Scope
from personalization.store.tables import Transaction, keep_place, place

WRITTEN = ("contact", "outside_id", "email", "status", "values", "tags", "told", "observed_at")
TYPES = {**dict.fromkeys(WRITTEN, "VARCHAR"), "observed_at": "BIGINT", "seen": "BIGINT"}
Names = Sequence[str]
ALL = tuple(TYPES)


def keep_shadows(
    tx: Transaction, destination: str, account: str, source: str, rows: Columns
) -> None:
    """Upserts shadows. Where `told` is not given, the one kept before stays."""
    number = keep_place(tx.connection, destination, account)
    given = {**rows, "told": rows.get("told", objects([None] * len(rows["contact"])))}
    named = ", ".join(f'"{name}"' for name in WRITTEN)
    tx.connection.executemany(
        f"INSERT INTO shadow ({named}, place, seen, source) "
        f"VALUES (?, ?, ?, ?, ?, ?, ?, ?, {number}, {tx.recorded_at}, '{source}') "
        "ON CONFLICT DO UPDATE SET email = excluded.email, status = excluded.status, "
        '"values" = excluded."values", tags = excluded.tags, '
        "told = COALESCE(excluded.told, told), observed_at = excluded.observed_at, "
        "seen = excluded.seen, source = excluded.source",
        tuples(given, WRITTEN),
    )


def shadows(
    connection: sqlite3.Connection, destination: str, account: str, scope: Scope,
    read: Names = ALL,
) -> dict[str, np.ndarray]:  # fmt: skip
    """Shadow columns in contact order, one row a contact."""
    number = place(connection, destination, account)
    where, values = within("contact", scope)
    names = dict.fromkeys(("contact", "status", *read))
    types = {name: TYPES[name] for name in names}
    rows = connection.execute(
        f"SELECT {', '.join(f'"{name}"' for name in names)} FROM shadow "
        f"WHERE place = ? AND {where} ORDER BY contact, outside_id",
        (number, *values),
    ).fetchall()
    found = columns(rows, types)
    ids = found["contact"]
    if len(ids) > 1 and bool(np.any(ids[1:] == ids[:-1])):
        return columns(single(rows), types)
    return found


def single(rows: list[Row]) -> list[Row]:
    """One row a contact, of rows that begin with contact and status: somebody with two records in
    one destination is met at the one that may be written, else at the one with the smaller outside
    id, the same one every time."""
    chosen: dict[Any, Row] = {}
    for row in rows:
        held = chosen.setdefault(row[0], row)
        if held[1] not in WRITABLE and row[1] in WRITABLE:
            chosen[row[0]] = row
    return list(chosen.values())


def count_shadows(connection: sqlite3.Connection, destination: str, account: str) -> int:
    """Contacts in a destination that have not left it."""
    (count,) = connection.execute(
        "SELECT count(DISTINCT contact) FROM shadow WHERE place = ? "
        "AND status IN (SELECT value FROM json_each(?))",
        (place(connection, destination, account), canonical(sorted(WRITABLE))),
    ).fetchone()
    return int(count)
