"""Every implementation of the store goes through the same suite: add it to `MAKERS`."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from personalization.store.embedded import EmbeddedStore, open_store
from tests.store.histories import KEPT, engine

MAKERS: dict[str, Callable[[Path], EmbeddedStore]] = {
    "embedded": lambda folder: open_store(folder, "the tests' key"),
}


@pytest.fixture(params=sorted(MAKERS))
def store(request, tmp_path: Path) -> Iterator[EmbeddedStore]:
    """An empty store."""
    with ExitStack() as stack:
        yield stack.enter_context(MAKERS[request.param](tmp_path))


@pytest.fixture(scope="session", autouse=True)
def closed_in_the_end() -> Iterator[None]:
    """Engines that tests share."""
    yield
    engine.cache_clear()
    KEPT.close()
