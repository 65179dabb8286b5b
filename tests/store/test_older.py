"""A store that an older program made is brought up to date when it is opened, and keeps what it has."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from personalization.store.connection import VERSION
from personalization.store.embedded import open_store
from tests.store.histories import ANN, NOW, send
from tests.store.meeting import fields, meet


@contextmanager
def file_of(folder: Path) -> Iterator[sqlite3.Connection]:
    """A store's file, without the store."""
    with closing(sqlite3.connect(folder / "contacts.sqlite")) as file, file:
        yield file


def made(folder: Path) -> dict[str, str]:
    """The indexes of a store's file, by name."""
    with file_of(folder) as file:
        return dict(file.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index'"))


FIRST = (
    "DROP INDEX outbox_open", "DROP INDEX outbox_plan",
    "CREATE INDEX outbox_plan ON outbox (plan, state)",
    "CREATE INDEX outbox_state ON outbox (state)",
)  # fmt: skip
SECOND = (
    ("CREATE TABLE older (key TEXT PRIMARY KEY, moment INTEGER NOT NULL, contact TEXT NOT NULL, "
    "reason TEXT NOT NULL) STRICT, WITHOUT ROWID"),
    "INSERT INTO older SELECT key, moment, contact, reason FROM due", "DROP TABLE due",
    "ALTER TABLE older RENAME TO due",
    "CREATE INDEX due_moment ON due (moment, contact, key)",
    "CREATE INDEX due_contact ON due (contact)",
)  # fmt: skip


@pytest.mark.parametrize("version", [1, 2])
def test_an_older_store_gets_the_tables_of_today_and_keeps_its_rows(tmp_path, version: int) -> None:
    with open_store(tmp_path, "key") as store:
        (ann,) = meet(store, ANN)
        with store.record(NOW) as recorder:
            recorder.outbox([fields(ann), send(ann, "s1")])
            recorder.due([(NOW + 2, ann, "look", "b"), (NOW + 1, ann, "cart", "a")])
        before, due = store.outbox(), store.due(NOW + 9)
    today = made(tmp_path)
    with file_of(tmp_path) as file:
        for words in (*SECOND, *(FIRST if version == 1 else ())):
            file.execute(words)
        file.execute(f"PRAGMA user_version = {version}")
    for _ in range(2):
        with open_store(tmp_path, "key") as store:
            assert (store.outbox(), store.due(NOW + 9)) == (before, due)
            assert len(store.outbox(states=["planned"], kinds=["send"])) == 1
        assert made(tmp_path).keys() == today.keys()
    assert " ".join(made(tmp_path)["outbox_plan"].split()) == today["outbox_plan"]
    with open_store(tmp_path, "key") as store, store.record(NOW) as recorder:
        recorder.due([(NOW + 5, ann, "look", "c")], instead_of=[ann])
    with file_of(tmp_path) as file:
        assert file.execute("PRAGMA user_version").fetchone() == (VERSION,)
        assert file.execute("SELECT key FROM due ORDER BY key").fetchall() == [("a",), ("c",)]
