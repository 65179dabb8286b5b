"""Lists and who is on them. Members are named by record id; ids that nobody has are ignored."""

from typing import Any

from connectors.sandbox.hubspot import effects_setup
from connectors.sandbox.hubspot.catalogue import table_named
from connectors.sandbox.hubspot.state import ObjectList, Record, Table
from connectors.sandbox.hubspot.wire import Answer, Request, invalid, known, missing, paged, stamp

TYPES = ("MANUAL", "SNAPSHOT", "DYNAMIC")
MOST_MEMBERS_READ = 250
MOST_SEARCHED = 500


def shown(held: ObjectList, filters: bool = False) -> dict[str, Any]:
    """A list as the API shows it."""
    body = {
        "listId": str(held.id),
        "listVersion": held.version,
        "name": held.name,
        "objectTypeId": held.type_id,
        "processingType": held.processing_type,
        "processingStatus": "COMPLETE",
        "size": len(held.members),
        "createdAt": stamp(held.created),
        "updatedAt": stamp(held.updated),
    }
    if held.deleted_at is not None:
        body["deletedAt"] = stamp(held.deleted_at)
    if filters and held.filters is not None:
        body["filterBranch"] = held.filters
    return body


def list_of(request: Request, name: str = "list", deleted: bool = False) -> ObjectList:
    """The list that the path names."""
    key = request.ids[name]
    held = request.portal.lists.get(int(key)) if key.isdecimal() else None
    if held is None or (held.deleted_at is not None) is not deleted:
        raise missing(f"List does not exist with ID {key}.")
    return held


def _alive(request: Request) -> list[ObjectList]:
    return [held for held in request.portal.lists.values() if held.deleted_at is None]


def create_list(request: Request) -> Answer:
    """POST. A DYNAMIC or SNAPSHOT list needs filters; what they would find is not worked out."""
    kinds = {
        "name": "string",
        "objectTypeId": "string",
        "processingType": "string",
        "filterBranch": "object",
    }
    kept = known(request.body, kinds, ("name", "objectTypeId", "processingType"))
    table = table_named(request.portal, kept["objectTypeId"])
    if table is None or table.type_id != kept["objectTypeId"]:
        raise invalid(f"Unable to infer object type from: {kept['objectTypeId']}")
    if kept["processingType"] not in TYPES:
        raise invalid(f"processingType must be one of {', '.join(TYPES)}")
    if kept["processingType"] == "MANUAL" and "filterBranch" in kept:
        raise invalid("A MANUAL list has no filters")
    if kept["processingType"] != "MANUAL" and "filterBranch" not in kept:
        raise invalid(f"A {kept['processingType']} list needs filters")
    _name_free(request, table, kept["name"])
    doing = request.doing
    held = ObjectList(
        request.portal.fresh(),
        kept["name"],
        kept["processingType"],
        table.type_id,
        doing.now,
        doing.now,
        kept.get("filterBranch"),
    )
    effects_setup.add_list(doing, held)
    return Answer(200, {"list": shown(held, filters=True)})


def _name_free(request: Request, table: Table, name: str) -> None:
    if not name.strip():
        raise invalid("A list needs a name")
    same = (held.name.lower() == name.lower() for held in _alive(request))
    if any(same):
        raise invalid(f"A list named {name} already exists for {table.type_id}")


def read_list(request: Request) -> Answer:
    """GET one by id."""
    return Answer(200, {"list": shown(list_of(request), request.flag("includeFilters"))})


def read_list_named(request: Request) -> Answer:
    """GET one by name."""
    wanted = request.ids["name"].lower()
    for held in _alive(request):
        if held.name.lower() == wanted and held.type_id == request.ids["type"]:
            return Answer(200, {"list": shown(held, request.flag("includeFilters"))})
    raise missing(f"List does not exist with name {request.ids['name']}.")


def read_lists(request: Request) -> Answer:
    """GET several by their ids; those that are not there are left out."""
    wanted = request.names("listIds")
    rows = [shown(held) for held in _alive(request) if str(held.id) in wanted]
    return Answer(200, {"lists": rows})


def search_lists(request: Request) -> Answer:
    """POST search by a part of the name."""
    kinds = {
        "query": "string",
        "count": "integer",
        "offset": "integer",
        "processingTypes": "array",
        "listIds": "array",
        "objectTypeId": "string",
    }
    body = known(request.body, kinds)
    count, offset = body.get("count", 20), body.get("offset", 0)
    if not 1 <= count <= MOST_SEARCHED or offset < 0:
        raise invalid(f"count must be from 1 to {MOST_SEARCHED}")
    rows = [
        held
        for held in _alive(request)
        if body.get("query", "").lower() in held.name.lower()
        and (not body.get("processingTypes") or held.processing_type in body["processingTypes"])
        and (not body.get("listIds") or str(held.id) in body["listIds"])
        and body.get("objectTypeId", held.type_id) == held.type_id
    ]
    shown_rows = [
        {**{k: v for k, v in shown(held).items() if k != "size"}, "additionalProperties": {}}
        for held in rows[offset : offset + count]
    ]
    for row, held in zip(shown_rows, rows[offset:], strict=False):
        row["additionalProperties"] = {"hs_list_size": str(len(held.members))}
    end = offset + len(shown_rows)
    more = {"total": len(rows), "offset": end, "hasMore": end < len(rows)}
    return Answer(200, {"lists": shown_rows, **more})


def rename_list(request: Request) -> Answer:
    """PUT update-list-name."""
    held, name = list_of(request), request.text("listName") or ""
    table = table_named(request.portal, held.type_id)
    if table is not None and name.lower() != held.name.lower():
        _name_free(request, table, name)
    effects_setup.change_list(request.doing, held, "list_renamed", name=name)
    return Answer(200, {"updatedList": shown(held)})


def delete_list(request: Request) -> Answer:
    """DELETE; it can be restored."""
    held = list_of(request)
    effects_setup.change_list(request.doing, held, "list_deleted", deleted_at=request.doing.now)
    return Answer(204)


def restore_list(request: Request) -> Answer:
    """PUT restore."""
    held = list_of(request, deleted=True)
    effects_setup.change_list(request.doing, held, "list_restored", deleted_at=None)
    return Answer(204)


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


def lists_of_record(request: Request) -> Answer:
    """GET the lists that a record is on."""
    table = table_named(request.portal, request.ids["type"])
    record = table.live(request.ids["id"]) if table else None
    if record is None:
        raise missing()
    rows = [
        {
            "listId": str(held.id),
            "listVersion": held.version,
            "firstAddedTimestamp": stamp(held.members[record.id]),
            "lastAddedTimestamp": stamp(held.members[record.id]),
        }
        for held in _alive(request)
        if record.id in held.members
    ]
    return Answer(200, {"results": rows, "total": len(rows)})
