"""Contacts as records, in pages that a kill between any two loses nothing of.

- Everyone, the first time: by id, a hundred a call, which has no ceiling; what changes meanwhile
  comes with the next pull, which begins where the newest change was before.
- Then by change (`hubspot_walk`). Search finds a change some seconds late, so the cursor never
  passes the server's own time less `lag` seconds: what lies after it is read once more.
- What this process wrote is read back even where search is late: whatever search has not brought
  is read by id, a hundred a call. Lists show no change on the contact, so of those that we put on
  a list or took off, the lists are read, and nothing else.
- A pull right after our own writes asks only what these can have changed: a contact whose last
  change is our own write keeps the lists known before.
- Contacts in the bin come last: they are gone. There is no asking since when, so all are read; not
  right after our own writes, where the newest deletion that was given stays as it was.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import batched

from connectors.shared.hubspot_api import Api, after, pages
from connectors.shared.hubspot_consent import consents, said
from connectors.shared.hubspot_lists import Members, our_lists
from connectors.shared.hubspot_marks import joined, split
from connectors.shared.hubspot_records import MARKETING, Reading, gone, merges, record
from connectors.shared.hubspot_walk import Row, changed, moment, newest
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
    """What is read of each contact, how many a search shows, and how many microseconds late.
    `narrow`: this process has just written, and read everything before."""

    reading: Reading
    size: int
    lag: Micros
    narrow: bool = False


@dataclass
class Unread:
    """What this process wrote and no page has brought yet, by record id: `fields` with the moment
    that the answer told, None where any reading will do; `tags` who was put on a list or taken
    off. `just`: nothing was read since the last write."""

    fields: dict[str, Micros | None] = field(default_factory=dict)
    tags: set[str] = field(default_factory=set)
    just: bool = False

    def alone(self, row: Row) -> bool:
        """Whether a contact's last change is our own write."""
        return self.fields.get(str(row["id"])) == moment(row)


def pull(api: Api, how: Pulling, unread: Unread, cursor: str | None) -> Iterator[Page]:
    """Pages of records since the cursor. What a page brought of `unread` and its reader has stored
    is taken out."""
    first, marks = split(cursor)
    if cursor and first:
        at = Cursor.of(cursor)
    else:
        at = Cursor(at=settled(api, how, newest(api)), after="0", marks=marks)
    if not at.after:
        yield from since(api, how, unread, at)
        return
    for page in everyone(api, how, at):
        yield from seen(page, unread)


def everyone(api: Api, how: Pulling, start: Cursor) -> Iterator[Page]:
    """All contacts, by id."""
    tags = Members(api, cache(lambda: our_lists(api)), how.reading.opted_in, None)
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
            yield page_of(api, how, rows, tags, cursor, Unread())
            rows = []


def since(api: Api, how: Pulling, unread: Unread, cursor: Cursor) -> Iterator[Page]:
    """Contacts that changed, then what is not read back yet, then those in the bin."""
    lists = cache(lambda: our_lists(api))
    known = len(unread.fields) if how.narrow and not how.reading.opted_in else 0
    tags: Members | None = None
    rows: list[Row] = []
    for found in changed(api, cursor.at, how.reading.wanted(), how.size):
        tags = tags or Members(api, lists, how.reading.opted_in, max(0, found.total - known))
        rows.extend(found.rows)
        cursor = cursor.model_copy(update={"at": max(cursor.at, settled(api, how, found.complete))})
        if len(rows) >= A_PAGE:
            yield from seen(page_of(api, how, rows, tags, cursor, unread, found.total), unread)
            rows = []
    tags = tags or Members(api, lists, how.reading.opted_in, len(unread.fields))
    if rows:
        yield from seen(page_of(api, how, rows, tags, cursor, unread, len(rows)), unread)
    for ids in batched(list(unread.fields), A_CALL, strict=False):
        yield from seen(read_back(api, how, ids, tags, cursor, unread), unread)
    tags = Members(api, lists, None, len(unread.tags))
    for ids in batched(sorted(unread.tags), A_PAGE, strict=False):
        held = tags.of(ids)
        told = {how.reading.alias(id): tuple(sorted(tags.tags(held[id]))) for id in ids}
        yield Page(tagged=told, cursor=cursor.text(), total=len(ids))
        unread.tags.difference_update(ids)
    if not how.narrow:
        yield from binned(api, how, cursor)


def seen(page: Page, unread: Unread) -> Iterator[Page]:
    """A page; what it has brought of `unread` and its reader has stored is taken out."""
    yield page
    for one in page.records:
        wrote = unread.fields.get(one.outside_id, 0)
        if one.status == "gone" or one.changed_at >= (wrote or 0):
            unread.fields.pop(one.outside_id, None)
        if one.status == "gone" or one.tags is not None:
            unread.tags.discard(one.outside_id)


def settled(api: Api, how: Pulling, at: Micros) -> Micros:
    """The moment until which search has shown all there is, if it has shown all until `at`."""
    return max(0, at - how.lag if api.told is None else min(at, api.told - how.lag))


def read_back(
    api: Api, how: Pulling, ids: tuple[str, ...], tags: Members, cursor: Cursor, unread: Unread
) -> Page:
    """Contacts by id; those that are not there are gone."""
    rows = by_id(api, ids, how.reading.wanted())
    page = page_of(api, how, rows, tags, cursor, unread)
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
    api: Api, how: Pulling, rows: list[Row], lists: Members, cursor: Cursor, unread: Unread,
    total: int | None = None,
) -> Page:  # fmt: skip
    """Contacts as a page, with the lists they are on and what they agreed to. Right after our own
    writes the lists of those whose last change is such a write are not asked for, unless one of
    them tells who agreed."""
    agreed = how.reading.opted_in
    alone = how.narrow and agreed is None
    held = lists.of([str(row["id"]) for row in rows if not (alone and unread.alone(row))])
    listed = {id: agreed in on for id, on in held.items()} if agreed else {}
    told = said(api, how.reading, rows, listed)
    records: list[Record] = []
    events: list[Event] = []
    for row in rows:
        id = str(row["id"])
        marketing = told[id].get(MARKETING)
        state = marketing.state if marketing else None
        tags = lists.tags(held[id]) if id in held else None
        said_then, shown = consents(how.reading, row, told[id])
        one = record(how.reading, row, tags, state)
        records.append(one.model_copy(update={"consent": shown}) if shown else one)
        events.extend(said_then)
        for link, other in merges(how.reading, row):
            events.append(link)
            records.append(other)
    return Page(records=tuple(records), events=tuple(events), cursor=cursor.text(), total=total)
