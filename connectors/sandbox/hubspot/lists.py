"""Lists: made, found by id and by name, renamed, deleted, restored."""

from typing import Any

from connectors.sandbox.hubspot import effects_setup
from connectors.sandbox.hubspot.catalogue import table_named
from connectors.sandbox.hubspot.state import ObjectList, Table
from connectors.sandbox.hubspot.wire import Answer, Request, invalid, known, missing, stamp

TYPES = ("MANUAL", "SNAPSHOT", "DYNAMIC")
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


def alive(request: Request) -> list[ObjectList]:
    """Lists that have not been deleted."""
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
    same = (held.name.lower() == name.lower() for held in alive(request))
    if any(same):
        raise invalid(f"A list named {name} already exists for {table.type_id}")


def read_list(request: Request) -> Answer:
    """GET one by id."""
    return Answer(200, {"list": shown(list_of(request), request.flag("includeFilters"))})


def read_list_named(request: Request) -> Answer:
    """GET one by name."""
    wanted = request.ids["name"].lower()
    for held in alive(request):
        if held.name.lower() == wanted and held.type_id == request.ids["type"]:
            return Answer(200, {"list": shown(held, request.flag("includeFilters"))})
    raise missing(f"List does not exist with name {request.ids['name']}.")


def read_lists(request: Request) -> Answer:
    """GET several by their ids; those that are not there are left out."""
    wanted = request.names("listIds")
    rows = [shown(held) for held in alive(request) if str(held.id) in wanted]
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
        for held in alive(request)
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
