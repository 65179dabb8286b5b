"""Getting rid of what is on disk and should not be: ending an erasure, and what was spilled."""

import sqlite3
from pathlib import Path

from personalization.store import base, spill
from personalization.store.connection import writing
from personalization.store.tables import setting

DUE = "sweep"
"""The setting that says that an erasure has not reached every byte yet."""


def end_erasure(connection: sqlite3.Connection, events: Path) -> None:
    """Files that still hold the person go, and so does the write-ahead log; nothing to do where
    no erasure is open. A reader that began before may fail on a missing file and has to begin
    again. While one keeps the write-ahead log, the erasure stays open: the next start or
    compaction ends it."""
    if setting(connection, DUE) is None:
        return
    with writing(connection):
        base.sweep(connection, events)
    if empty_log(connection):
        with writing(connection):
            connection.execute("DELETE FROM setting WHERE name = ?", (DUE,))


def empty_log(connection: sqlite3.Connection) -> bool:
    """Empties the write-ahead log; whether no reader kept it from that."""
    found = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return not any(busy for busy, _, _ in found)


def spilled(*folders: Path) -> None:
    """Removes what killed processes have spilled in these folders."""
    for folder in folders:
        spill.sweep(folder / "spill")
