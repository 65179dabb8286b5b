"""Contacts, events, order lines and products from a folder of CSV or Parquet files, in the form
that docs/files.md describes. A source only: nothing is ever written.

A mistake in a heading or an encoding stops the file (Stop). A row that cannot be taken is set
aside with its place and reason, and the rest goes on; a file whose first rows are all wrong stops,
because then the file is meant otherwise. The cursor holds each file's print and row: a file that
has not changed is not read again, one that grew continues, one that is another is read anew; keys
make rows that were there before duplicates.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from os import process_cpu_count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
from pydantic import Field

from connectors.shared.aside import put_aside
from connectors.shared.cells import Column
from connectors.shared.entries import arrival_of, contact_events, names_of, product_of
from connectors.shared.lines import Lines
from connectors.shared.rows import checked
from connectors.shared.sheets import SHEETS, columns_of, files_in
from connectors.shared.table import Print, open_table, since
from connectors.shared.webhook import settings_of
from personalization.apart import apart
from personalization.arrival import Arrival, arrived
from personalization.connector import Page, SetAside
from personalization.errors import Skip, Stop
from personalization.models import Frozen, Product
from personalization.uncollected import uncollected

ALL_WRONG = 20
"""From so many rows on, a first page with nothing right in it is a mistake of the file's."""


class Settings(Frozen):
    """`folder` holds the files. `currency` is the one of amounts that name none, `zone` the one
    of moments that name none. `page` is how many rows make a page. From `apart` unread bytes on,
    a process of its own reads them."""

    folder: Path
    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")
    zone: str = "UTC"
    page: int = Field(default=60_000, ge=1)
    apart: int = Field(default=4_000_000, ge=0)


def source(account: str, settings: Mapping[str, Any]) -> "Files":
    """The source over a folder. Raises Stop for settings that cannot be meant so."""
    return Files(account, settings_of(Settings, "files", account, settings))


class Files:
    """A `personalization.connector.Source` over one folder. `spill` names the folder for what does
    not fit into memory, the system's where it gives None: rows of people, which whoever opens a
    store clears away there after a kill."""

    name = "files"

    def __init__(self, account: str, settings: Settings) -> None:
        self.account = account
        self.settings = settings
        self.spill: Callable[[], Path | None] = the_systems

    def pull(self, cursor: str | None) -> Iterator[Page]:
        """Everything new since the cursor: products, then contacts, then events, each file in
        its own order. Where that is much, another process reads it, on a core of its own. Raises Stop for a file that
        cannot be meant so."""
        if process_cpu_count() != 1 and self.unread(cursor) >= self.settings.apart:
            yield from apart(read, self, cursor)
        else:
            yield from self.read(cursor)

    def unread(self, cursor: str | None) -> int:
        """Bytes of the files that have not been read to their end, by their sizes alone."""
        prints = prints_of(cursor)
        sizes = {path.name: path.stat().st_size for paths in files_in(self.settings.folder).values()
                 for path in paths}  # fmt: skip
        return sum(size for name, size in sizes.items()
                   if not ((one := prints.get(name)) and one.done and one.size == size))  # fmt: skip

    def read(self, cursor: str | None) -> Iterator[Page]:
        """The same, read in this process."""
        prints = prints_of(cursor)
        found = files_in(self.settings.folder)
        with TemporaryDirectory(dir=self.spill()) as spill, session(self.settings, spill) as engine:
            lines = Lines(engine, self.settings.currency, found["lines"], prints)
            if lines.replaced:
                # Lines belong to events: other lines mean that every event is read anew.
                prints = {n: p for n, p in prints.items() if not n.lower().startswith("events")}
            for kind in ("products", "contacts", "events"):
                for path in found[kind]:
                    yield from self.file(kind, path, prints, engine, lines)
            if lines.changed:
                aside = tuple(lines.load())
                prints.update(lines.prints)
                yield page_of([], aside, prints, lines.unmatched())

    def file(
        self, kind: str, path: Path, prints: dict[str, Print],
        engine: duckdb.DuckDBPyConnection, lines: Lines,
    ) -> Iterator[Page]:  # fmt: skip
        """The pages of one file; `prints` advances with each."""
        left = since(path, prints.get(path.name))
        if left is None:
            return
        table = open_table(path, engine)
        columns = columns_of(SHEETS[kind], table)
        start, pending = left.rows, list[SetAside]()
        if kind == "events":
            pending = lines.load()
            prints.update(lines.prints)
        size, currency = self.settings.page, self.settings.currency
        for piece in checked(engine, table, columns, start, size, currency):
            with uncollected():
                made, skipped = self.entries(kind, path, columns, piece.good, lines)
            rows = piece.at([n for n, _ in skipped])
            reasons = (why for _, why in skipped)
            wrong = [*piece.wrong, *zip(rows, reasons, strict=True)]
            if start == 0 and left.rows == 0 and piece.rows == len(wrong) >= ALL_WRONG:
                raise Stop(f"no row of {path.name} can be taken. {table.place(wrong[0][0][0])}: "
                           f"{wrong[0][1]}")  # fmt: skip
            left = left.model_copy(update={"rows": left.rows + piece.rows})
            prints[path.name] = left
            aside = (*pending, *(put_aside(table, row, reason) for row, reason in wrong))
            yield page_of(made, aside, prints)
            pending = []
        prints[path.name] = left.model_copy(update={"done": True})
        yield page_of([], tuple(pending), prints)

    def entries(
        self, kind: str, path: Path, columns: Sequence[Column],
        good: Sequence[tuple[Any, ...]], lines: Lines,
    ) -> tuple[list[Arrival | Product], list[tuple[int, str]]]:  # fmt: skip
        """What the rows say, and the rows (number within the piece, reason) that say nothing."""
        names = names_of(columns)
        made: list[Arrival | Product] = []
        skipped: list[tuple[int, str]] = []
        if kind == "events":
            event = arrival_of(self.account, names)
            for row, own in zip(good, lines.of(names, good), strict=True):
                try:
                    made.append(event(row[1:], own))
                except Skip as reason:
                    skipped.append((row[0], str(reason)))
            return made, skipped
        product = product_of(self.settings.currency)
        contact = contact_events(self.account, path.stat().st_mtime_ns // 1000)
        for row in good:
            values = dict(zip(names, row[1:], strict=True))
            try:
                made.extend([product(values)] if kind == "products" else arrived(contact(values)))
            except Skip as reason:
                skipped.append((row[0], str(reason)))
        return made, skipped


def the_systems() -> Path | None:
    """Where a folder for spilling lies that nobody has named."""
    return None


def read(files: Files, cursor: str | None) -> Iterator[Page]:
    """What a folder says, for another process."""
    return files.read(cursor)


def prints_of(cursor: str | None) -> dict[str, Print]:
    """What a cursor says of each file."""
    return {name: Print(**kept) for name, kept in json.loads(cursor or "{}").items()}


def session(settings: Settings, spill: str) -> duckdb.DuckDBPyConnection:
    """DuckDB that can read the folder and nothing else."""
    engine = duckdb.connect(config={"threads": 2})
    try:
        for name, value in (
            ("TimeZone", settings.zone), ("memory_limit", "1GB"), ("temp_directory", spill),
            ("allowed_directories", [str(settings.folder)]), ("enable_external_access", False),
            ("enable_progress_bar", False), ("lock_configuration", True),
        ):  # fmt: skip
            engine.execute(f"SET {name} = {literal(value)}").fetchall()
    except duckdb.Error:
        engine.close()
        raise Stop("zone: write a name of the time zone database, such as Europe/Paris") from None
    return engine


def literal(value: str | bool | list[str]) -> str:
    """A setting's value in SQL."""
    if isinstance(value, list):
        return f"[{', '.join(literal(each) for each in value)}]"
    return str(value).lower() if isinstance(value, bool) else "'" + value.replace("'", "''") + "'"


def page_of(
    made: Sequence[Arrival | Product], aside: tuple[SetAside, ...], prints: Mapping[str, Print],
    unmatched: int = 0,
) -> Page:  # fmt: skip
    """A page, its cursor being every file's print."""
    return Page(
        arrivals=tuple(one for one in made if isinstance(one, Arrival)),
        products=tuple(one for one in made if isinstance(one, Product)),
        set_aside=aside,
        unmatched=unmatched,
        cursor=json.dumps({name: kept.model_dump() for name, kept in sorted(prints.items())}),
    )
