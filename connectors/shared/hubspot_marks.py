"""How far a portal has been read. Destination and source of one account keep their cursors in one
place of the store, so each text holds both: what a destination's pull stores carries the source's
marks on unchanged, and the other way round."""

import json
from collections.abc import Mapping

from personalization.errors import Stop
from personalization.models import Micros

BETWEEN = " | "
NOWHERE = "-"


def split(cursor: str | None) -> tuple[str | None, dict[str, Micros]]:
    """The destination's part, None where it has not begun; and the source's marks by stream.
    Raises Stop for what is no cursor of this connector."""
    first, between, rest = (cursor or NOWHERE).partition(BETWEEN)
    try:
        marks = {str(name): int(at) for name, at in json.loads(rest).items()} if between else {}
    except (ValueError, AttributeError, TypeError):
        raise Stop("hubspot: the cursor is not one of this connector: pull from the beginning"
                   ) from None  # fmt: skip
    return None if first == NOWHERE else first, marks


def joined(first: str | None, marks: Mapping[str, Micros]) -> str:
    """Both as one text."""
    rest = f"{BETWEEN}{json.dumps(dict(marks), sort_keys=True)}" if marks else ""
    return f"{first or NOWHERE}{rest}"
