"""Contacts as records, in pages that a kill between any two loses nothing of.

- Everyone, the first time: by id, a hundred a call, which has no ceiling; what changes meanwhile
  comes with the next pull, which begins where the newest change was before.
- Then by change (`hubspot_walk`). Search finds a change some seconds late, so the cursor never
  passes the server's own time less `lag` seconds: what lies after it is read once more.
- What this process wrote is read back even where search is late, or, as with lists, never shows
  it: whatever search has not brought is read by id, a hundred a call.
- Contacts in the bin come last: they are gone. There is no asking since when, so all are read.
"""

import re
from collections.abc import Iterator, Mapping
from functools import partial
from itertools import batched

from connectors.shared.hubspot_api import Api, after, pages
from connectors.shared.hubspot_consent import consents, said
from connectors.shared.hubspot_lists import Members, our_lists
from connectors.shared.hubspot_marks import joined, split
from connectors.shared.hubspot_records import MARKETING, Reading, gone, merges, record
from connectors.shared.hubspot_walk import Row, changed, newest
from connectors.shared.moments import micros
from personalization.connector import Page
from personalization.errors import Stop
from personalization.models import Event, Frozen, Micros, Record

A_CALL = 100
A_PAGE = 1_000


class Cursor(Frozen):
    """`at`: every change until then has been given. `bin`: the newest deletion that was given.
    `after`: where a first pull goes on; "" where that is through. `marks` are the source's."""

    at: Micros = 0
    bin: Micros = 0
    after: str = ""

    marks: Mapping[str, Micros] = {}

    def text(self) -> str:
        """As it is kept."""
        return joined(f"{self.at:020d} {self.bin:020d} {self.after or '-'}", self.marks)

    @classmethod
    def of(cls, text: str) -> "Cursor":
        """As it was kept. Raises Stop for something else."""
        first, marks = split(text)
        found = re.fullmatch(r"(\d+) (\d+) (\d+|-)", first or "")
        if not found:
            raise Stop("hubspot: the cursor is not one of this connector: pull from the beginning")
        mark = "" if found[3] == "-" else found[3]
        return cls(at=int(found[1]), bin=int(found[2]), after=mark, marks=marks)


class Pulling(Frozen):
    """What is read of each contact, how many a search shows, and how many microseconds late."""

    reading: Reading
    size: int
    lag: Micros


def pull(
    api: Api, how: Pulling, unread: dict[str, Micros | None], cursor: str | None
) -> Iterator[Page]:
    """Pages of records since the cursor. `unread` are record ids that this process wrote, with the
    moment that the answer told, None where any reading will do; what a page brought and its reader
    has stored is taken out."""
    first, marks = split(cursor)
    if cursor and first:
        at = Cursor.of(cursor)
    else:
        at = Cursor(at=settled(api, how, newest(api)), after="0", marks=marks)
    for page in everyone(api, how, at) if at.after else since(api, how, unread, at):
        yield page
        forget(unread, page)


def everyone(api: Api, how: Pulling, start: Cursor) -> Iterator[Page]:
    """All contacts, by id."""
    tags = Members(api, our_lists(api), how.reading.opted_in, None)
    rows: list[Row] = []
    mark = None if start.after == "0" else start.after
    listing = pages(
        lambda **at: api.read("results", api.contacts.get_page, **at), mark,
        limit=A_CALL, properties=how.reading.wanted(), archived=False,
    )  # fmt: skip
    for answer in listing:
        rows.extend(answer["results"])
        following = after(answer)
        if len(rows) >= A_PAGE or not following:
            cursor = start.model_copy(update={"after": str(following or "")})
            yield page_of(api, how, rows, tags, cursor)
            rows = []


def since(
    api: Api, how: Pulling, unread: dict[str, Micros | None], cursor: Cursor
) -> Iterator[Page]:
    """Contacts that changed, then what is not read back yet, then those in the bin."""
    members = partial(Members, api, our_lists(api), how.reading.opted_in)
    tags: Members | None = None
    rows: list[Row] = []
    for found in changed(api, cursor.at, how.reading.wanted(), how.size):
        tags = tags or members(found.total + len(unread))
        rows.extend(found.rows)
        cursor = cursor.model_copy(update={"at": max(cursor.at, settled(api, how, found.complete))})
        if len(rows) >= A_PAGE:
            yield page_of(api, how, rows, tags, cursor, found.total)
            rows = []
    tags = tags or members(len(unread))
    if rows:
        yield page_of(api, how, rows, tags, cursor, len(rows))
    for ids in batched(list(unread), A_CALL, strict=False):
        yield read_back(api, how, ids, tags, cursor)
    yield from binned(api, how, cursor)


def settled(api: Api, how: Pulling, at: Micros) -> Micros:
    """The moment until which search has shown all there is, if it has shown all until `at`."""
    return max(0, at - how.lag if api.told is None else min(at, api.told - how.lag))


def read_back(
    api: Api, how: Pulling, ids: tuple[str, ...], tags: Members, cursor: Cursor
) -> Page:  # fmt: skip
    """Contacts by id; those that are not there are gone."""
    rows = by_id(api, ids, how.reading.wanted())
    page = page_of(api, how, rows, tags, cursor)
    known = {str(row["id"]) for row in rows}
    away = tuple(gone(how.reading, id, cursor.at) for id in ids if id not in known)
    return page.model_copy(update={"records": (*page.records, *away)})


def by_id(api: Api, ids: tuple[str, ...], wanted: list[str]) -> list[Row]:
    """Contacts by id, at most a hundred; those that are not there are left out."""
    body = {"inputs": [{"id": id} for id in ids], "properties": wanted}
    rows: list[Row] = api.read("results", api.batch.read, body)["results"]
    return rows


def binned(api: Api, how: Pulling, cursor: Cursor) -> Iterator[Page]:
    """Contacts deleted since the newest deletion that was given, that one again."""
    records: list[Record] = []
    listing = pages(
        lambda **at: api.read("results", api.contacts.get_page, **at),
        limit=A_CALL, properties=["email"], archived=True,
    )  # fmt: skip
    for answer in listing:
        for row in answer["results"]:
            at = micros(row.get("archivedAt") or row["updatedAt"])
            if at >= cursor.bin:
                records.append(gone(how.reading, str(row["id"]), at))
    if records:
        last = max(one.changed_at for one in records)
        for part in batched(records, A_PAGE, strict=False):
            through = part[-1] is records[-1]
            mark = cursor.model_copy(update={"bin": last}) if through else cursor
            yield Page(records=part, cursor=mark.text(), total=len(records))


def page_of(
    api: Api, how: Pulling, rows: list[Row], lists: Members, cursor: Cursor,
    total: int | None = None,
) -> Page:  # fmt: skip
    """Contacts as a page, with the lists they are on and what they agreed to."""
    held = lists.of([str(row["id"]) for row in rows])
    agreed = how.reading.opted_in
    listed = {id: agreed in on for id, on in held.items()} if agreed else {}
    told = said(api, how.reading, rows, listed)
    records: list[Record] = []
    events: list[Event] = []
    for row in rows:
        id = str(row["id"])
        marketing = told[id].get(MARKETING)
        state = marketing.state if marketing else None
        records.append(record(how.reading, row, lists.tags(held[id]), state))
        events.extend(consents(how.reading, row, told[id]))
        for link, other in merges(how.reading, row):
            events.append(link)
            records.append(other)
    return Page(records=tuple(records), events=tuple(events), cursor=cursor.text(), total=total)


def forget(unread: dict[str, Micros | None], page: Page) -> None:
    """Takes out what a page has brought and its reader has stored."""
    for one in page.records:
        wrote = unread.get(one.outside_id, 0)
        if one.outside_id in unread and (one.status == "gone" or one.changed_at >= (wrote or 0)):
            del unread[one.outside_id]
