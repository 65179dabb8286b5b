"""An account for every file, and what tests share is closed in the end."""

from collections.abc import Iterator

import pytest

from tests.store.histories import KEPT, engine


@pytest.fixture(scope="session", autouse=True)
def closed_in_the_end() -> Iterator[None]:
    """The property tests' engines and folders."""
    yield
    engine.cache_clear()
    KEPT.close()


@pytest.fixture(scope="module", autouse=True)
def account() -> Iterator[None]:
    """An emulated account, gone with the file."""
    pytest.importorskip("moto")
    from tests.cloud import shelves

    with shelves.account():
        yield


@pytest.fixture
def pair(tmp_path):
    """Two processes at one table."""
    from tests.cloud.shelves import opened, table

    over = table()
    with opened(tmp_path / "one", "key", over) as one, opened(tmp_path / "two", "key", over) as two:
        yield one, two
