"""A CSV or Parquet file as rows of text, in pieces, each row with the number a person would look
for: the line in a CSV file (the heading is line 1), the row in a Parquet file (the first is 1)."""

import csv
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Literal

import duckdb

from personalization.errors import Stop
from personalization.models import Frozen

Cells = Sequence[str | None]
Row = tuple[int, Cells]

PARQUET_TYPES = {
    "VARCHAR": "text", "UUID": "text", "BOOLEAN": "boolean", "DATE": "date",
    "TINYINT": "integer", "SMALLINT": "integer", "INTEGER": "integer", "BIGINT": "integer",
    "UTINYINT": "integer", "USMALLINT": "integer", "UINTEGER": "integer", "UBIGINT": "integer",
    "FLOAT": "number", "DOUBLE": "number",
    "TIMESTAMP": "timestamp", "TIMESTAMP_S": "timestamp", "TIMESTAMP_MS": "timestamp",
    "TIMESTAMP_NS": "timestamp", "TIMESTAMP WITH TIME ZONE": "timestamp",
}  # fmt: skip


class Table(Frozen):
    """A file and its heading. `types` are a Parquet file's own; CSV knows only text (None)."""

    path: Path
    format: Literal["csv", "parquet"]
    columns: tuple[str, ...]
    types: tuple[str | None, ...]
    delimiter: str = ","

    def place(self, number: int) -> str:
        """Where a row stands, for a message."""
        return f"{self.path.name} {'line' if self.format == 'csv' else 'row'} {number}"


def open_table(path: Path, session: duckdb.DuckDBPyConnection) -> Table:
    """Reads the heading. Raises Stop for a heading that cannot be meant so."""
    table = csv_heading(path) if path.suffix.lower() == ".csv" else parquet_heading(path, session)
    seen = set[str]()
    for column in table.columns:
        if not column:
            raise Stop(f"{path.name}: a column has no name. Name it, or remove it.")
        if column in seen:
            raise Stop(f"{path.name}: column {column!r} is there twice. Rename or remove one.")
        seen.add(column)
    return table


def csv_heading(path: Path) -> Table:
    """The first line of a CSV file; whichever of comma, semicolon and tab it has most of
    divides all lines."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            line = file.readline()
    except UnicodeDecodeError:
        raise Stop(not_utf8(path)) from None
    if not line.strip():
        raise Stop(f"{path.name} has no heading. Its first line must name the columns.")
    delimiter = max(",;\t", key=line.count)
    columns = tuple(name.strip() for name in next(csv.reader([line], delimiter=delimiter)))
    return Table(
        path=path, format="csv", columns=columns, types=(None,) * len(columns), delimiter=delimiter
    )


def parquet_heading(path: Path, session: duckdb.DuckDBPyConnection) -> Table:
    """The columns of a Parquet file. Raises Stop for a type that has no meaning here."""
    try:
        found = session.execute(
            "SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM read_parquet(?))",
            [str(path)],
        ).fetchall()
    except duckdb.Error:
        raise Stop(f"{path.name} is not a Parquet file. Write it again, or as CSV.") from None
    types: list[str] = []
    for name, kind in found:
        known = PARQUET_TYPES.get(kind) or {"DECIMAL": "number", "ENUM": "text"}.get(
            kind.partition("(")[0]
        )
        if known is None:
            raise Stop(
                f"{path.name}: column {name!r} is of type {kind}, which is not known here. "
                "Write it as text, a number, true/false, a date or a timestamp."
            )
        types.append(known)
    return Table(
        path=path, format="parquet", columns=tuple(n for n, _ in found), types=tuple(types)
    )


def pieces(table: Table, skip: int, size: int) -> Iterator[list[Row]]:
    """The rows of a CSV file after the first `skip`, in pieces of at most `size`. A row whose cells do not fit
    the heading comes as it is; an empty line comes as a row without cells. Raises Stop where the
    file cannot be read on."""
    reading = csv_rows(table, skip)
    while piece := list(islice(reading, size)):
        yield piece


def csv_rows(table: Table, skip: int) -> Iterator[Row]:
    """The rows of a CSV file, quoted line breaks included."""
    with table.path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, delimiter=table.delimiter)
        try:
            for _ in islice(reader, skip + 1):
                pass
            line = reader.line_num + 1
            for cells in reader:
                yield line, cells
                line = reader.line_num + 1
        except UnicodeDecodeError:
            raise Stop(not_utf8(table.path)) from None
        except csv.Error:
            raise Stop(
                f"{table.place(reader.line_num)}: the line cannot be read. "
                "Is a quotation mark opened and never closed?"
            ) from None


def parquet_rows_at(
    table: Table, numbers: Sequence[int], session: duckdb.DuckDBPyConnection
) -> list[Row]:  # fmt: skip
    """Some rows of a Parquet file, by their numbers from 0, every value as text."""
    if not numbers:
        return []
    chosen = ", ".join(f'CAST("{quoted(name)}" AS VARCHAR)' for name in table.columns)
    found = session.execute(
        f"SELECT file_row_number, {chosen} FROM read_parquet(?, file_row_number = true) "
        "WHERE file_row_number IN (SELECT unnest(?))",
        [str(table.path), list(numbers)],
    ).fetchall()
    rows = {row[0]: (row[0] + 1, row[1:]) for row in found}
    return [rows[number] for number in numbers]


def quoted(name: str) -> str:
    """A column's name inside SQL's quotation marks."""
    return name.replace('"', '""')


def not_utf8(path: Path) -> str:
    """What to say of a file in another encoding, with the first line where it shows."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return (
                    f"{path.name} line {number} is not UTF-8. Save the file again as UTF-8 "
                    '(in a spreadsheet: "CSV UTF-8").'
                )
    return f"{path.name} is not UTF-8. Save the file again as UTF-8."


class Print(Frozen):
    """What a file was when it was read: its size, a hash of that many bytes, whether its last
    line had ended, and how many rows of it have been taken in."""

    size: int
    hash: str
    ended: bool
    rows: int = 0
    done: bool = False


def fingerprint(path: Path, size: int | None = None) -> Print:
    """The print of a file, or of its first `size` bytes."""
    left = path.stat().st_size if size is None else size
    hashed, total, last = blake2b(digest_size=16), 0, b""
    with path.open("rb") as file:
        while left > 0 and (block := file.read(min(left, 1 << 20))):
            hashed.update(block)
            total, left, last = total + len(block), left - len(block), block[-1:]
    return Print(size=total, hash=hashed.hexdigest(), ended=last in {b"\n", b"\r"})


def since(path: Path, before: Print | None) -> Print | None:
    """What is left to read of a file that was `before`: None where it has not changed, its print
    with the rows already taken in where it only grew, and with none where it is another file."""
    now = fingerprint(path)
    if before is None:
        return now
    if now.size == before.size and now.hash == before.hash:
        return None if before.done else before
    grown = path.suffix.lower() == ".csv" and now.size > before.size and before.ended
    if grown and fingerprint(path, before.size).hash == before.hash:
        return now.model_copy(update={"rows": before.rows})
    return now
