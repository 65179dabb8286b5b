"""Order lines from files of their own, held as columns and handed out to the events they belong
to."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from connectors.shared.aside import SetAside, put_aside
from connectors.shared.cells import convert
from connectors.shared.entries import names_of
from connectors.shared.sheets import SHEETS, columns_of
from connectors.shared.table import Print, fingerprint, open_table, pieces, since

PIECE = 50_000


class Lines:
    """The lines of all files. They are read when the first events need them. `replaced`: a file
    of lines is another than the one that earlier events were read with."""

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
            "CREATE TEMP TABLE order_lines (file INTEGER, n BIGINT, k VARCHAR, product VARCHAR, "
            "quantity BIGINT, amount BIGINT, category VARCHAR)"
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
        read, width = 0, len(table.columns)
        for rows in pieces(table, 0, PIECE, self.engine):
            fitting = [n for n, (_, cells) in enumerate(rows) if len(cells) == width]
            wrong = [
                (n, f"{len(cells)} cells where the heading has {width}")
                for n, (_, cells) in enumerate(rows)
                if cells and len(cells) != width
            ]
            if fitting:
                convert(self.engine, columns, [rows[n][1] for n in fitting], self.currency)
                self.engine.execute(
                    f"INSERT INTO order_lines SELECT {number}, {read} + row, {key}, {chosen} "
                    f"FROM made WHERE reason IS NULL AND {key} IS NOT NULL"
                ).fetchall()
                found = self.engine.execute(
                    "SELECT row, coalesce(reason, 'key or order is missing') FROM made "
                    f"WHERE reason IS NOT NULL OR {key} IS NULL ORDER BY row"
                ).fetchall()
                wrong += [(fitting[row], reason) for row, reason in found]
            aside += [
                put_aside(table, rows[n], why) for n, why in wrong if read + n >= known
            ]  # fmt: skip
            read += len(rows)
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
        found = dict(self.engine.execute(
            "SELECT k, list({'product': product, 'quantity': coalesce(quantity, 1), "
            "'amount': amount, 'category': category} ORDER BY file, n) FROM order_lines "
            "WHERE k IN (SELECT CAST(k AS VARCHAR) FROM wanted) GROUP BY k").fetchall())  # fmt: skip
        self.engine.unregister("wanted")
        return [
            [plain(line) for k in (key, order) if k for line in found.get(k, ())]
            for key, order in zip(keys, orders, strict=True)
        ]


def plain(line: dict[str, Any]) -> dict[str, Any]:
    """A line without what is not known of it."""
    return {name: value for name, value in line.items() if value is not None}
