"""Values of properties: what each type takes, how it is kept, and what a record shows."""

import json
import re
from typing import Any

from connectors.sandbox.hubspot.state import Portal, Property, Record, Table
from connectors.sandbox.hubspot.wire import Problem, invalid, moment_of, stamp

TEXT_CHARS = 65_536
DAY = 86_400 * 1_000_000
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")


def checked(
    portal: Portal, table: Table, values: dict[str, str], record: Record | None
) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """The values as kept, and what is wrong with them, one entry a property.
    `record` is the one to be written; None for a new one."""
    kept: dict[str, str] = {}
    faults: list[dict[str, Any]] = []
    for name, value in values.items():
        column = table.properties.get(name)
        if column is None or column.archived_at is not None:
            fault: tuple[str, str] | None = (
                "PROPERTY_DOESNT_EXIST",
                f'Property "{name}" does not exist',
            )
        elif column.read_only:
            fault = ("READ_ONLY_VALUE", f'"{name}" is a read only property')
        else:
            kept[name], fault = _taken(column, value)
            fault = fault or _unique(table, column, kept[name], record)
        if fault:
            faults.append(_fault(portal, name, *fault))
    return kept, faults


def _fault(portal: Portal, name: str, error: str, message: str) -> dict[str, Any]:
    return {
        "isValid": False,
        "message": message,
        "error": error,
        "name": name,
        "localizedErrorMessage": message,
        "portalId": portal.hub,
    }


def refused(faults: list[dict[str, Any]]) -> Problem:
    """400 that names each property and what is wrong with it."""
    errors = [
        {"message": f["message"], "code": f["error"], "context": {"propertyName": [f["name"]]}}
        for f in faults
    ]
    told = json.dumps(faults, separators=(",", ":"))
    return invalid(f"Property values were not valid: {told}", errors=errors)


def _unique(
    table: Table, column: Property, value: str, record: Record | None
) -> tuple[str, str] | None:
    if not column.hasUniqueValue or not value:
        return None
    other = table.with_value(column.name, value)
    if other is None or other is record:
        return None
    # A new contact with a known address is a conflict of its own kind; see `objects`.
    if record is None and column.name == "email":
        return None
    return "CONFLICTING_UNIQUE_VALUE", f"{other.id} already has that value."


def _taken(column: Property, value: str) -> tuple[str, tuple[str, str] | None]:
    if value == "":
        return "", None
    if column.name == "email":
        email = value.strip().lower()
        fault = ("INVALID_EMAIL", f"Email address {value} is invalid")
        return email, None if _EMAIL.fullmatch(email) else fault
    if column.type == "enumeration":
        return value, _option(column, value)
    if column.type in ("date", "datetime"):
        return _dated(column, value)
    if column.type == "number" and not _NUMBER.fullmatch(value):
        return value, ("INVALID_INTEGER", f"{value} was not a valid number.")
    if column.type == "bool" and value not in ("true", "false"):
        return value, ("INVALID_OPTION", f"{value} was not one of the allowed options: true, false")
    if len(value) > TEXT_CHARS:
        return value, ("VALUE_TOO_LONG", f"{column.name} has more than {TEXT_CHARS} characters.")
    return value, None


def _option(column: Property, value: str) -> tuple[str, str] | None:
    allowed = [option["value"] for option in column.options]
    many = column.fieldType == "checkbox"
    parts = [part for part in value.split(";") if part] if many else [value]
    wrong = [part for part in parts if part not in allowed]
    if not wrong:
        return None
    return "INVALID_OPTION", f"{wrong[0]} was not one of the allowed options: {allowed}"


def _dated(column: Property, value: str) -> tuple[str, tuple[str, str] | None]:
    try:
        moment = moment_of(value)
    except ValueError:
        return value, ("INVALID_LONG", f"{value} was not a valid long.")
    if column.type == "datetime":
        return stamp(moment), None
    if moment % DAY:
        return value, ("INVALID_DATE", f"{value} is at not midnight in UTC.")
    return stamp(moment)[:10], None


def value_of(table: Table, record: Record, name: str) -> str | None:
    """One value as shown; None where there is none."""
    if name == "hs_object_id":
        return str(record.id)
    if name in ("createdate", "hs_createdate") and name in table.properties:
        return stamp(record.created)
    if name == table.changed:
        return stamp(record.modified)
    return record.properties.get(name) or None


def shown(table: Table, record: Record, wanted: list[str] | None) -> dict[str, str | None]:
    """The default properties, or those asked for with the id and both moments. A property that
    does not exist is left out without a word."""
    created = "createdate" if "createdate" in table.properties else "hs_createdate"
    names = [*wanted, "hs_object_id", created, table.changed] if wanted else table.defaults
    return {
        name: value_of(table, record, name)
        for name in dict.fromkeys(names)
        if name in table.properties and table.properties[name].archived_at is None
    }


def view(portal: Portal, table: Table, record: Record, wanted: list[str] | None) -> dict[str, Any]:
    """A record as the API shows it."""
    body: dict[str, Any] = {
        "id": str(record.id),
        "properties": shown(table, record, wanted),
        "createdAt": stamp(record.created),
        "updatedAt": stamp(record.modified),
        "archived": record.archived_at is not None,
        "url": f"https://app.hubspot.com/contacts/{portal.hub}/record/{table.type_id}/{record.id}",
    }
    if record.archived_at is not None:
        body["archivedAt"] = stamp(record.archived_at)
    return body
