"""Order lines from files of their own, held as columns and handed out to the events they belong
to."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from connectors.shared.aside import put_aside
from connectors.shared.cells import Column, convert
from connectors.shared.entries import names_of
from connectors.shared.rows import RowsAt, parquet_pieces, picked, wrong_width
from connectors.shared.sheets import SHEETS, columns_of
from connectors.shared.table import (
    Print,
    Row,
    Table,
    fingerprint,
    open_table,
    pieces,
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
            "said VARCHAR, fresh BOOLEAN); "
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
        aside: list[SetAside] = []
        read = 0
        making = made_of_parquet if table.format == "parquet" else made_of_csv
        for count, unfit, rows_at in making(self.engine, table, columns, self.currency):
            self.engine.execute(
                f"INSERT INTO order_lines SELECT {number}, {read} + row, {key} AS k, hash(k), "
                f"{said(at)}, {read} + row >= {known} FROM made "
                f"WHERE reason IS NULL AND {key} IS NOT NULL"
            ).fetchall()
            found = self.engine.execute(
                "SELECT row, coalesce(reason, 'key or order is missing') FROM made "
                f"WHERE reason IS NOT NULL OR {key} IS NULL ORDER BY row"
            ).fetchall()
            fresh = [(n, why) for n, why in found if read + n >= known]
            wrong = [(row, why) for n, row, why in unfit if read + n >= known]
            rows = rows_at([n for n, _ in fresh])
            wrong += [(row, why) for row, (_, why) in zip(rows, fresh, strict=True)]
            aside += [put_aside(table, row, why) for row, why in wrong]
            read += count
        self.prints[path.name] = print_.model_copy(update={"rows": read, "done": True})
        return aside

    def of(self, names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> list[str]:
        """The lines of each event row (number, value...), in the order of their files: canonical
        JSON objects, a comma between two."""
        if not self.paths or not rows:
            return [""] * len(rows)
        at = {name: index + 1 for index, name in enumerate(names)}
        keys = [f"key {row[at['key']]}" for row in rows]
        orders = [f"order {row[at['order']]}" if row[at["kind"]] == "order" else ""
                  for row in rows] if "order" in at else [""] * len(rows)  # fmt: skip
        wanted = list({*keys, *orders})
        self.engine.register("wanted", {"k": np.array(wanted, dtype=object)})
        self.engine.execute(
            "INSERT INTO met SELECT hash(CAST(k AS VARCHAR)) FROM wanted"
        ).fetchall()
        lines = dict(self.engine.execute(
            "SELECT k, string_agg(said, ',' ORDER BY file, n) FROM order_lines "
            "WHERE h IN (SELECT hash(CAST(k AS VARCHAR)) FROM wanted) GROUP BY k"
        ).fetchall())  # fmt: skip
        self.engine.unregister("wanted")
        found = lines.get
        return [
            f"{own},{ordered}" if (own := found(key)) and (ordered := found(order))
            else own or found(order) or ""
            for key, order in zip(keys, orders, strict=True)
        ]  # fmt: skip

    def unmatched(self) -> int:
        """How many lines that no earlier pull has read match no event that this one has."""
        if not self.loaded:
            return 0
        (count,) = self.engine.execute(
            "SELECT count(*) FROM order_lines WHERE fresh AND h NOT IN (SELECT h FROM met)"
        ).fetchall()[0]
        return int(count)


def said(at: Mapping[str, str]) -> str:
    """A line as canonical JSON, as SQL over `made`, given its columns by name: names sorted, what
    is not there left out."""
    parts = []
    if "amount" in at:
        parts.append(f"coalesce('\"amount\":' || {at['amount']} || ',', '')")
    if "category" in at:
        parts.append(f"coalesce('\"category\":' || {json_text(at['category'])} || ',', '')")
    parts.append(f"'\"product\":' || {json_text(at['product'])}")
    quantity = f"coalesce({at['quantity']}, 1)" if "quantity" in at else "1"
    parts.append(f"',\"quantity\":' || {quantity}")
    return f"'{{' || {' || '.join(parts)} || '}}'"


def json_text(column: str) -> str:
    """A text as JSON, as SQL. Control characters are rare, so only texts that hold one are looked
    through for each of them."""
    plain = f"replace(replace({column}, chr(92), '\\\\'), '\"', '\\\"')"
    whole = plain
    for number in range(32):
        whole = f"replace({whole}, chr({number}), '{json.dumps(chr(number))[1:-1]}')"
    rare = f"regexp_matches({column}, '[\\x00-\\x1f]')"
    return f"'\"' || CASE WHEN {rare} THEN {whole} ELSE {plain} END || '\"'"


Made = Iterator[tuple[int, list[tuple[int, Row, str]], RowsAt]]
"""After each step `made` holds a piece of a file: how many rows it had, those that did not fit the
heading (number within the piece, row, reason), and how to get at the others by number."""


def made_of_csv(
    engine: duckdb.DuckDBPyConnection, table: Table, columns: Sequence[Column],
    currency: str | None,
) -> Made:  # fmt: skip
    """A CSV file, piece by piece, through Python, which knows lines and quotation marks."""
    width = len(table.columns)
    for rows in pieces(table, 0, PIECE):
        fitting = [n for n, (_, cells) in enumerate(rows) if len(cells) == width]
        wrong = [
            (n, row, wrong_width(len(row[1]), width, table.delimiter))
            for n, row in enumerate(rows)
            if row[1] and len(row[1]) != width
        ]
        if fitting:
            convert(engine, columns, [rows[n][1] for n in fitting], currency, fitting)
        else:
            engine.execute(EMPTY.format(", ".join(f"'' AS v{n}" for n in range(len(columns)))))
        yield len(rows), wrong, picked(rows)


def made_of_parquet(
    engine: duckdb.DuckDBPyConnection, table: Table, columns: Sequence[Column],
    currency: str | None,
) -> Made:  # fmt: skip
    """A Parquet file, piece by piece, within the engine: several times faster."""
    for count, at in parquet_pieces(engine, table, columns, 0, A_BULK, currency):
        yield count, [], at
