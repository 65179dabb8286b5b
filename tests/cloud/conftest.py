"""Engines that tests share are closed in the end."""

from collections.abc import Iterator

import pytest

from tests.store.histories import KEPT, engine


@pytest.fixture(scope="session", autouse=True)
def closed_in_the_end() -> Iterator[None]:
    """The property tests' engines and folders."""
    yield
    engine.cache_clear()
    KEPT.close()
