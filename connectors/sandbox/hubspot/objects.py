"""Objects of every type: pages of them, and each one by id or by a unique property."""

from typing import Any

from connectors.sandbox.hubspot import effects
from connectors.sandbox.hubspot.associations import associate, check_associations, linked
from connectors.sandbox.hubspot.catalogue import table_named
from connectors.sandbox.hubspot.state import Record, Table
from connectors.sandbox.hubspot.values import checked, refused, view
from connectors.sandbox.hubspot.wire import (
    Answer,
    Problem,
    Request,
    invalid,
    known,
    missing,
    paged,
    texts,
)

MOST_ROWS = 100


def table_of(request: Request, writing: bool = False) -> Table:
    """The object type that the path names."""
    name = request.ids["type"]
    table = table_named(request.portal, name)
    if table is None:
        raise invalid(f"Unable to infer object type from: {name}")
    if writing and table.read_only:
        raise Problem(405, "METHOD_NOT_ALLOWED", f"{table.name} can only be read")
    return table


def record_of(request: Request, table: Table, archived: bool = False) -> Record:
    """The record that the path names, by the property that the query may name."""
    key, by = request.ids["id"], request.text("idProperty")
    if by:
        column = table.properties.get(by)
        if column is None or not column.hasUniqueValue:
            raise invalid(f"{by} is not a unique property of {table.name}")
        found = None if archived else table.with_value(by, key)
    else:
        found = table.get(key)
    if found is None or (found.archived_at is not None) is not archived:
        raise missing()
    return found


def list_objects(request: Request) -> Answer:
    """GET a page, by id; `after` is an id. The page is of at most 100."""
    table = table_of(request)
    limit = request.number("limit", 10, MOST_ROWS)
    archived, wanted = request.flag("archived"), request.names("properties")
    after = request.text("after") or "0"
    if not after.isdecimal():
        raise invalid("The value of after is not one that a page gave")
    rows: list[Record] = []
    for record in table.after(int(after)):
        if (record.archived_at is not None) is archived:
            rows.append(record)
            if len(rows) > limit:
                break
    results = [_with_links(request, table, record, wanted) for record in rows[:limit]]
    return paged(request, results, str(rows[limit - 1].id) if len(rows) > limit else None)


def _with_links(
    request: Request, table: Table, record: Record, wanted: list[str]
) -> dict[str, Any]:
    body = view(request.portal, table, record, wanted)
    if asked := request.names("associations"):
        body["associations"] = linked(request.portal, table, record, asked)
    return body


def read_object(request: Request) -> Answer:
    """GET one."""
    table = table_of(request)
    record = record_of(request, table, request.flag("archived"))
    return Answer(200, _with_links(request, table, record, request.names("properties")))


def create_object(request: Request) -> Answer:
    """POST one."""
    table = table_of(request, writing=True)
    kinds = {"properties": "object", "associations": "array"}
    body = known(request.body, kinds, ("properties",))
    values = values_for(request, table, texts(body["properties"], "properties"), None)
    links = check_associations(request.portal, table, body.get("associations", []))
    record = effects.create(request.doing, table, values)
    associate(request.doing, table, record, links)
    return Answer(201, view(request.portal, table, record, sorted(values)))


def values_for(
    request: Request, table: Table, given: dict[str, str], record: Record | None
) -> dict[str, str]:
    """The values as kept. Raises the Problem that names what is wrong with them."""
    kept, faults = checked(request.portal, table, given, record)
    if faults:
        raise refused(faults)
    if record is None:
        if not any(kept.values()):
            raise invalid("No properties found to create, please provide at least one.")
        check_new(request, table, kept)
    elif not given:
        raise invalid("No properties found to update, please provide at least one.")
    return kept


def check_new(request: Request, table: Table, values: dict[str, str]) -> None:
    """Refuses a contact who is there already, or who has been forgotten."""
    email = values.get("email", "")
    if table.name != "contacts" or not email:
        return
    if other := table.with_email(email):
        raise Problem(409, "CONFLICT", f"Contact already exists. Existing ID: {other.id}")
    if email in request.portal.forgotten:
        raise invalid("The address was deleted for privacy and cannot be used")


def update_object(request: Request) -> Answer:
    """PATCH one."""
    table = table_of(request, writing=True)
    record = record_of(request, table)
    body = known(request.body, {"properties": "object"}, ("properties",))
    values = values_for(request, table, texts(body["properties"], "properties"), record)
    effects.write(request.doing, table, record, values)
    return Answer(200, view(request.portal, table, record, sorted(values)))


def archive_object(request: Request) -> Answer:
    """DELETE one: to the bin. One that is not there is no error."""
    table = table_of(request, writing=True)
    record = table.live(request.ids["id"])
    if record is not None:
        effects.archive(request.doing, table, record)
    return Answer(204)


def erase_contact(request: Request) -> Answer:
    """POST gdpr-delete: by record id, or by address where `idProperty` says so."""
    request.ids["type"] = "contacts"
    table = table_of(request)
    body = known(request.body, {"objectId": "string", "idProperty": "string"}, ("objectId",))
    key = body["objectId"]
    record = table.with_email(key) if body.get("idProperty") == "email" else table.get(key)
    if record is not None:
        effects.erase(request.doing, table, record)
    elif body.get("idProperty") == "email":
        effects.block(request.doing, key.strip().lower())
    return Answer(204)


def merge_contacts(request: Request) -> Answer:
    """POST merge."""
    table = table_of(request, writing=True)
    kinds = {"primaryObjectId": "string", "objectIdToMerge": "string"}
    body = known(request.body, kinds, tuple(kinds))
    primary, other = table.live(body["primaryObjectId"]), table.live(body["objectIdToMerge"])
    if primary is None or other is None:
        raise missing()
    if primary is other:
        raise invalid("A record cannot be merged with itself")
    result = effects.merge(request.doing, table, primary, other)
    return Answer(200, view(request.portal, table, result, None))
