"""Who is on a list. Members are named by record id; ids that nobody has are ignored."""

from typing import Any

from connectors.sandbox.hubspot import effects_setup
from connectors.sandbox.hubspot.catalogue import table_named
from connectors.sandbox.hubspot.lists import alive, list_of
from connectors.sandbox.hubspot.state import ObjectList, Record, Table
from connectors.sandbox.hubspot.wire import (
    Answer,
    Request,
    batched,
    failed,
    inputs_of,
    invalid,
    known,
    missing,
    paged,
    stamp,
)

MOST_MEMBERS_READ = 250
MOST_RECORDS_READ = 100
"""Records whose lists one call may ask for (unverified: no cap is published)."""


_NAMED = ("objectTypeId", "recordId")


def _table_of(request: Request, held: ObjectList) -> Table:
    table = table_named(request.portal, held.type_id)
    if table is None:
        raise missing()
    return table


def _writable(request: Request) -> tuple[ObjectList, Table]:
    held = list_of(request)
    if held.processing_type == "DYNAMIC":
        raise invalid(f"List {held.id} is DYNAMIC; its members cannot be set")
    return held, _table_of(request, held)


def _ids(request: Request, value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(i, str | int) for i in value):
        raise invalid("Invalid input JSON: a list of record ids is expected")
    if len(value) > request.portal.settings.most_membership_ids:
        raise invalid(f"At most {request.portal.settings.most_membership_ids} ids can be given")
    return [str(key) for key in dict.fromkeys(value)]


def _records(table: Table, ids: list[str]) -> tuple[list[Record], list[str]]:
    found = {key: table.live(key) for key in ids}
    there = [record for record in found.values() if record is not None]
    return there, [key for key, record in found.items() if record is None]


def _change(request: Request, add: list[str], remove: list[str]) -> Answer:
    held, table = _writable(request)
    to_add, missing_add = _records(table, add)
    to_remove, missing_remove = _records(table, remove)
    doing = request.doing
    added = [r for r in to_add if effects_setup.set_member(doing, table, held, r, True)]
    removed = [r for r in to_remove if effects_setup.set_member(doing, table, held, r, False)]
    body = {
        "recordsIdsAdded": [str(record.id) for record in added],
        "recordIdsRemoved": [str(record.id) for record in removed],
        "recordIdsMissing": list(dict.fromkeys([*missing_add, *missing_remove])),
    }
    return Answer(200, body)


def add_members(request: Request) -> Answer:
    """PUT memberships/add."""
    return _change(request, _ids(request, request.body), [])


def remove_members(request: Request) -> Answer:
    """PUT memberships/remove."""
    return _change(request, [], _ids(request, request.body))


def add_and_remove_members(request: Request) -> Answer:
    """PUT memberships/add-and-remove."""
    kinds = {"recordIdsToAdd": "array", "recordIdsToRemove": "array"}
    body = known(request.body, kinds, tuple(kinds))
    return _change(
        request,
        _ids(request, body["recordIdsToAdd"]),
        _ids(request, body["recordIdsToRemove"]),
    )


def add_members_from(request: Request) -> Answer:
    """PUT memberships/add-from another list."""
    held, table = _writable(request)
    source = list_of(request, "source")
    for number in list(source.members):
        record = table.records.get(number)
        if record is not None:
            effects_setup.set_member(request.doing, table, held, record, True)
    return Answer(204)


def clear_members(request: Request) -> Answer:
    """DELETE all memberships."""
    held, table = _writable(request)
    for number in list(held.members):
        effects_setup.set_member(request.doing, table, held, table.records[number], False)
    return Answer(204)


def read_members(request: Request) -> Answer:
    """GET memberships, by record id; at most 250 a page."""
    held = list_of(request)
    limit = request.number("limit", 100, MOST_MEMBERS_READ)
    after = request.text("after") or "0"
    if not after.isdecimal():
        raise invalid("The value of after is not one that a page gave")
    rows = sorted(number for number in held.members if number > int(after))
    results = [
        {"recordId": str(number), "membershipTimestamp": stamp(held.members[number])}
        for number in rows[:limit]
    ]
    more = str(rows[limit - 1]) if len(rows) > limit else None
    return paged(request, results, more, total=len(held.members))


def _lists_of(request: Request, record: Record) -> list[dict[str, Any]]:
    return [
        {
            "listId": str(held.id),
            "listVersion": held.version,
            "firstAddedTimestamp": stamp(held.members[record.id]),
            "lastAddedTimestamp": stamp(held.members[record.id]),
        }
        for held in alive(request)
        if record.id in held.members
    ]


def lists_of_record(request: Request) -> Answer:
    """GET the lists that a record is on."""
    table = table_named(request.portal, request.ids["type"])
    record = table.live(request.ids["id"]) if table else None
    if record is None:
        raise missing()
    rows = _lists_of(request, record)
    return Answer(200, {"results": rows, "total": len(rows)})


def lists_of_records(request: Request) -> Answer:
    """POST memberships/batch/read: the lists that each record is on; records that are not there
    are errors of a 207 (unverified)."""
    results, errors = [], []
    for row in inputs_of(request, MOST_RECORDS_READ):
        kept = known(row, {"objectTypeId": "string", "recordId": "string"}, _NAMED)
        table = table_named(request.portal, kept["objectTypeId"])
        record = table.live(kept["recordId"]) if table else None
        if record is None:
            errors.append(failed("OBJECT_NOT_FOUND", "No such record", ids=[kept["recordId"]]))
        else:
            results.append({**kept, "recordListMemberships": _lists_of(request, record)})
    return batched(request, results, errors)
