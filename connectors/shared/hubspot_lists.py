"""Tags as static lists: who is on them, and putting contacts on and off by record id. One call
adds and removes many; lists hold what we put there, so only our own are ever read."""

import math
from collections.abc import Collection, Iterator, Sequence
from itertools import batched, zip_longest

import numpy as np

from connectors.shared.http import Rejected
from connectors.shared.hubspot_api import CONTACTS, Api, pages
from connectors.shared.hubspot_names import tag_name
from connectors.shared.outcomes import NOT_THERE, worst
from personalization.connector import Outcome, RemoteTag
from personalization.consent import Permit
from personalization.errors import Retry

A_PAGE = 250
LISTS = 500


def our_lists(api: Api) -> list[RemoteTag]:
    """Our static lists of contacts, by tag."""
    body = {"query": "ofone", "count": LISTS, "additionalProperties": ["hs_list_size"],
            "processingTypes": ["MANUAL"]}  # fmt: skip
    found: list[RemoteTag] = []
    offset = 0
    while True:
        answer = api.read("lists", api.lists.do_search, {**body, "offset": offset})
        for row in answer["lists"]:
            tag = tag_name(str(row["name"]))
            if tag and row.get("objectTypeId", CONTACTS) == CONTACTS:
                size = (row.get("additionalProperties") or {}).get("hs_list_size") or 0
                found.append(RemoteTag(name=tag, id=str(row["listId"]), members=int(size)))
        offset += len(answer["lists"])
        if not answer.get("hasMore") or not answer["lists"]:
            return sorted(found, key=lambda one: one.name)


class Members:
    """Who has which tag, read when first asked: whole lists where that takes fewer calls than
    asking for each of `expected` contacts, who are otherwise asked for alone."""

    def __init__(self, api: Api, lists: Sequence[RemoteTag], expected: int | None) -> None:
        self.api = api
        self.lists = lists
        self.by_id = {one.id: one.name for one in lists}
        whole = sum(max(1, math.ceil(one.members / A_PAGE)) for one in lists)
        self.whole = expected is None or whole <= expected
        self.held: dict[str, np.ndarray] | None = None

    def of(self, ids: Collection[str]) -> dict[str, list[str]]:
        """Tags by record id; every id has an entry."""
        if not self.lists or not ids:
            return {id: [] for id in ids}
        return self.from_lists(ids) if self.whole else {id: self.alone(id) for id in ids}

    def from_lists(self, ids: Collection[str]) -> dict[str, list[str]]:
        """Tags by looking into whole lists."""
        if self.held is None:
            self.held = {one.name: self.members(one.id) for one in self.lists}
        asked = list(ids)
        numbers = np.array([int(id) for id in asked], dtype=np.int64)
        found: dict[str, list[str]] = {id: [] for id in asked}
        for name, members in self.held.items():
            for position in np.flatnonzero(np.isin(numbers, members)):
                found[asked[position]].append(name)
        return found

    def members(self, id: str) -> np.ndarray:
        """All record ids on a list."""
        read = self.api.memberships.get_page
        parts = [
            np.array([int(row["recordId"]) for row in page["results"]], dtype=np.int64)
            for page in pages(lambda **at: self.api.read("results", read, id, limit=A_PAGE, **at))
        ]
        return np.unique(np.concatenate(parts))

    def alone(self, id: str) -> list[str]:
        """One contact's tags."""
        read = self.api.memberships.get_lists
        try:
            rows = self.api.read("results", read, CONTACTS, id)["results"]
        except Rejected as no:
            if no.status != 404:
                raise Retry(f"{self.api.wire.place}: lists of a contact: {no}") from None
            rows = []
        held = (self.by_id.get(str(row["listId"])) for row in rows)
        return [name for name in held if name]


def write_tags(
    api: Api, permits: Sequence[Permit], known: Sequence[RemoteTag], size: int
) -> Iterator[Outcome]:  # fmt: skip
    """Adds and removes tags, `new` being {tag: wanted}; one outcome a row, once its last tag is
    through: refused if any was refused. `size` ids are added, and as many removed, in a call."""
    ids = {tag.name: tag.id for tag in known}
    told: dict[int, list[Outcome]] = {permit.row.id: [] for permit in permits}
    for name in sorted({tag for permit in permits for tag in permit.row.new}):
        concerned = [permit for permit in permits if name in permit.row.new]
        for outcome in write_tag(api, name, ids.get(name), concerned, size):
            told[outcome.row].append(outcome)
    for row, outcomes in told.items():
        yield worst(row, outcomes)


def write_tag(
    api: Api, name: str, id: str | None, permits: Sequence[Permit], size: int
) -> Iterator[Outcome]:  # fmt: skip
    """One tag for everyone concerned."""
    if id is None:
        # Nobody has a tag that is not there, so taking it away is done.
        for one in permits:
            absent = bool(one.row.new[name])
            reason = f"there is no tag {name}" if absent else None
            yield Outcome(row=one.row.id, result="refused" if absent else "accepted", reason=reason)
        return
    adds = batched((one for one in permits if one.row.new[name]), size, strict=False)
    removes = batched((one for one in permits if not one.row.new[name]), size, strict=False)
    for add, remove in zip_longest(adds, removes, fillvalue=()):
        yield from call(api, name, id, add, remove)


def call(
    api: Api, name: str, id: str, add: Sequence[Permit], remove: Sequence[Permit]
) -> Iterator[Outcome]:
    """One call. Ids that it does not know come back among the missing."""
    body = {
        "recordIdsToAdd": [one.outside_id for one in add],
        "recordIdsToRemove": [one.outside_id for one in remove],
    }
    everyone = (*add, *remove)
    try:
        answer = api.call(api.memberships.add_and_remove, id, body)
    except Rejected as no:
        reason = f"there is no tag {name}" if no.status == 404 else str(no)
        yield from (Outcome(row=one.row.id, result="refused", reason=reason) for one in everyone)
        return
    missing = {str(one) for one in answer.get("recordIdsMissing") or ()}
    for one in everyone:
        away = one.outside_id in missing
        yield Outcome(
            row=one.row.id,
            result="refused" if away else "accepted",
            reason=NOT_THERE if away else None,
        )
