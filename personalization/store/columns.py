"""SQLite rows to numpy columns and back, without an object a row in between."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from personalization.engine import Engine, literal
from personalization.models import Columns, Shared

Row = tuple[Any, ...]


def columns(rows: Sequence[Row], types: Mapping[str, str]) -> dict[str, np.ndarray]:
    """Rows as columns, named and typed in the order of `types`: BIGINT and INTEGER as int64
    (masked if anything is NULL), everything else as objects."""
    values: Iterable[Sequence[Any]] = zip(*rows, strict=True) if rows else [() for _ in types]
    return {
        name: numbers(column) if kind in ("BIGINT", "INTEGER") else objects(column)
        for (name, kind), column in zip(types.items(), values, strict=True)
    }


def objects(values: Sequence[Any]) -> np.ndarray:
    """An object column."""
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def numbers(values: Sequence[int | None]) -> np.ndarray:
    """An int64 column, masked where a value is None."""
    if None not in values:
        return np.array(values, dtype=np.int64)
    filled = np.array([0 if one is None else one for one in values], dtype=np.int64)
    return np.ma.MaskedArray(filled, mask=[one is None for one in values])


def put(engine: Engine, name: str, rows: Sequence[Row], types: Mapping[str, str]) -> None:
    """Rows as an engine table."""
    engine.table(name, columns(rows, types), dict(types))


def tuples(given: Columns, names: Sequence[str]) -> Iterator[Row]:
    """Columns as rows of plain Python values, in the order of `names`."""
    return zip(*(given[name].tolist() for name in names), strict=True)


def addition(table: str, rows: Columns, shared: Shared) -> tuple[str, Iterator[Row]]:
    """A statement that adds rows to an SQLite table, and the values for it. What all rows share
    stands in the statement: to hand it over row by row is a third of the work."""
    listed = ", ".join((*rows, *shared))
    values = ", ".join((*("?" for _ in rows), *(constant(one) for one in shared.values())))
    return f"INTO {table} ({listed}) VALUES ({values})", tuples(rows, tuple(rows))


def constant(value: str | int | None) -> str:
    """A value as an SQLite literal."""
    if value is None:
        return "NULL"
    return str(value) if isinstance(value, int) else literal(value)
