"""Ways through a list that changes while it is read, oldest change first. Nobody is passed over:
whoever changes moves to the end, which is read last."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from connectors.shared.pulling import Piece, State, nowhere
from connectors.shared.webhook import Json, id_at
from personalization.errors import Skip
from personalization.models import SECOND, Micros

A_QUESTION = 5_000
"""Rows after which a question by cursor is put anew from its last moment: Shopify pages no
further than 25,000, and a cursor that lives long may be refused."""


class Found(NamedTuple):
    """A page of an answer; `after` asks for the next, None for the last."""

    rows: list[Json]
    after: str | None
    total: int | None = None


Changed = Callable[[Json], Micros | None]
"""When a row changed last; None where it does not say."""


def by_cursor(
    walk: str, place: str, ask: Callable[[Micros, str | None], Found], changed: Changed,
    begin: Micros, reached: Micros, anew: bool = True,
) -> Iterator[Piece]:  # fmt: skip
    """Rows that changed at or after `begin`, by their change, from an API that pages by cursor:
    `ask(since, after)`. `reached` is how far an earlier pull was. `anew` is off where rows do not
    come by `changed`, so that a long question cannot be put anew. Raises Retry for pages that
    repeat."""
    asked, after, count = begin, None, 0
    used = set[str]()
    seen = set[tuple[str | None, Micros | None]]()
    while True:
        found = ask(asked, after)
        moments = [moment for row in found.rows if (moment := changed(row)) is not None]
        last = max([asked, *moments])
        reached = max(reached, last)
        fresh = [row for row in found.rows if (own(row), changed(row)) not in seen]
        if fresh:
            yield Piece(walk, fresh, {"at": reached}, found.total)
        if found.after is None:
            return
        if found.after in used:
            raise nowhere(place, walk)
        count += len(found.rows)
        if anew and count >= A_QUESTION and last > asked:
            seen = {(own(row), changed(row)) for row in found.rows if changed(row) == last}
            asked, after, count, used = last, None, 0, set()
        else:
            used.add(found.after)
            after = found.after


def by_page(
    walk: str, place: str, ask: Callable[[Micros, Micros | None, int], Found], changed: Changed,
    begin: Micros, reached: Micros,
) -> Iterator[Piece]:  # fmt: skip
    """The same from an API whose pages have numbers: `ask(since, before, page)`, whole seconds.
    Where a row leaves a numbered page the next one has moved up, so only first pages are asked
    for, each beginning in the last one's last second. A second with more rows than a page is read
    alone, and again if somebody left it meanwhile. Raises Retry."""
    asked = begin
    seen = set[tuple[str | None, Micros | None]]()
    while True:
        found = ask(asked, None, 1)
        moments = [moment for row in found.rows if (moment := changed(row)) is not None]
        last = max([asked, *moments])
        if found.after is not None and last // SECOND <= asked // SECOND:
            for rows in one_second(walk, place, ask, asked):
                yield Piece(walk, rows, {"at": max(reached, asked)}, found.total)
            asked, seen = asked - asked % SECOND + SECOND, set()
            continue
        reached = max(reached, last)
        fresh = [row for row in found.rows if (own(row), changed(row)) not in seen]
        if fresh:
            yield Piece(walk, fresh, {"at": reached}, found.total)
        if found.after is None:
            return
        seen = {(own(row), changed(row)) for row in found.rows if changed(row) == last}
        asked = last


MOST_TRIES = 20


def one_second(
    walk: str, place: str, ask: Callable[[Micros, Micros | None, int], Found], at: Micros
) -> Iterator[list[Json]]:
    """All rows of one second, by page. Nobody enters a second that is over; if somebody left it
    the pages have moved, so they are read once more."""
    for _ in range(MOST_TRIES):
        page, count, first = 1, 0, None
        while True:
            found = ask(at, at - at % SECOND + SECOND, page)
            first = found.total if first is None else first
            if found.rows:
                yield found.rows
            count, page = count + len(found.rows), page + 1
            if found.after is None:
                break
        if found.total == first:
            return
    raise nowhere(place, walk)


def own(row: Json) -> str | None:
    """A row's own id, if it has one."""
    try:
        return id_at(row, "id")
    except Skip:
        return None


def reached(state: State | None) -> Micros:
    """How far a walk was."""
    return int(state["at"]) if state else 0
