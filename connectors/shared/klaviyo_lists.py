"""Tags as static lists: who is on them, and putting profiles on and off, a thousand ids a call.
Being put on a list is no consent ("Add profiles to list"), so nobody is subscribed by it. Only lists
with our mark are read or written."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import batched
from typing import Any

from connectors.shared.http import Rejected
from connectors.shared.klaviyo_api import Api, Row, any_of
from connectors.shared.klaviyo_profiles import attributes_of
from connectors.shared.ours import tag_name
from connectors.shared.outcomes import NOT_THERE, in_halves, worst
from personalization.connector import Outcome, RemoteTag
from personalization.consent import Permit

A_CALL = 1_000
A_PAGE = 100
ASKED = ("email", "phone_number")
"""What a list can be asked by whether it has somebody; it cannot by id."""


def our_lists(api: Api) -> list[RemoteTag]:
    """Our lists, by tag; of two with one name the one whose id is first. How many are on a list is
    not told: Klaviyo counts fifteen lists a minute."""
    found: dict[str, RemoteTag] = {}
    for row in sorted(api.every("lists", **{"fields[list]": "name"}), key=lambda row: row["id"]):
        if tag := tag_name(str(attributes_of(row).get("name"))):
            found.setdefault(tag, RemoteTag(name=tag, id=str(row["id"]), members=0))
    return sorted(found.values(), key=lambda one: one.name)


class Members:
    """Who is on which of our lists. Whole lists are read, once, where everybody is asked for; else
    each is asked for a hundred addresses a call."""

    def __init__(self, api: Api, lists: Sequence[RemoteTag], whole: bool) -> None:
        self.api = api
        self.lists = lists
        self.whole = whole
        self.held: dict[str, frozenset[str]] = {}

    def tags(self, rows: Sequence[Row]) -> Mapping[str, list[str]]:
        """The tags of some profiles, by id; every profile has an entry."""
        found: dict[str, list[str]] = {str(row["id"]): [] for row in rows}
        for one in self.lists:
            members = self.all_of(one.id) if self.whole else self.those_of(one.id, rows)
            for id in members & found.keys():
                found[id].append(one.name)
        return found

    def all_of(self, id: str) -> frozenset[str]:
        """Everyone on a list."""
        if id not in self.held:
            path = f"lists/{id}/relationships/profiles"
            rows = self.api.every(path, **{"page[size]": A_PAGE})
            self.held[id] = frozenset(str(row["id"]) for row in rows)
        return self.held[id]

    def those_of(self, id: str, rows: Sequence[Row]) -> Collection[str]:
        """Those of some profiles who are on a list; one without address and number counts as on
        none, because none can be asked for it."""
        on: set[str] = set()
        path = f"lists/{id}/relationships/profiles"
        for name, values in known_by(rows).items():
            for some in batched(values, A_PAGE, strict=False):
                wanted = {"filter": any_of(name, some), "page[size]": A_PAGE}
                on |= {str(row["id"]) for row in self.api.every(path, **wanted)}
        return on


def known_by(rows: Sequence[Row]) -> dict[str, list[str]]:
    """What profiles are asked by: their addresses, and the numbers of those who have none."""
    asked: dict[str, list[str]] = {name: [] for name in ASKED}
    for row in rows:
        told = attributes_of(row)
        name = next((name for name in ASKED if told.get(name)), None)
        if name:
            asked[name].append(str(told[name]))
    return asked


def write_tags(
    api: Api, permits: Sequence[Permit], lists: Sequence[RemoteTag]
) -> Iterator[Outcome]:
    """Puts profiles on lists and takes them off, one outcome a row however many tags it has."""
    ids = {one.name: one.id for one in lists}
    parts: dict[int, list[Outcome]] = {one.row.id: [] for one in permits}
    for tag in sorted({tag for one in permits for tag in one.row.new}):
        for on, method in ((True, "POST"), (False, "DELETE")):
            group = [one for one in permits if one.row.new.get(tag) is on]
            for told in moved(api, ids.get(tag), method, group):
                parts[told.row].append(told)
    for row, told_of_it in parts.items():
        yield worst(row, told_of_it)


def moved(api: Api, list_id: str | None, method: str, group: Sequence[Permit]) -> Iterator[Outcome]:
    """Some profiles put on or off one list. It is a plan that makes a list, so one that is not
    there is refused; nobody can be taken off it."""
    if list_id is None:
        refused = method == "POST"
        for one in group:
            yield Outcome(row=one.row.id, result="refused" if refused else "accepted",
                          reason="there is no such list" if refused else None)  # fmt: skip
        return

    def call(some: Sequence[Permit]) -> None:
        ids = dict.fromkeys(one.outside_id for one in some)
        body: dict[str, Any] = {"data": [{"type": "profile", "id": id} for id in ids]}
        api.call(method, f"lists/{list_id}/relationships/profiles", body)

    for some in batched(group, A_CALL, strict=False):
        yield from in_halves(some, call, refusal)


def refusal(one: Permit, no: Rejected) -> Outcome:
    """A refused row. A profile that is not there is a 404."""
    reason = NOT_THERE if no.status == 404 else no.said
    return Outcome(row=one.row.id, result="refused", reason=reason)
