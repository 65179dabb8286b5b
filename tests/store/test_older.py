"""A store that an older program made is brought up to date when it is opened, and keeps what it has."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

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


def test_a_store_of_the_first_version_gets_the_indexes_of_today(tmp_path) -> None:
    with open_store(tmp_path, "key") as store:
        (ann,) = meet(store, ANN)
        with store.record(NOW) as recorder:
            recorder.outbox([fields(ann), send(ann, "s1")])
        before = store.outbox()
    today = made(tmp_path)
    with file_of(tmp_path) as file:
        for words in ("DROP INDEX outbox_open", "DROP INDEX outbox_plan",
                      "CREATE INDEX outbox_plan ON outbox (plan, state)",
                      "CREATE INDEX outbox_state ON outbox (state)", "PRAGMA user_version = 1"):  # fmt: skip
            file.execute(words)
    for _ in range(2):
        with open_store(tmp_path, "key") as store:
            assert store.outbox() == before
            assert len(store.outbox(states=["planned"], kinds=["send"])) == 1
        assert made(tmp_path).keys() == today.keys()
    assert " ".join(made(tmp_path)["outbox_plan"].split()) == today["outbox_plan"]
    with file_of(tmp_path) as file:
        assert file.execute("PRAGMA user_version").fetchone() == (VERSION,)
