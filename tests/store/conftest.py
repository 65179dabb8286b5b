"""Every implementation of the store goes through the same suite: add it to `MAKERS`."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from personalization.store.embedded import EmbeddedStore, open_store
from tests.store.histories import KEPT, engine

KEY = "the tests' key"


@contextmanager
def cloud(folder: Path) -> Iterator[EmbeddedStore]:
    """A store over an emulator in this process, where there is one."""
    pytest.importorskip("moto")
    from tests.cloud import shelves

    with shelves.account(), shelves.opened(folder, KEY) as store:
        yield store


MAKERS: dict[str, Callable[[Path], AbstractContextManager[EmbeddedStore]]] = {
    "cloud": cloud,
    "embedded": lambda folder: open_store(folder, KEY),
}

FILES = "speaks of the embedded store's own files"
AT_HOME = {
    "test_a_file_stays_for_readers_until_the_next_compaction": FILES,
    "test_a_grown_base_is_split_into_files_and_groups": FILES,
    "test_erasure_reaches_every_byte": FILES,
    "test_an_erasure_cut_short_is_ended_by_the_next_start": FILES,
    "test_an_erasure_is_open_until_no_reader_keeps_the_log": FILES,
    "test_another_process_sees_what_is_committed_and_nothing_else": FILES,
}
"""Tests that only the embedded store can be put to; `tests/cloud` has their like."""


@pytest.fixture(params=sorted(MAKERS))
def store(request, tmp_path: Path) -> Iterator[EmbeddedStore]:
    """An empty store."""
    if request.param != "embedded" and request.node.originalname in AT_HOME:
        pytest.skip(AT_HOME[request.node.originalname])
    with MAKERS[request.param](tmp_path) as made:
        yield made


@pytest.fixture(scope="session", autouse=True)
def closed_in_the_end() -> Iterator[None]:
    """Engines that tests share."""
    yield
    engine.cache_clear()
    KEPT.close()
