"""A transaction's context, and the small tables: settings, versions, inbox, dead letters."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from personalization.models import Micros


@dataclass
class Transaction:
    """What every writer needs. `homes` remembers whose an alias is, `words` texts by number."""

    connection: sqlite3.Connection
    recorded_at: Micros
    install_key: str
    events: Path
    homes: dict[str, str] = field(default_factory=dict)
    words: dict[str, int] = field(default_factory=dict)
    forgot: bool = False


def tick(connection: sqlite3.Connection, now: Micros) -> Micros:
    """The next recorded_at."""
    connection.execute("UPDATE clock SET last = max(last + 1, ?)", (now,))
    return watermark(connection)


def watermark(connection: sqlite3.Connection) -> Micros:
    """The last recorded_at."""
    (last,) = connection.execute("SELECT last FROM clock").fetchone()
    return int(last)


def setting(connection: sqlite3.Connection, name: str) -> str | None:
    """A small value by name."""
    found = connection.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
    return str(found[0]) if found else None


def keep_setting(connection: sqlite3.Connection, name: str, value: str) -> None:
    """Upserts a small value."""
    connection.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, value))


def place(connection: sqlite3.Connection, destination: str, account: str) -> int | None:
    """The number of a destination's account, if it has one."""
    found = connection.execute(
        "SELECT id FROM place WHERE destination = ? AND account = ?", (destination, account)
    ).fetchone()
    return int(found[0]) if found else None


def keep_place(connection: sqlite3.Connection, destination: str, account: str) -> int:
    """The number of a destination's account, given now if need be."""
    connection.execute(
        "INSERT OR IGNORE INTO place (destination, account) VALUES (?, ?)", (destination, account)
    )
    return place(connection, destination, account) or 0


def word(tx: Transaction, text: str | None) -> int | None:
    """The number of a text that many rows repeat."""
    if text is None:
        return None
    if text not in tx.words:
        tx.connection.execute("INSERT OR IGNORE INTO word (text) VALUES (?)", (text,))
        (tx.words[text],) = tx.connection.execute(
            "SELECT id FROM word WHERE text = ?", (text,)
        ).fetchone()
    return tx.words[text]


def facts(connection: sqlite3.Connection, version: str) -> str | None:
    """A facts version's JSON."""
    found = connection.execute("SELECT body FROM facts WHERE version = ?", (version,)).fetchone()
    return str(found[0]) if found else None


def facts_as_of(connection: sqlite3.Connection, as_of: Micros) -> str | None:
    """The newest facts made as of a moment."""
    found = connection.execute(
        "SELECT version FROM facts WHERE as_of = ? ORDER BY recorded_at DESC, version LIMIT 1",
        (as_of,),
    ).fetchone()
    return str(found[0]) if found else None


def playbook(connection: sqlite3.Connection, hash: str) -> Mapping[str, str] | None:
    """A playbook's files."""
    found = connection.execute("SELECT files FROM playbook WHERE hash = ?", (hash,)).fetchone()
    return dict(json.loads(found[0])) if found else None


def waiting(connection: sqlite3.Connection, most: int) -> list[tuple[int, str, str, str]]:
    """The oldest accepted webhooks."""
    return connection.execute(
        "SELECT id, connector, account, body FROM inbox ORDER BY id LIMIT ?", (most,)
    ).fetchall()


def accept(tx: Transaction, connector: str, account: str, body: str) -> int:
    """Adds to the inbox."""
    done = tx.connection.execute(
        "INSERT INTO inbox (connector, account, body, recorded_at) VALUES (?, ?, ?, ?)",
        (connector, account, body, tx.recorded_at),
    )
    return int(done.lastrowid or 0)


def taken(tx: Transaction, ids: Iterable[int]) -> None:
    """Drops from the inbox."""
    tx.connection.executemany("DELETE FROM inbox WHERE id = ?", ((int(id),) for id in ids))


def plan(connection: sqlite3.Connection, id: str) -> tuple[str, str] | None:
    """A plan's state and body."""
    found = connection.execute("SELECT state, body FROM plan WHERE id = ?", (id,)).fetchone()
    return (found[0], found[1]) if found else None


def plans(connection: sqlite3.Connection) -> list[tuple[str, str, Micros]]:
    """All plans, oldest first."""
    return connection.execute(
        "SELECT id, state, recorded_at FROM plan ORDER BY recorded_at, id"
    ).fetchall()


def letters(connection: sqlite3.Connection) -> Iterator[tuple[int, str, str, Micros]]:
    """What could not be processed, oldest first; by the page, because bodies may be long."""
    last = -1
    while page := connection.execute(
        "SELECT id, body, reason, recorded_at FROM dead_letter WHERE id > ? ORDER BY id LIMIT 100",
        (last,),
    ).fetchall():
        yield from page
        last = page[-1][0]


def drop_letters(tx: Transaction, ids: Iterable[int]) -> int:
    """Drops dead letters; returns how many there were."""
    return tx.connection.executemany(
        "DELETE FROM dead_letter WHERE id = ?", ((int(id),) for id in ids)
    ).rowcount
