"""Writing what was decided: decisions, memberships, arms, due rows, exposures."""

import json
import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence

from personalization.models import Columns, Micros, Shared
from personalization.store.aliases import FOREVER, root
from personalization.store.columns import Row, addition, objects, tuples
from personalization.store.standing import DECISION, WORDS
from personalization.store.tables import Transaction, word

MANY = 10_000
"""Contacts in a bulk: a plan's group, no longer a queue's or the clock's batch."""
FULL = {**DECISION, "now": "BIGINT", "seen": "BIGINT", "recorded_at": "BIGINT"}


def add_decisions(tx: Transaction, rows: Columns, shared: Shared) -> None:
    """Appends decisions; texts that repeat are kept as numbers."""
    ready, same = dict(rows), dict(shared)
    for name in WORDS:
        if name in rows:
            given = rows[name].tolist()
            numbers = {one: word(tx, one) for one in set(given)}
            ready[name] = objects([numbers[one] for one in given])
        else:
            same[name] = word(tx, shared[name])
    statement, values = addition("decision", ready, same | {"recorded_at": tx.recorded_at})
    tx.connection.executemany(f"INSERT OR REPLACE {statement}", values)


def decisions_of(
    connection: sqlite3.Connection, contacts: Sequence[str], until: Micros | None
) -> list[dict[str, object]]:
    """All decisions of these contacts (one person), oldest first."""
    return spelled(connection, contacts, until, known_words(connection))


def known_words(connection: sqlite3.Connection) -> dict[int, str]:
    """The texts that are kept as numbers."""
    return dict(connection.execute("SELECT id, text FROM word"))


def spelled(
    connection: sqlite3.Connection, contacts: Sequence[str], until: Micros | None,
    words: Mapping[int, str],
) -> list[dict[str, object]]:  # fmt: skip
    """The same, with words that were read before."""
    by = FOREVER if until is None else until
    rows: list[Row] = []
    for contact in contacts:
        rows += connection.execute(
            f"SELECT {', '.join(FULL)} FROM decision WHERE contact = ? AND recorded_at <= ?",
            (contact, by),
        ).fetchall()
    found = [dict(zip(FULL, row, strict=True)) for row in rows]
    for one in found:
        one |= {name: words.get(one[name]) for name in WORDS}
    return sorted(found, key=lambda one: (one["recorded_at"], one["slot"], one["contact"]))


def add_memberships(tx: Transaction, contacts: Sequence[str], segments: Sequence[str]) -> None:
    """Appends membership rows."""
    tx.connection.executemany(
        "INSERT OR REPLACE INTO membership (contact, recorded_at, segments) "
        f"VALUES (?, {tx.recorded_at}, ?)", zip(contacts, segments, strict=True),
    )  # fmt: skip


def assign_arms(tx: Transaction, contacts: Sequence[str], arms: Sequence[str]) -> None:
    """Gives arms to contacts that have none yet."""
    tx.connection.executemany(
        f"UPDATE contact SET arm = ?, arm_at = {tx.recorded_at} WHERE id = ? AND arm IS NULL",
        zip(arms, contacts, strict=True),
    )


def add_due(
    tx: Transaction, rows: Iterable[tuple[Micros, str, str, str]], instead_of: Sequence[str]
) -> None:
    """Upserts due rows; the contacts in `instead_of` lose their earlier looks. Rows that are
    there already as they should be are not touched: on most days that is nearly all."""
    wanted = {row[3]: row for row in rows}
    kept = looks(tx.connection, instead_of)
    done(tx, ((row[1], row[3]) for row in kept if row[3] not in wanted))
    for row in kept:
        if wanted.get(row[3]) == row:
            del wanted[row[3]]
    tx.connection.executemany(
        "INSERT OR REPLACE INTO due (moment, contact, reason, key) VALUES (?, ?, ?, ?)",
        wanted.values(),
    )


def done(tx: Transaction, rows: Iterable[tuple[str, str]], decided: Collection[str] = ()) -> None:
    """See `Recorder.done`."""
    given = list(rows)
    given += [(root(tx.connection, one), key) for one, key in given if one in decided]
    tx.connection.executemany("DELETE FROM due WHERE contact = ? AND key = ?", given)


def looks(connection: sqlite3.Connection, contacts: Sequence[str]) -> list[Row]:
    """The looks of some contacts. Those of very many are met by reading all between them."""
    if len(contacts) <= MANY:
        where = "contact IN (SELECT value FROM json_each(?))"
        values: tuple[str, ...] = (json.dumps(contacts),)
    else:
        where, values = "contact BETWEEN ? AND ?", (min(contacts), max(contacts))
    asked = frozenset(contacts)
    found = connection.execute(
        "SELECT moment, contact, reason, key FROM due INDEXED BY due_key "
        f"WHERE reason = 'look' AND {where}", values,
    )  # fmt: skip
    return [row for row in found if row[1] in asked]


def due(
    connection: sqlite3.Connection, until: Micros, most: int
) -> list[tuple[Micros, str, str, str]]:
    """Due rows by moment, none of a contact's rows of one moment left behind: they are decided
    together, however many rows are asked for."""
    chosen = "SELECT moment, contact, reason, key FROM due"
    found = connection.execute(
        f"{chosen} WHERE moment <= ? ORDER BY moment, rowid LIMIT ?", (until, most)
    ).fetchall()
    if len(found) == most:
        last = found[-1][0]
        cut = json.dumps([row[1] for row in found if row[0] == last])
        found += connection.execute(
            f"{chosen} INDEXED BY due_key WHERE moment = ? "
            "AND contact IN (SELECT value FROM json_each(?))", (last, cut),
        ).fetchall()  # fmt: skip
    return sorted(set(found), key=lambda row: (row[0], row[1], row[3]))


def add_exposures(tx: Transaction, rows: Columns) -> None:
    """Adds exposures; a decision that was exposed no longer stands."""
    ready = list(tuples(rows, ("contact", "key", "sent_at", "decision")))
    tx.connection.executemany(
        "INSERT OR IGNORE INTO exposure (contact, key, sent_at, decision, recorded_at) "
        f"VALUES (?, ?, ?, ?, {tx.recorded_at})", ready,
    )  # fmt: skip
    tx.connection.executemany(
        "UPDATE decision SET exposed_at = ? WHERE id = ? AND exposed_at IS NULL AND contact IN ("
        "WITH RECURSIVE parts (one) AS (SELECT ? UNION SELECT c.id FROM contact c "
        "JOIN parts ON c.merged_into = parts.one) SELECT one FROM parts)",
        ((tx.recorded_at, decision, contact) for contact, _, _, decision in ready if decision),
    )
