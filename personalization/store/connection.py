"""SQLite as this store uses it: settings, snapshots, transactions.

WAL lets other processes read while one writes. synchronous=FULL, because an accepted webhook is
answered, and a call made, on the strength of a commit: NORMAL may lose the last commits when the
power fails. secure_delete, because an erased person's rows must not stay in free pages.
"""

import sqlite3
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

from personalization.errors import Retry, Stop

VERSION = 3
STEPS = {
    1: ("DROP INDEX IF EXISTS outbox_state",
        "DROP INDEX outbox_plan",
        "CREATE INDEX outbox_plan ON outbox (plan, state, kind)",
        ("CREATE INDEX IF NOT EXISTS outbox_open ON outbox (state, kind) "
        "WHERE NOT (state IN ('planned', 'confirmed') AND kind IN ('fields', 'tags'))")),
    2: ("ALTER TABLE due RENAME TO due_before",
        "DROP INDEX due_moment",
        "DROP INDEX due_contact",
        ("CREATE TABLE due (contact TEXT NOT NULL, key TEXT NOT NULL, moment INTEGER NOT NULL, "
        "reason TEXT NOT NULL) STRICT"),
        ("INSERT INTO due (contact, key, moment, reason) "
        "SELECT contact, key, moment, reason FROM due_before ORDER BY contact, key"),
        "DROP TABLE due_before",
        "CREATE UNIQUE INDEX due_key ON due (contact, key)",
        "CREATE INDEX due_moment ON due (moment)"),
}  # fmt: skip
"""What makes a store of one version one of the next."""
BUSY_MS = 60_000
CACHE_KB = 65_536
MANY = 10_000
"""Rows in a bulk: a page of an import, no longer a queue's batch."""
PRAGMAS = (
    "page_size = 16384",  # rows of several hundred bytes: a quarter less work than with 4096
    "journal_mode = WAL", "synchronous = FULL", f"busy_timeout = {BUSY_MS}",
    "secure_delete = ON", "temp_store = MEMORY", f"cache_size = -{CACHE_KB}",
    "journal_size_limit = 67108864", "trusted_schema = OFF",
)  # fmt: skip


class Connections:
    """One connection a thread to the same file, all closed together."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._open: dict[int, sqlite3.Connection] = {}
        self._lock = threading.Lock()
        self.close = weakref.finalize(self, close_all, self._open)

    def get(self) -> sqlite3.Connection:
        """This thread's connection."""
        thread = threading.get_ident()
        found = self._open.get(thread)
        if found is None:
            found = connect(self._path)
            with self._lock:
                self._open[thread] = found
        return found


def close_all(connections: dict[int, sqlite3.Connection]) -> None:
    """Closes connections, whoever opened them."""
    for one in connections.values():
        one.close()
    connections.clear()


@contextmanager
def roomy(connection: sqlite3.Connection, rows: int) -> Iterator[None]:
    """For so many rows that they touch most pages of a table: memory for these, given back after,
    because a page that does not fit is written and read again several times a transaction."""
    if rows < MANY:
        yield
        return
    connection.execute(f"PRAGMA cache_size = -{4 * CACHE_KB}").fetchall()
    try:
        yield
    finally:
        connection.execute(f"PRAGMA cache_size = -{CACHE_KB}").fetchall()


def connect(path: Path) -> sqlite3.Connection:
    """A connection that leaves transactions to us."""
    connection = sqlite3.connect(
        path, timeout=BUSY_MS / 1000, isolation_level=None, check_same_thread=False,
        cached_statements=256,
    )  # fmt: skip
    try:
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}").fetchall()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def prepare(connection: sqlite3.Connection) -> None:
    """Makes the tables where there are none, and brings an older store up to date. Raises Stop for
    a store of a newer program. A store that is as it should be is opened without a lock, even while
    another process writes."""
    if schema_version(connection) == VERSION:
        return
    with writing(connection):
        version = schema_version(connection)
        if version > VERSION:
            raise Stop(f"the store has schema version {version}, this program knows {VERSION}: "
                       "install the newer program again")  # fmt: skip
        if version == 0:
            schema = files("personalization.store").joinpath("schema.sql").read_text()
            for statement in statements(schema):
                connection.execute(statement)
        for older in range(version or VERSION, VERSION):
            for statement in STEPS[older]:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {VERSION}")


def schema_version(connection: sqlite3.Connection) -> int:
    """The version of the tables; 0 where there are none."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def statements(script: str) -> Iterator[str]:
    """A script's statements. `executescript` would commit the transaction that it runs in."""
    text = ""
    for line in script.splitlines(keepends=True):
        text += line
        if sqlite3.complete_statement(text):
            yield text
            text = ""


@contextmanager
def writing(connection: sqlite3.Connection) -> Iterator[None]:
    """A transaction that holds the write lock from its start; undone if anything is raised.
    Raises Retry when another process held the lock for too long."""
    if connection.in_transaction:
        raise RuntimeError("a transaction is open in this thread already")
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as problem:
        if problem.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
            raise Retry("the store is busy: another process is writing") from problem
        raise
    try:
        yield
        commit(connection)
    except BaseException:
        connection.rollback()
        raise


def commit(connection: sqlite3.Connection) -> None:
    """Makes a transaction's writes durable and visible."""
    connection.execute("COMMIT")


@contextmanager
def reading(connection: sqlite3.Connection) -> Iterator[None]:
    """One moment of the store for several reads. Within a transaction: that transaction's."""
    if connection.in_transaction:
        yield
        return
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.rollback()
