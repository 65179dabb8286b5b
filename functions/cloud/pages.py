"""Pages of the outbox, what a plan has, and what is due: chosen by listings, read by key."""

import heapq
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import batched, islice
from typing import Any, NamedTuple, get_args

from functions.cloud import table
from functions.cloud.dynamo import Item, Place
from functions.cloud.fetching import Shelf
from functions.cloud.rows import head_place, owned_place
from functions.cloud.table import EXACT, ORDERED
from personalization.models import Micros, OutboxRow, OutboxState

STATES: tuple[OutboxState, ...] = get_args(OutboxState)
Due = tuple[Micros, str, str, str]

TOGETHER = 100
"""Rows of one moment that one contact may have beyond those that are asked for."""


class Wanted(NamedTuple):
    """Which rows of the outbox; see `Store.outbox`."""

    plan: str | None = None
    destination: str | None = None
    account: str | None = None
    kinds: Sequence[str] = ()
    states: Sequence[str] = ()
    due_by: Micros | None = None
    after: int = 0

    def fits(self, one: Item) -> bool:
        """Whether a listing says that its row is wanted."""
        destination, _, account = str(one["place"]).partition("/")
        return (
            (not self.states or one["state"] in self.states)
            and (not self.kinds or one["kind"] in self.kinds)
            and self.destination in (None, destination)
            and self.account in (None, account)
            and (self.due_by is None or int(one.get("moment", self.due_by)) <= self.due_by)
            and int(one["id"]) > self.after
        )


def listings(shelf: Shelf, wanted: Wanted) -> Iterator[Item]:
    """The listings of the rows that are wanted, by number."""
    states = tuple(wanted.states) or STATES
    if wanted.plan is None:
        streams = [in_state(shelf, state, part, wanted.after)
                   for state in states for part in range(table.SHARDS)]  # fmt: skip
    else:
        streams = [in_plan(shelf, f"O#{wanted.plan}#{part}", tuple(wanted.states), wanted.after)
                   for part in range(table.SHARDS)]  # fmt: skip
    found = heapq.merge(*streams, key=lambda one: int(one["id"]))
    return (one for one in found if wanted.fits(one))


def in_plan(shelf: Shelf, pk: str, states: Sequence[str], after: int) -> Iterator[Item]:
    """Listings of one part of a plan, by number."""
    if not states:
        yield from sorted(shelf.dynamo.query(pk), key=lambda one: int(one["id"]))
        return
    streams = [shelf.dynamo.query(pk, first=f"{state}#{after:020d}", last=f"{state}#~")
               for state in states]  # fmt: skip
    yield from heapq.merge(*streams, key=lambda one: int(one["id"]))


def in_state(shelf: Shelf, state: str, part: int, after: int) -> Iterator[Item]:
    """Listings of one state, whatever their plan, by number. The index is behind by moments: a
    row that was just put into this state may not be met yet, one that has left it is not given."""
    pk = f"outbox#{state}#{part}"
    for some in batched(
        shelf.dynamo.query(pk, first=f"{after:020d}", index=ORDERED), 100, strict=False
    ):
        places = [Place(str(one["PK"]), str(one["SK"])) for one in some]
        yield from by_number(shelf.dynamo.get(places).values())


def by_number(items: Iterable[Item]) -> list[Item]:
    """Listings by number."""
    return sorted(items, key=lambda one: int(one["id"]))


def page(shelf: Shelf, wanted: Wanted, most: int) -> list[OutboxRow]:
    """The first rows that are wanted, as they are now."""
    chosen = list(islice(listings(shelf, wanted), most))
    shelf.whose |= {int(one["id"]): str(one["contact"]) for one in chosen}
    at = [owned_place("outbox", str(one["contact"]), (one["id"],)) for one in chosen]
    found = shelf.dynamo.get(at)
    became = roots(shelf, {str(one["contact"]) for one in chosen})
    # The index is behind and a row may have moved on: what is given is what the row says.
    rows = [found[place] for place in at if place in found]
    return [row_of(shelf, one, became) for one in rows if wanted.fits(one)]


def row_of(shelf: Shelf, item: Item, became: dict[str, str]) -> OutboxRow:
    """An item as a row, under the contact that its own has become."""
    destination, _, account = str(item["place"]).partition("/")
    said = {name: text(shelf, item, name) for name in ("old", "new")}
    contact = str(item["contact"])
    rest: dict[str, Any] = {name: item.get(name)
            for name in ("id", "plan", "kind", "decision", "key", "moment", "state", "call",
                         "attempt", "reason")}  # fmt: skip
    return OutboxRow.model_construct(
        destination=destination, account=account, contact=became.get(contact, contact),
        old=json.loads(said["old"]), new=json.loads(said["new"]), **rest,
    )  # fmt: skip


def text(shelf: Shelf, item: Item, name: str) -> str:
    """A text of an item, wherever it is."""
    if f"{name}@" in item:
        return shelf.objects.get(str(item[f"{name}@"])).decode()
    return str(item[name])


def roots(shelf: Shelf, contacts: Iterable[str]) -> dict[str, str]:
    """Who contacts have become."""
    became: dict[str, str] = {}
    rest = set(contacts)
    while rest:
        found = shelf.dynamo.get(head_place(one) for one in rest)
        step = {str(one["SK"]): str(one["became"]) for one in found.values() if "became" in one}
        became |= step
        rest = set(step.values()) - set(became)
    return {one: last(became, one) for one in became}


def last(became: dict[str, str], one: str) -> str:
    """The end of a chain of merges."""
    while one in became:
        one = became[one]
    return one


def counts(shelf: Shelf, plan: str) -> Counter[tuple[str, str, str | None, bool]]:
    """A plan's rows by (kind, state, reason, whether attempted)."""
    parts = [f"O#{plan}#{part}" for part in range(table.SHARDS)]
    found: Counter[tuple[str, str, str | None, bool]] = Counter()
    for items in shelf.dynamo.at_once(lambda pk: list(shelf.dynamo.query(pk)), parts):
        for one in items:
            reason = str(one["reason"]) if "reason" in one else None
            found[str(one["kind"]), str(one["state"]), reason, bool(one["tried"])] += 1
    return found


def due(shelf: Shelf, until: Micros, most: int) -> list[Due]:
    """Due rows by (moment, contact, key). The index may be behind by moments: who is not met yet
    is met a minute later, and who was just done is not given."""
    last_one = f"{max(until, 0):020d}#~"

    def some(part: int) -> list[Item]:
        query = shelf.dynamo.query(f"due#{part}", first="0", last=last_one, index=ORDERED)
        return list(islice(query, most + TOGETHER))

    places = [Place(str(one["PK"]), str(one["SK"])) for items in
              shelf.dynamo.at_once(some, range(table.SHARDS)) for one in items]  # fmt: skip
    rows = [
        (int(one["moment"]), str(one["contact"]), str(one["reason"]), str(one["key"]))
        for one in shelf.dynamo.get(places).values() if int(one["moment"]) <= until
    ]  # fmt: skip
    rows.sort(key=lambda row: (row[0], row[1], row[3]))
    end = most
    while 0 < end < len(rows) and rows[end][:2] == rows[end - 1][:2]:
        end += 1  # a contact's rows of one moment are decided together
    return rows[:end]


def owners(shelf: Shelf, ids: Iterable[int]) -> set[str]:
    """Whose outbox rows are: from what this process has read, or else from the index."""
    found, rest = set(), []
    for id_ in ids:
        known = shelf.whose.get(id_)
        if known is not None:
            found.add(known)
        else:
            rest.append(f"outbox#{id_:020d}")
    for items in shelf.dynamo.at_once(lambda pk: list(shelf.dynamo.query(pk, index=EXACT)), rest):
        places = [Place(str(one["PK"]), str(one["SK"])) for one in items]
        found |= {str(one["contact"]) for one in shelf.dynamo.get(places).values()}
    return found
