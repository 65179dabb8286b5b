"""Properties and their groups."""

import re
from typing import Any

from connectors.sandbox.hubspot import effects_setup
from connectors.sandbox.hubspot.objects import table_of
from connectors.sandbox.hubspot.state import Property, Table
from connectors.sandbox.hubspot.wire import (
    Answer,
    Problem,
    Request,
    batched,
    failed,
    inputs_of,
    invalid,
    known,
    missing,
    stamp,
)

MOST_OWN = 1_000
NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")
FIELD_TYPES = {
    "string": {"text", "textarea", "phonenumber", "html", "file"},
    "number": {"number", "text"},
    "bool": {"booleancheckbox"},
    "enumeration": {"select", "radio", "checkbox", "booleancheckbox"},
    "date": {"date"},
    "datetime": {"date"},
}
_KINDS = {
    "name": "string",
    "label": "string",
    "type": "string",
    "fieldType": "string",
    "groupName": "string",
    "description": "string",
    "options": "array",
    "hasUniqueValue": "boolean",
    "hidden": "boolean",
    "formField": "boolean",
    "displayOrder": "integer",
}
_NEEDED = ("name", "label", "type", "fieldType", "groupName")


def shown(column: Property) -> dict[str, Any]:
    """A property as the API shows it."""
    body = {name: getattr(column, name) for name in _KINDS}
    own, values = column.own, column.read_only
    body |= {
        "calculated": False,
        "externalOptions": False,
        "hubspotDefined": own,
        "archived": column.archived_at is not None,
        "modificationMetadata": {
            "archivable": not own,
            "readOnlyDefinition": own,
            "readOnlyValue": values,
        },
    }
    if not own:
        body |= {"createdAt": stamp(column.created), "updatedAt": stamp(column.updated)}
    if column.archived_at is not None:
        body["archivedAt"] = stamp(column.archived_at)
    return body


def _column_of(request: Request, table: Table, archived: bool = False) -> Property:
    column = table.properties.get(request.ids["name"])
    if column is None or (column.archived_at is not None) is not archived:
        raise missing(f"The property named {request.ids['name']} does not exist")
    return column


def list_properties(request: Request) -> Answer:
    """GET all, without pages."""
    table, archived = table_of(request), request.flag("archived")
    columns = [c for c in table.properties.values() if (c.archived_at is not None) is archived]
    return Answer(200, {"results": [shown(column) for column in columns]})


def read_property(request: Request) -> Answer:
    """GET one."""
    table = table_of(request)
    return Answer(200, shown(_column_of(request, table, request.flag("archived"))))


def _wanted(table: Table, row: Any) -> Property:
    kept = known(row, _KINDS, _NEEDED)
    name, kind = kept["name"], kept["type"]
    if not NAME.fullmatch(name):
        raise invalid(f"Property name {name} must be lower case letters, digits and underscores")
    there = table.properties.get(name)
    if there is not None and there.archived_at is None:
        raise Problem(409, "OBJECT_ALREADY_EXISTS", f"A property named '{name}' already exists.")
    if kept["groupName"] not in table.groups:
        raise invalid(f"Property group {kept['groupName']} does not exist")
    if not kept["label"].strip():
        raise invalid(f"Property {name} needs a label")
    if kept["fieldType"] not in FIELD_TYPES.get(kind, ()):
        raise invalid(f"Field type {kept['fieldType']} does not fit type {kind}")
    kept["options"] = _options(name, kind, kept["fieldType"], kept.get("options", []))
    return Property(**kept)


def _options(name: str, kind: str, field_type: str, rows: list[Any]) -> list[dict[str, Any]]:
    kinds = {"label": "string", "value": "string", "hidden": "boolean", "displayOrder": "integer"}
    options = [known(row, {**kinds, "description": "string"}, ("label", "value")) for row in rows]
    values = [option["value"] for option in options]
    if kind != "enumeration" and options and field_type != "booleancheckbox":
        raise invalid(f"Property {name} cannot have options")
    if kind == "enumeration" and not options:
        raise invalid(f"Property {name} needs options")
    if len(set(values)) < len(values):
        raise invalid(f"The options of {name} are not unique")
    return [{"hidden": False, "displayOrder": -1, **option} for option in options]


def _room(table: Table, more: int) -> None:
    own = sum(not c.own and c.archived_at is None for c in table.properties.values())
    if own + more > MOST_OWN:
        raise invalid(f"The account has reached its limit of {MOST_OWN} properties")


def create_property(request: Request) -> Answer:
    """POST one."""
    table = table_of(request)
    column = _wanted(table, request.body)
    _room(table, 1)
    effects_setup.add_property(request.doing, table, column)
    return Answer(201, shown(column))


def create_batch(request: Request) -> Answer:
    """POST batch/create: those that cannot be made are errors of a 207, the others are made."""
    table = table_of(request)
    rows = inputs_of(request)
    _room(table, len(rows))
    results, errors = [], []
    for row in rows:
        try:
            column = _wanted(table, row)
        except Problem as problem:
            name = str(row.get("name"))
            errors.append(failed(problem.body["category"], problem.body["message"], name=[name]))
        else:
            effects_setup.add_property(request.doing, table, column)
            results.append(shown(column))
    return batched(request, results, errors, 201)


def read_batch(request: Request) -> Answer:
    """POST batch/read."""
    table = table_of(request)
    archived = bool(known(request.body, {"archived": "boolean"}).get("archived"))
    results, errors = [], []
    for row in inputs_of(request):
        name = known(row, {"name": "string"}, ("name",))["name"]
        column = table.properties.get(name)
        if column is None or (column.archived_at is not None) is not archived:
            errors.append(failed("OBJECT_NOT_FOUND", f"{name} does not exist", name=[name]))
        else:
            results.append(shown(column))
    return batched(request, results, errors)


def change_property(request: Request) -> Answer:
    """PATCH one. The name and uniqueness stay."""
    table = table_of(request)
    column = _column_of(request, table)
    if column.own:
        raise invalid(f"{column.name} is defined by HubSpot")
    kept = known(request.body, _KINDS)
    values = {n: v for n, v in kept.items() if n not in ("name", "hasUniqueValue")}
    kind = values.get("type", column.type)
    field_type = values.get("fieldType", column.fieldType)
    if field_type not in FIELD_TYPES.get(kind, ()):
        raise invalid(f"Field type {field_type} does not fit type {kind}")
    if values.get("groupName", column.groupName) not in table.groups:
        raise invalid(f"Property group {values['groupName']} does not exist")
    if "options" in values or kind != column.type:
        rows = values.get("options", column.options)
        values["options"] = _options(column.name, kind, field_type, rows)
    effects_setup.change(request.doing, column, "property_changed", values)
    return Answer(200, shown(column))


def archive_property(request: Request) -> Answer:
    """DELETE one. HubSpot's own cannot be deleted."""
    table = table_of(request)
    _archive(request, table, _column_of(request, table))
    return Answer(204)


def _archive(request: Request, table: Table, column: Property) -> None:
    if column.own:
        raise invalid(f"{column.name} is defined by HubSpot and cannot be deleted")
    effects_setup.archive_property(request.doing, table, column)


def archive_batch(request: Request) -> Answer:
    """POST batch/archive. Those that are not there are passed over."""
    table = table_of(request)
    for row in inputs_of(request):
        column = table.properties.get(known(row, {"name": "string"}, ("name",))["name"])
        if column is not None and column.archived_at is None:
            _archive(request, table, column)
    return Answer(204)
