"""Work that makes very many rows and no cycles: the collector of cycles would look through all of
them, again and again, and find nothing. Looking takes a quarter of the time."""

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Keeps the collector out until the block ends, if it was in."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def seldom[T](items: Iterable[T]) -> Iterator[T]:
    """The items, the collector looking once after each at what is new, and not while it is made
    or worked on: for pages of very many rows."""
    with uncollected():
        for one in items:
            yield one
            gc.collect(0)


def collect_rarely() -> None:
    """For a process that works through rows from its beginning to its end: the collector looks
    after fifty times as many new objects as usual. Looking took a twelfth of the demo's time."""
    gc.set_threshold(100_000, 20, 50)
