"""The door's log: one line a call or a round of work. A line names connector, account, delivery,
how many and the outcome, and nothing that a call said of anybody."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TextIO

from personalization.models import SECOND, Frozen, Micros

STRANGE = re.compile(r"[^A-Za-z0-9._:=-]")
MOST = 64


class Line(Frozen):
    """One line. `delivery` is the sender's own id of a call; `count` of events or contacts."""

    at: Micros
    what: str
    place: str = ""
    delivery: str = ""
    count: int | None = None
    outcome: str = ""


Say = Callable[[Line], None]


def delivery_of(text: str) -> str:
    """A sender's id as a log may hold it: an address in its place would be somebody's."""
    return "" if "@" in text else STRANGE.sub("", text)[:MOST]


def as_json(stream: TextIO) -> Say:
    """Says each line as a JSON document."""

    def say(line: Line) -> None:
        given = {
            name: value for name, value in line.model_dump().items() if value not in ("", None)
        }
        print(json.dumps(given), file=stream, flush=True)

    return say


def as_text(stream: TextIO) -> Say:
    """Says each line for people."""

    def say(line: Line) -> None:
        moment = datetime.fromtimestamp(line.at // SECOND, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        count = "" if line.count is None else str(line.count)
        words = (moment, line.what, line.place, line.delivery, count, line.outcome)
        print(" ".join(word for word in words if word), file=stream, flush=True)

    return say
