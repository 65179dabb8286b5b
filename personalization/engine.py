"""DuckDB as the engine only: columns and Parquet in, columns out, nothing kept.

The connection can read files under the folders it was given and nothing else: no other file,
no network, no setting (`enable_external_access`, `lock_configuration`).
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from personalization.models import Columns

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


MOST_PARSED = 200
"""Statements that a session keeps in their parsed form."""


class Engine:
    """One session. `memory` such as "1GB" bounds the buffers; spilling goes to `spill`."""

    def __init__(
        self,
        readable: Sequence[Path] = (),
        threads: int = 2,
        memory: str = "1GB",
        spill: Path | None = None,
    ) -> None:
        import duckdb  # the largest there is: who only applies loads none

        self._connection = duckdb.connect(config={"threads": threads})
        parse = self._connection.extract_statements
        # One statement and no more: of several only the first would run.
        self._parsed = lru_cache(MOST_PARSED)(lambda sql: only(parse(sql)))
        allowed = ", ".join(literal(str(path)) for path in readable)
        for statement in (
            f"SET memory_limit = {literal(memory)}",
            f"SET temp_directory = {literal(str(spill) if spill else '')}",
            "SET preserve_insertion_order = false",
            "SET enable_progress_bar = false",
            f"SET allowed_directories = [{allowed}]",
            "SET enable_external_access = false",
            "SET lock_configuration = true",
        ):
            self.run(statement)

    def run(self, sql: str) -> None:
        """Runs one statement for its effect on this session's tables."""
        self._execute(sql).fetchall()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Few rows, as tuples."""
        return self._execute(sql).fetchall()

    def columns(self, sql: str) -> dict[str, np.ndarray]:
        """Many rows, as numpy columns; masked where NULL may occur. Text is object dtype and
        NULL text is None."""
        found = self._execute(sql).fetchnumpy()
        return {name: plain(column) for name, column in found.items()}

    def _execute(self, sql: str) -> "DuckDBPyConnection":
        """Runs a statement. Parsing is an eighth of what a small batch takes, and most of its texts
        are the same the next time."""
        return self._connection.execute(self._parsed(sql))

    def table(self, name: str, columns: Columns, types: dict[str, str] | None = None) -> None:
        """Makes or replaces a table from columns. `types` casts, and names the columns of an
        empty table; every object column should be named there, because an all-NULL one has no
        type of its own."""
        self._connection.register("incoming", dict(columns))
        wanted = types or {}
        chosen = ", ".join(
            f'CAST("{column}" AS {wanted[column]}) AS "{column}"' if column in wanted
            else f'"{column}"'
            for column in columns
        )  # fmt: skip
        self.run(f'CREATE OR REPLACE TEMP TABLE "{name}" AS SELECT {chosen} FROM incoming')
        self._connection.unregister("incoming")

    def close(self) -> None:
        """Frees the session."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def only[T](given: Sequence[T]) -> T:
    """The one thing that there is. Raises ValueError for none or several."""
    (one,) = given
    return one


def literal(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def plain(column: np.ndarray) -> np.ndarray:
    """Masked text becomes None where masked; everything else stays as it came."""
    if column.dtype == object and isinstance(column, np.ma.MaskedArray):
        # Not `filled(None)`: None means "the default" there, which is a text.
        plain_column = np.array(column.data, dtype=object)
        plain_column[np.ma.getmaskarray(column)] = None
        return plain_column
    return column
