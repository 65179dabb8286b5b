"""A pull of what a shop system holds, as pages of the events that its webhooks would have told.

A system's module walks its API and gives pieces: rows as the API told them, and how far its walks
are once the piece is stored. Here pieces become pages: each row goes through the system's own
webhook parser, so that an order heard and pulled is one event; a row that cannot be taken is set
aside. The cursor is the JSON of all walks' states.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pydantic import ConfigDict, Field

from connectors.shared.webhook import Json, plain_value, text_at
from personalization.connector import Page, SetAside
from personalization.errors import Retry, Skip
from personalization.models import SECOND, Event, Frozen, Product

State = dict[str, Any]
States = dict[str, State]
Told = list[Event | Product]
NAMELESS = frozenset({"customers"})
"""Walks of people: where a row of theirs stood is told without the person's number."""


class Polite(Frozen):
    """Settings of every pull. Seconds: `timeout` a call, `patience` all waiting of one call,
    `overlap` read again before the furthest moment of the last pull, because these systems show
    some changes late."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    timeout: float = Field(default=60, gt=0)
    patience: float = Field(default=300, ge=0)
    overlap: int = Field(default=300, ge=0)
    sleep: Callable[[float], None] = time.sleep


class Piece(NamedTuple):
    """Rows of one walk, and the walk's state once they are stored."""

    walk: str
    rows: list[Json]
    state: State
    total: int | None = None


Walks = Callable[[States], Iterator[Piece]]
Reader = Callable[[str, Json], Told]
"""What one row of a walk says. Raises Skip."""


@dataclass
class Pull:
    """A `personalization.connector.Source` made of walks and one reader."""

    name: str
    account: str
    walks: Walks
    read: Reader
    close: Callable[[], None] = field(default=lambda: None)

    def pull(self, cursor: str | None) -> Iterator[Page]:
        """Everything since the cursor, each walk oldest first. Raises Retry, Stop."""
        states: States = json.loads(cursor or "{}")
        for piece in self.walks(states):
            states = {**states, piece.walk: piece.state}
            yield self.page(piece, states)

    def page(self, piece: Piece, states: Mapping[str, State]) -> Page:
        """A piece as a page. Of an event told twice in it, the version that stands is kept."""
        events: dict[str, Event] = {}
        products: dict[str, Product] = {}
        aside: list[SetAside] = []
        for row in piece.rows:
            try:
                for one in self.read(piece.walk, row):
                    if isinstance(one, Product):
                        products[one.id] = one
                    elif one.key not in events or events[one.key].occurred_at < one.occurred_at:
                        events[one.key] = one
            except (Skip, RecursionError) as reason:
                aside.append(put_aside(f"{self.name}/{self.account}", piece.walk, row, reason))
        return Page(
            events=tuple(events.values()), products=tuple(products.values()),
            set_aside=tuple(aside), cursor=json.dumps(states, sort_keys=True), total=piece.total,
        )  # fmt: skip


def put_aside(place: str, walk: str, row: Json, reason: Exception) -> SetAside:
    """A row for the dead letters. Neither place nor reason names a person."""
    number = None if walk in NAMELESS else text_at(row, "legacyResourceId") or text_at(row, "id")
    where = " ".join(part for part in (place, walk, number) if part)
    said = str(reason) if isinstance(reason, Skip) else "nested too deep"
    try:
        body = json.dumps(plain_value(row), ensure_ascii=True)
    except RecursionError:
        body = json.dumps({"id": number})
    return SetAside(place=where, reason=f"{where}: {said}", body=body)


def since(state: State | None, overlap: int) -> int:
    """From which moment on a walk reads: what it has reached, less the overlap; 0 for all."""
    at = int(state["at"]) if state else 0
    return max(0, at - overlap * SECOND) if at else 0


def nowhere(place: str, what: str) -> Retry:
    """The error where pages repeat and lead no further."""
    return Retry(f"{place}: pages of {what} lead nowhere", 60)
