"""The rows of a file as checked values, piece by piece: those that can be taken, and those that
cannot, each with the reason."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import duckdb

from connectors.shared.cells import Column, convert, statement
from connectors.shared.table import Row, Table, parquet_rows_at, pieces, quoted

RowsAt = Callable[[Sequence[int]], list[Row]]


class Piece(NamedTuple):
    """Some rows of a file, numbered from 0: how many. `good` are (number, value...) in the order of the
    columns, `wrong` what the file says and why that cannot be taken. An empty line is neither. `at`
    gets at what the file says by numbers."""

    rows: int
    good: list[tuple[Any, ...]]
    wrong: list[tuple[Row, str]]
    at: RowsAt


def checked(
    engine: duckdb.DuckDBPyConnection, table: Table, columns: Sequence[Column], skip: int,
    size: int, currency: str | None,
) -> Iterator[Piece]:  # fmt: skip
    """The rows after the first `skip`, at most `size` in a piece. `currency` is the one of rows that
    name none."""
    if table.format == "csv":
        for rows in pieces(table, skip, size):
            good, wrong = rows_of(engine, table, columns, rows, currency)
            yield Piece(len(rows), good, wrong, picked(rows))
        return
    for count, rows_at in parquet_pieces(engine, table, columns, skip, size, currency):
        good = engine.execute(
            "SELECT * EXCLUDE reason FROM made WHERE reason IS NULL ORDER BY row"
        ).fetchall()
        found = engine.execute(
            "SELECT row, reason FROM made WHERE reason IS NOT NULL ORDER BY row"
        ).fetchall()
        rows = rows_at([number for number, _ in found])
        yield Piece(count, good, list(zip(rows, (why for _, why in found), strict=True)), rows_at)


def parquet_pieces(
    engine: duckdb.DuckDBPyConnection, table: Table, columns: Sequence[Column], skip: int,
    size: int, currency: str | None,
) -> Iterator[tuple[int, RowsAt]]:  # fmt: skip
    """A Parquet file within the engine: after each step the table `made` holds the values of a
    piece, as `cells.statement` describes. Gives how many rows it has."""
    place = str(table.path).replace("'", "''")
    file = f"read_parquet('{place}', file_row_number = true)"
    texts = ", ".join(
        f'CAST("{quoted(table.columns[c.index])}" AS VARCHAR) AS c{n}'
        for n, c in enumerate(columns)
    )

    # What a file does not keep as text comes out of it without white space at its ends.
    bare = [table.types[c.index] != "text" for c in columns]

    def rows_at(start: int) -> RowsAt:
        return lambda numbers: parquet_rows_at(table, [start + one for one in numbers], engine)

    (total,) = engine.execute(f"SELECT count(*) FROM {file}").fetchall()[0]
    for start in range(skip, total, size):
        piece = (
            f"(SELECT file_row_number - {start} AS row, {texts} FROM {file} "
            f"WHERE file_row_number >= {start} AND file_row_number < {start + size})"
        )
        engine.execute(statement(columns, currency, piece, bare)).fetchall()
        yield min(size, total - start), rows_at(start)


def picked(rows: Sequence[Row]) -> RowsAt:
    """Gets at the rows of a piece."""
    return lambda numbers: [rows[one] for one in numbers]


def rows_of(
    engine: duckdb.DuckDBPyConnection, table: Table, columns: Sequence[Column],
    rows: Sequence[Row], currency: str | None,
) -> tuple[list[tuple[Any, ...]], list[tuple[Row, str]]]:  # fmt: skip
    """Rows of text as a piece's `good` and `wrong`."""
    width = len(table.columns)
    fitting = [n for n, (_, cells) in enumerate(rows) if len(cells) == width]
    wrong = [
        (row, wrong_width(len(row[1]), width, table.delimiter))
        for row in rows
        if row[1] and len(row[1]) != width
    ]
    if not fitting:
        return [], wrong
    values, reasons = values_of(engine, columns, [rows[n][1] for n in fitting], currency)
    wrong += [(rows[n], why) for n, why in zip(fitting, reasons, strict=True) if why is not None]
    made = zip(fitting, *values, strict=True)
    return [row for row, why in zip(made, reasons, strict=True) if why is None], wrong


def values_of(
    engine: duckdb.DuckDBPyConnection, columns: Sequence[Column],
    cells: Sequence[Sequence[str | None]], currency: str | None,
) -> tuple[list[Sequence[Any]], list[str | None]]:  # fmt: skip
    """The values by column, and by row the reason why it cannot be taken. Text needs no engine:
    leaving it out makes this twice as fast."""
    raw = list(zip(*cells, strict=True))
    typed = [column for column in columns if column.type != "text"]
    made: list[Sequence[Any]] = []
    if typed:
        convert(engine, typed, cells, currency)
        found = engine.execute("SELECT * EXCLUDE row FROM made ORDER BY row").fetchall()
        made = list(zip(*found, strict=True))
    reasons: list[str | None] = list(made.pop()) if made else [None] * len(cells)
    others = iter(made)
    values: list[Sequence[Any]] = []
    for column in columns:
        if column.type != "text":
            values.append(next(others))
            continue
        texts = [(text.strip() or None) if text else None for text in raw[column.index]]
        if column.needed and None in texts:
            missing = f"{column.name} is missing"
            reasons = [why or (missing if text is None else None)
                       for why, text in zip(reasons, texts, strict=True)]  # fmt: skip
        values.append(texts)
    return values, reasons


def wrong_width(cells: int, width: int, delimiter: str) -> str:
    """What to say of a row with more or fewer cells than the heading."""
    return (
        f"{cells} cells where the heading has {width}; "
        f"is a {delimiter!r} inside a text that has no quotation marks around it?"
    )
