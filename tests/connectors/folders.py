"""A folder of files as a source, for tests: what is put there, and what is read from it."""

from pathlib import Path

from connectors import find
from tests.connectors.told import events_of

SECOND = 1_000_000
MARCH = 1_772_323_200 * SECOND  # 2026-03-01T00:00:00Z


def source(folder, **settings):
    return find("files").source("main", {"folder": folder, **settings})


def put(folder: Path, name: str, *lines: str, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_text("".join(f"{line}\n" for line in lines), encoding=encoding)
    return path


def read(folder, cursor=None, **settings):
    """All events, all products, all rows set aside, and the last cursor."""
    pages = list(source(folder, **settings).pull(cursor))
    return (
        [event for page in pages for event in events_of(page)],
        [product for page in pages for product in page.products],
        [row for page in pages for row in page.set_aside],
        pages[-1].cursor if pages else cursor,
    )
