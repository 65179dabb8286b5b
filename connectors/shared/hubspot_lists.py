"""Tags as static lists: who is on them, and putting contacts on and off by record id. One call
adds and removes many; lists hold what we put there, so only our own are ever read."""

import math
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cached_property
from itertools import batched, zip_longest
from typing import TYPE_CHECKING

from connectors.shared.http import Rejected
from connectors.shared.hubspot_api import CONTACTS, Api, pages
from connectors.shared.ours import tag_name
from connectors.shared.outcomes import NOT_THERE, worst
from connectors.shared.vendor import having
from personalization.connector import Outcome, RemoteTag
from personalization.consent import Permit
from personalization.errors import Stop

if TYPE_CHECKING:
    import numpy as np

A_PAGE = 250
A_BATCH = 100
LISTS = 500
OF_RECORDS = "/crm/v3/lists/records/memberships/batch/read"


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
    """Who is on which of our lists, and on the list `agreed` if there is one; they and `lists` are
    read when somebody is first asked about. Whole lists, 250 a call ("Get list memberships ordered
    by id"), where that takes fewer calls than asking for `expected` contacts, a hundred a call
    ("Batch read memberships"; the cap is unverified). How many are on `agreed` is not known, so
    with it whole lists are read only for everybody."""

    def __init__(
        self, api: Api, lists: Callable[[], Sequence[RemoteTag]], agreed: str | None,
        expected: int | None,
    ) -> None:  # fmt: skip
        self.api = api
        self.lists = lists
        self.agreed = agreed
        self.expected = expected
        self.held: dict[str, np.ndarray] | None = None
        self.looked = False

    @cached_property
    def names(self) -> dict[str, str]:
        """Our tags, by list."""
        return {one.id: one.name for one in self.lists()}

    @cached_property
    def wanted(self) -> list[str]:
        """The lists that are looked into."""
        return [*self.names, *([self.agreed] if self.agreed else [])]

    @cached_property
    def whole(self) -> bool:
        """Whether whole lists are read."""
        if self.expected is None:
            return True
        pages = sum(max(1, math.ceil(one.members / A_PAGE)) for one in self.lists())
        return not self.agreed and pages <= math.ceil(self.expected / A_BATCH)

    def of(self, ids: Collection[str]) -> dict[str, set[str]]:
        """The lists that each record is on, by record id; every id has an entry."""
        found: dict[str, set[str]] = {id: set() for id in ids}
        if ids and self.wanted:
            if self.whole:
                self.from_lists(found)
            else:
                self.from_records(found)
        return found

    def tags(self, lists: Collection[str]) -> list[str]:
        """The tags among some lists."""
        return [self.names[id] for id in lists if id in self.names]

    def from_lists(self, found: dict[str, set[str]]) -> None:
        """By looking into whole lists."""
        if self.held is None:
            self.held = {id: self.members(id) for id in self.wanted}
        import numpy as np  # only who reads lists needs it: a webhook loads none

        asked = list(found)
        numbers = np.array([int(id) for id in asked], dtype=np.int64)
        for id, members in self.held.items():
            for position in np.flatnonzero(np.isin(numbers, members)):
                found[asked[position]].add(id)

    def members(self, id: str) -> "np.ndarray":
        """All record ids on a list."""
        import numpy as np

        read = self.api.memberships.get_page
        try:
            parts = [
                np.array([int(row["recordId"]) for row in page["results"]], dtype=np.int64)
                for page in pages(
                    lambda **at: self.api.read("results", read, id, limit=A_PAGE, **at)
                )
            ]
        except Rejected as no:
            raise self.explained(no, id) from None
        return np.unique(np.concatenate(parts))

    def explained(self, no: Rejected, id: str) -> Exception:
        """A refusal; where the list of those who agreed is not there, a Stop that says so."""
        if no.status != 404 or id != self.agreed:
            return no
        return Stop(
            f"{self.api.wire.place}: there is no list {id} in this portal. Set `opted_in` to "
            "the id of the list of those who agreed to marketing; `ofone doctor` shows more."
        )

    def must_exist(self) -> None:
        """Looks, once, whether the list of those who agreed is there: asked where nobody is found
        on it. Raises Stop."""
        if self.looked:
            return
        try:
            self.api.raw("GET", f"/crm/v3/lists/{self.agreed}")
        except Rejected as no:
            raise self.explained(no, str(self.agreed)) from None
        self.looked = True

    def from_records(self, found: dict[str, set[str]]) -> None:
        """By asking for each record; one that is not there is on none."""
        for group in batched(list(found), A_BATCH, strict=False):
            inputs = [{"objectTypeId": CONTACTS, "recordId": id} for id in group]
            answer = self.api.raw("POST", OF_RECORDS, {"inputs": inputs})
            for row in having("results", answer, self.api.wire.place)["results"]:
                on = {str(one["listId"]) for one in row.get("recordListMemberships") or ()}
                found[str(row["recordId"])] = on & set(self.wanted)
        if self.agreed and not any(self.agreed in on for on in found.values()):
            self.must_exist()


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
        reason = f"there is no tag {name}" if no.status == 404 else no.said
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
