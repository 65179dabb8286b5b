"""Rows that a source could not take in, beside the page that they came with."""

import json

from connectors.shared.table import Row, Table
from personalization.connector import SetAside


def put_aside(table: Table, row: Row, reason: str) -> SetAside:
    """A row for the dead letters."""
    cells = dict(zip(table.columns, row[1], strict=False))
    return SetAside(
        place=table.place(row[0]), reason=f"{table.place(row[0])}: {reason}",
        body=json.dumps({"file": table.path.name, "row": cells}, ensure_ascii=False),
    )  # fmt: skip
