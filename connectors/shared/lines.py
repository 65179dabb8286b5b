"""Order lines from files of their own, held as columns and handed out to the events they belong
to."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from connectors.shared.aside import put_aside
from connectors.shared.cells import Column, convert, statement
from connectors.shared.entries import names_of
from connectors.shared.sheets import SHEETS, columns_of
from connectors.shared.table import (
    Print,
    Row,
    Table,
    fingerprint,
    open_table,
    parquet_rows,
    pieces,
    quoted,
    since,
)
from personalization.connector import SetAside

PIECE = 50_000
A_BULK = 1_000_000
EMPTY = "CREATE OR REPLACE TEMP TABLE made AS SELECT 0 AS row, {}, NULL AS reason WHERE false"


class Lines:
    """The lines of all files. They are read when the first events need them. `changed`: there is
    something to read; `replaced`: a file is another than the one that earlier events were read
    with."""

    def __init__(
        self, engine: duckdb.DuckDBPyConnection, currency: str | None, paths: Sequence[Path],
        prints: Mapping[str, Print],
    ) -> None:  # fmt: skip
        self.engine = engine
        self.currency = currency
        self.paths = paths
        self.loaded = False
        self.before = {path.name: prints.get(path.name) for path in paths}
        left = {path.name: since(path, self.before[path.name]) for path in paths}
        self.changed = any(one is not None for one in left.values())
        self.replaced = any(
            before is not None and (now := left[name]) is not None and now.rows < before.rows
            for name, before in self.before.items()
        )
        self.prints: dict[str, Print] = {}

    def load(self) -> list[SetAside]:
        """Reads the files, once. Returns the lines that cannot be taken and were not among those
        already told of."""
        if self.loaded:
            return []
        self.loaded = True
        self.engine.execute(
            "CREATE TEMP TABLE order_lines (file INTEGER, n BIGINT, k VARCHAR, h UBIGINT, "
            "product VARCHAR, quantity BIGINT, amount BIGINT, category VARCHAR, fresh BOOLEAN); "
            "CREATE TEMP TABLE met (h UBIGINT)"
        ).fetchall()
        aside: list[SetAside] = []
        for number, path in enumerate(self.paths):
            before = self.before[path.name]
            known = 0 if before is None or self.replaced else before.rows
            aside += self.file(number, path, known)
        return aside

    def file(self, number: int, path: Path, known: int) -> list[SetAside]:
        """One file into the table; the first `known` rows were told of before."""
        print_ = fingerprint(path)
        table = open_table(path, self.engine)
        columns = columns_of(SHEETS["lines"], table)
        at = {name: f"v{n}" for n, name in enumerate(names_of(columns))}
        key = f"'key ' || {at['key']}" if "key" in at else f"'order ' || {at['order']}"
        chosen = ", ".join(at.get(name, "NULL") for name in ("product", "quantity", "amount",
                                                            "category"))  # fmt: skip
        aside: list[SetAside] = []
        read = 0
        making = made_of_parquet if table.format == "parquet" else made_of_csv
        for count, wrong, row_at in making(self.engine, table, columns, self.currency):
            self.engine.execute(
                f"INSERT INTO order_lines SELECT {number}, {read} + row, {key} AS k, hash(k), "
                f"{chosen}, {read} + row >= {known} FROM made "
                f"WHERE reason IS NULL AND {key} IS NOT NULL"
            ).fetchall()
            found = self.engine.execute(
                "SELECT row, coalesce(reason, 'key or order is missing') FROM made "
                f"WHERE reason IS NOT NULL OR {key} IS NULL ORDER BY row"
            ).fetchall()
            wrong += [(*row_at(index), reason) for index, reason in found]
            aside += [put_aside(table, row, why) for n, row, why in wrong if read + n >= known]
            read += count
        self.prints[path.name] = print_.model_copy(update={"rows": read, "done": True})
        return aside

    def of(
        self, names: Sequence[str], rows: Sequence[tuple[Any, ...]]
    ) -> list[list[dict[str, Any]]]:
        """The lines of each event row, in the order of their files."""
        if not self.paths or not rows:
            return [[] for _ in rows]
        at = {name: index + 1 for index, name in enumerate(names)}
        keys = [f"key {row[at['key']]}" for row in rows]
        orders = [f"order {row[at['order']]}" if row[at["kind"]] == "order" else None
                  for row in rows] if "order" in at else [None] * len(rows)  # fmt: skip
        wanted = sorted({*keys, *(order for order in orders if order)})
        self.engine.register("wanted", {"k": np.array(wanted, dtype=object)})
        theirs = "FROM order_lines WHERE h IN (SELECT hash(CAST(k AS VARCHAR)) FROM wanted)"
        self.engine.execute(f"INSERT INTO met SELECT DISTINCT h {theirs}").fetchall()
        lines = self.engine.execute(
            f"SELECT k, product, quantity, amount, category {theirs} ORDER BY file, n"
        ).fetchall()
        self.engine.unregister("wanted")
        found: dict[str, list[dict[str, Any]]] = {}
        for k, product, quantity, amount, category in lines:
            line = {"product": product, "quantity": 1 if quantity is None else quantity}
            if amount is not None:
                line["amount"] = amount
            if category is not None:
                line["category"] = category
            found.setdefault(k, []).append(line)
        return [
            [*found.get(key, ()), *(found.get(order, ()) if order else ())]
            for key, order in zip(keys, orders, strict=True)
        ]

    def unmatched(self) -> int:
        """How many lines that no earlier pull has read match no event that this one has."""
        if not self.loaded:
            return 0
        (count,) = self.engine.execute(
            "SELECT count(*) FROM order_lines WHERE fresh AND h NOT IN (SELECT h FROM met)"
        ).fetchall()[0]
        return int(count)


RowAt = Callable[[int], tuple[int, Row]]
Made = Iterator[tuple[int, list[tuple[int, Row, str]], RowAt]]
"""After each step `made` holds a piece of a file: how many rows it had, those that did not fit the
heading (number within the piece, row, reason), and how to get at a row of `made`."""


def made_of_csv(
    engine: duckdb.DuckDBPyConnection, table: Table, columns: Sequence[Column],
    currency: str | None,
) -> Made:  # fmt: skip
    """A CSV file, piece by piece, through Python, which knows lines and quotation marks."""
    width = len(table.columns)
    for rows in pieces(table, 0, PIECE, engine):
        fitting = [n for n, (_, cells) in enumerate(rows) if len(cells) == width]
        wrong = [
            (n, row, f"{len(row[1])} cells where the heading has {width}")
            for n, row in enumerate(rows)
            if row[1] and len(row[1]) != width
        ]
        if fitting:
            convert(engine, columns, [rows[n][1] for n in fitting], currency)
        else:
            engine.execute(EMPTY.format(", ".join(f"'' AS v{n}" for n in range(len(columns)))))
        yield len(rows), wrong, row_of(rows, fitting)


def row_of(rows: Sequence[Row], fitting: Sequence[int]) -> RowAt:
    """Gets at the rows of a piece by their number among those that fit."""
    return lambda n: (fitting[n], rows[fitting[n]])


def made_of_parquet(
    engine: duckdb.DuckDBPyConnection, table: Table, columns: Sequence[Column],
    currency: str | None,
) -> Made:  # fmt: skip
    """A Parquet file, piece by piece, within the engine: several times faster."""
    place = str(table.path).replace("'", "''")
    file = f"read_parquet('{place}', file_row_number = true)"
    texts = ", ".join(
        f'CAST("{quoted(table.columns[c.index])}" AS VARCHAR) AS c{n}'
        for n, c in enumerate(columns)
    )

    def row_at(start: int) -> RowAt:
        def get(n: int) -> tuple[int, Row]:
            return n, next(parquet_rows(table, start + n, engine))

        return get

    (total,) = engine.execute(f"SELECT count(*) FROM {file}").fetchall()[0]
    for start in range(0, total, A_BULK):
        piece = (
            f"(SELECT file_row_number - {start} AS row, {texts} FROM {file} "
            f"WHERE file_row_number >= {start} AND file_row_number < {start + A_BULK})"
        )
        engine.execute(statement(columns, currency, piece)).fetchall()
        yield min(A_BULK, total - start), [], row_at(start)
