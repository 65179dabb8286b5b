"""Profiles as records, by their last change, in pages that a kill between any two loses nothing of.

`updated` is told in whole seconds and can only be asked for as later than a moment, so each question
begins a second before. What this process wrote is read by id where the walk has not brought it:
that being put on a list moves `updated` is unverified. Nothing lists deleted profiles; one that a
write or a send did not find is read by id too, and so found to be gone.
"""

from collections.abc import Iterator, Sequence
from itertools import batched

from connectors.shared.klaviyo_api import Api, Row, any_of
from connectors.shared.klaviyo_lists import Members, our_lists
from connectors.shared.klaviyo_profiles import READ, Reading, changed, gone, record, sms
from connectors.shared.moments import seconds
from connectors.shared.pull_walks import Found, by_cursor
from personalization.connector import Page, stamp
from personalization.errors import Stop
from personalization.models import SECOND, Micros

A_PAGE = 100
STORED = 1_000


def pull(
    api: Api, how: Reading, cursor: str | None, overlap: int, unread: set[str]
) -> Iterator[Page]:
    """Pages of records since the cursor. `unread` are ids that this process wrote or did not find;
    whoever a page brought and its reader has stored is taken out."""
    reached = furthest(cursor)
    members = Members(api, our_lists(api), whole=not cursor)
    written = set(unread)
    begin = max(0, reached - overlap * SECOND)
    rows: list[Row] = []

    def ask(since: Micros, after: str | None) -> Found:
        more = {"page[cursor]": after} if after else {}
        if since:
            more["filter"] = f"greater-than(updated,{seconds(since - SECOND)})"
        size = {"page[size]": A_PAGE, "sort": "updated"}
        found, mark = api.rows("profiles", **READ, **size, **more)
        return Found(list(found), mark)

    for piece in by_cursor("profiles", api.wire.place, ask, changed, begin, reached):
        rows += [dict(row) for row in piece.rows]
        reached = int(piece.state["at"])
        written.difference_update(str(row["id"]) for row in piece.rows)
        if len(rows) >= STORED:
            yield page(how, rows, members, reached)
            forget(unread, rows)
            rows = []
    if rows:
        yield page(how, rows, members, reached)
        forget(unread, rows)
    yield from read_back(api, how, written, members, reached, unread)


def read_back(
    api: Api, how: Reading, ids: set[str], members: Members, reached: Micros, unread: set[str]
) -> Iterator[Page]:
    """Profiles by id; those that are not there are gone."""
    for some in batched(sorted(ids), A_PAGE, strict=False):
        rows = by_id(api, some)
        there = {str(row["id"]) for row in rows}
        found = page(how, rows, members, reached)
        at = max(reached, api.told or 0)
        away = tuple(gone(how, id, at) for id in some if id not in there)
        yield found.model_copy(update={"records": (*found.records, *away)})
        unread.difference_update(some)


def page(how: Reading, rows: Sequence[Row], members: Members, reached: Micros) -> Page:
    """Profiles as a page, with the lists that they are on."""
    tags = members.tags(rows)
    return Page(
        records=tuple(record(how, row, tags[str(row["id"])]) for row in rows),
        events=tuple(event for row in rows for event in sms(how, row)),
        cursor=stamp(reached),
    )


def by_id(api: Api, ids: Sequence[str]) -> list[Row]:
    """Profiles by id, at most a hundred; those that are not there are left out."""
    wanted = {**READ, "filter": any_of("id", ids), "page[size]": A_PAGE}
    return list(api.every("profiles", **wanted))


def forget(unread: set[str], rows: Sequence[Row]) -> None:
    """Takes out what a page has brought and its reader has stored."""
    unread.difference_update(str(row["id"]) for row in rows)


def furthest(cursor: str | None) -> Micros:
    """How far an earlier pull was. Raises Stop for a cursor of something else."""
    if cursor and not cursor.isdigit():
        raise Stop("klaviyo: the cursor is not one of this connector: pull from the beginning")
    return int(cursor or 0)
