"""Rows that a source could not take in, beside the page that they came with."""

import json

from connectors.shared.table import Row, Table
from personalization.connector import Page
from personalization.models import Frozen


class SetAside(Frozen):
    """A row for the dead letters: where it stood, why it was not taken (nothing personal in
    either), and the row itself, by which it can be put right and read again."""

    place: str
    reason: str
    body: str


class SourcePage(Page):
    """A page with the rows set aside in it. Whoever stores the page stores them with it, else
    they are lost once the cursor has passed them."""

    set_aside: tuple[SetAside, ...] = ()


def put_aside(table: Table, row: Row, reason: str) -> SetAside:
    """A row for the dead letters."""
    cells = dict(zip(table.columns, row[1], strict=False))
    return SetAside(
        place=table.place(row[0]), reason=f"{table.place(row[0])}: {reason}",
        body=json.dumps({"file": table.path.name, "row": cells}, ensure_ascii=False),
    )  # fmt: skip
