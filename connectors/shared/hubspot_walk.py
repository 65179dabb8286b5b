"""Which contacts, orders or other objects changed, by search. Search pages no further than 10,000 results, and pages by
offset pass somebody over whenever another one moves; so no page but the first of a question is
ever asked for. Each next question begins where the last one ended: later than its last moment, or
at that moment and not among those seen there. A moment that more contacts share than can be named
is read by their ids."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from connectors.shared.hubspot_api import Api, after
from connectors.shared.moments import EPOCH, micros
from personalization.errors import Retry
from personalization.models import Frozen, Micros

CHANGED, ID = "lastmodifieddate", "hs_object_id"
MOST_NAMED = 100
"""Ids that one filter may name (unverified)."""
MS = 1_000
Row = dict[str, Any]


class Kind(Frozen):
    """A kind of object, and its property that says when it changed."""

    name: str
    changed: str = "hs_lastmodifieddate"


PEOPLE = Kind(name="contacts", changed=CHANGED)


class Found(Frozen):
    """Objects of one question. Everyone who changed by `complete` has been given by now;
    `total` is how many the question has found."""

    rows: tuple[Row, ...]
    complete: Micros
    total: int


def changed(
    api: Api, since: Micros, wanted: Sequence[str], size: int, kind: Kind = PEOPLE
) -> Iterator[Found]:
    """Objects that changed after `since`, by their change, each in its newest state. Whoever
    changes meanwhile comes again. Raises Retry where search gives what it was not asked for."""
    at, seen = since // MS, list[str]()
    while True:
        answer = ask(api, kind, groups(kind, at, seen), kind.changed, wanted, size)
        rows, total = answer["results"], int(answer.get("total", 0))
        if not rows:
            return
        last = max(moment(row, kind) // MS for row in rows)
        if after(answer) is None:
            yield Found(rows=tuple(rows), complete=last * MS, total=total)
            return
        yield Found(rows=tuple(rows), complete=(last - 1) * MS, total=total)
        here = [str(row["id"]) for row in rows if moment(row, kind) // MS == last]
        if last < at or (last == at and set(here) <= set(seen)):
            raise Retry(f"{api.wire.place}: pages of {kind.name} lead nowhere", 60)
        at, seen = last, [*(seen if last == at else ()), *here]
        if len(seen) > MOST_NAMED:
            yield from rest_of(api, kind, at, set(seen), wanted, size)
            seen = []


def groups(kind: Kind, at: int, seen: Sequence[str]) -> list[dict[str, Any]]:
    """Later than `at`, or at it where somebody seen there is named, and not among these."""
    later = [{"propertyName": kind.changed, "operator": "GT", "value": str(at)}]
    if not seen:
        return [{"filters": later}]
    others = {"propertyName": ID, "operator": "NOT_IN", "values": list(seen)}
    return [{"filters": later}, {"filters": [*exactly(kind, at), others]}]


def exactly(kind: Kind, at: int) -> list[dict[str, Any]]:
    """The filters of one millisecond."""
    return [
        {"propertyName": kind.changed, "operator": operator, "value": str(at)}
        for operator in ("GTE", "LTE")
    ]


def rest_of(
    api: Api, kind: Kind, at: int, seen: set[str], wanted: Sequence[str], size: int
) -> Iterator[Found]:  # fmt: skip
    """All objects of one millisecond by their ids, without those seen."""
    last = 0
    while True:
        beyond = {"propertyName": ID, "operator": "GT", "value": str(last)}
        answer = ask(api, kind, [{"filters": [*exactly(kind, at), beyond]}], ID, wanted, size)
        rows, ended = answer["results"], after(answer) is None
        fresh = tuple(row for row in rows if str(row["id"]) not in seen)
        if fresh or ended:
            complete = (at if ended else at - 1) * MS
            yield Found(rows=fresh, complete=complete, total=int(answer.get("total", 0)))
        if ended or not rows:
            return
        before, last = last, max(int(row["id"]) for row in rows)
        if last <= before:
            raise Retry(f"{api.wire.place}: pages of {kind.name} lead nowhere", 60)


def ask(
    api: Api, kind: Kind, filters: list[dict[str, Any]], sort: str, wanted: Sequence[str], size: int
) -> dict[str, Any]:
    """One question's first page."""
    body = {
        "filterGroups": filters,
        "sorts": [{"propertyName": sort, "direction": "ASCENDING"}],
        "properties": list(wanted),
        "limit": size,
    }
    if kind is PEOPLE:
        return api.read("results", api.search.do_search, body)
    return api.read("results", api.objects.do_search, kind.name, body)


def newest(api: Api) -> Micros:
    """The moment of the last change of any contact; 0 where there is none."""
    body = {
        "filterGroups": [],
        "sorts": [{"propertyName": CHANGED, "direction": "DESCENDING"}],
        "properties": [CHANGED],
        "limit": 1,
    }
    rows = api.read("results", api.search.do_search, body)["results"]
    return moment(rows[0]) if rows else 0


def moment(row: Row, kind: Kind = PEOPLE) -> Micros:
    """When an object changed last."""
    return micros((row.get("properties") or {}).get(kind.changed) or row["updatedAt"])


def iso(at: Micros) -> str:
    """A moment with milliseconds, UTC."""
    text = (EPOCH + timedelta(microseconds=at)).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
