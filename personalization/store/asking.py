"""Looking many things up at once: a statement for a thousand of them instead of one for each."""

import sqlite3
from collections.abc import Iterator, Sequence
from itertools import batched

from personalization.store.columns import Row

AT_ONCE = 1_000
"""Values in one statement; SQLite takes 32,766 (its "Maximum Number Of Host Parameters")."""


def ask(connection: sqlite3.Connection, query: str, values: Sequence[object]) -> Iterator[Row]:
    """The rows that a query finds for some values; `{}` in it is where they stand: `x IN ({})`.
    Values that lie near each other in an index are best asked for together: sorted."""
    for some in batched(values, AT_ONCE, strict=False):
        marks = ", ".join("?" * len(some))
        yield from connection.execute(query.format(marks), some).fetchall()
