"""Custom behavioural events: definitions, sending one or at most 500, and reading what occurred.

An event's `uuid` makes it count once. A person who is named by an address that no contact has is
made a contact: name them by `objectId` to be safe. An `objectId` that nobody has is accepted and
nothing comes of it, since the real API works later.
"""

import re
from typing import Any

from connectors.sandbox.hubspot import effects
from connectors.sandbox.hubspot.effects_sends import note_event
from connectors.sandbox.hubspot.state import Record
from connectors.sandbox.hubspot.wire import (
    Answer,
    Problem,
    Request,
    inputs_of,
    invalid,
    known,
    missing,
    moment_of,
    paged,
    stamp,
    texts,
)

MOST_EVENTS = 500
MOST_READ = 100
_SEND = {
    "eventName": "string",
    "email": "string",
    "objectId": "string",
    "utk": "string",
    "uuid": "string",
    "occurredAt": "string",
    "properties": "object",
}


def create_definition(request: Request) -> Answer:
    """POST. The full name begins with pe and the portal's number."""
    kinds = {"label": "string", "name": "string", "propertyDefinitions": "array"}
    body = known(request.body, {**kinds, "description": "string"}, ("label",))
    name = body.get("name") or re.sub(r"\W+", "_", body["label"].lower())
    if not re.fullmatch(r"[a-z][a-z0-9_-]*", name):
        raise invalid(f"Event name {name} is not valid")
    full = f"pe{request.portal.hub}_{name}"
    if full in request.portal.definitions:
        raise Problem(409, "OBJECT_ALREADY_EXISTS", f"An event named {full} already exists.")
    columns = [
        known(row, {"name": "string", "label": "string", "type": "string"}, ("name",))
        for row in body.get("propertyDefinitions", [])
    ]
    definition = {
        "id": str(request.portal.fresh()),
        "name": name,
        "fullyQualifiedName": full,
        "objectTypeId": f"6-{request.portal.next_id}",
        "labels": {"singular": body["label"]},
        "description": body.get("description", ""),
        "primaryObject": "CONTACT",
        "archived": False,
        "createdAt": stamp(request.doing.now),
        "properties": columns,
        "associations": [],
    }
    request.portal.definitions[full] = definition
    request.doing.recorder.record(
        "event_defined", lambda: request.portal.definitions.pop(full), api="hubspot", name=full
    )
    return Answer(201, definition)


def list_definitions(request: Request) -> Answer:
    """GET all whose name has that text."""
    part = request.text("searchString") or ""
    rows = [d for name, d in request.portal.definitions.items() if part in name]
    return paged(request, rows, None, total=len(rows))


def _definition(request: Request, name: str) -> dict[str, Any]:
    found = request.portal.definitions.get(name)
    if found is None:
        raise missing(f"No event is named {name}")
    return found


def read_definition(request: Request) -> Answer:
    """GET one."""
    return Answer(200, _definition(request, request.ids["name"]))


def drop_definition(request: Request) -> Answer:
    """DELETE one."""
    name = request.ids["name"]
    held = _definition(request, name)
    del request.portal.definitions[name]
    request.doing.recorder.record(
        "event_undefined",
        lambda: request.portal.definitions.update({name: held}),
        api="hubspot",
        name=name,
    )
    return Answer(204)


def _checked(request: Request, row: Any) -> dict[str, Any]:
    kept = known(row, _SEND, ("eventName",))
    definition = request.portal.definitions.get(kept["eventName"])
    if definition is None:
        raise invalid(f"No event is named {kept['eventName']}")
    values = texts(kept.get("properties", {}), "properties")
    unknown = set(values) - {column["name"] for column in definition["properties"]}
    if unknown:  # unverified: the real API may drop them instead
        raise invalid(f"The event has no properties named {sorted(unknown)}")
    if not any(kept.get(key) for key in ("email", "objectId", "utk")):
        raise invalid("One of email, objectId and utk must be set")
    try:
        moment_of(kept.get("occurredAt", "0"))
    except ValueError:
        raise invalid("occurredAt is not a valid moment") from None
    return kept


def _concerned(request: Request, kept: dict[str, Any]) -> Record | None:
    table = request.portal.tables["contacts"]
    if kept.get("objectId"):
        return table.live(kept["objectId"])
    email = kept.get("email", "").strip().lower()
    if not email or email in request.portal.forgotten:
        return None
    return table.with_email(email) or effects.create(request.doing, table, {"email": email})


def _happen(request: Request, kept: dict[str, Any]) -> None:
    portal, uuid = request.portal, kept.get("uuid")
    if uuid and uuid in portal.uuids:
        return
    record = _concerned(request, kept)
    if record is not None:
        note_event(request.doing, record, kept)


def send(request: Request) -> Answer:
    """POST one."""
    _happen(request, _checked(request, request.body))
    return Answer(204)


def send_batch(request: Request) -> Answer:
    """POST at most 500. One that is not valid refuses all (unverified)."""
    rows = [_checked(request, row) for row in inputs_of(request, MOST_EVENTS)]
    for row in rows:
        _happen(request, row)
    return Answer(204)


def read_events(request: Request) -> Answer:
    """GET what occurred, newest first: one object's, or one type's of all objects."""
    wanted, object_id = request.text("eventType"), request.text("objectId")
    if wanted is None and object_id is None:
        raise invalid("One of eventType and objectId must be set")
    since = moment_of(request.text("occurredAfter") or "0")
    until = moment_of(request.text("occurredBefore") or "99999999999999")
    limit = request.number("limit", 20, MOST_READ)
    rows = [
        row
        for row in reversed(request.portal.occurrences)
        if (wanted is None or row["eventType"] == wanted)
        and (object_id is None or row["objectId"] == object_id)
        and since < moment_of(row["occurredAt"]) < until
    ]
    after = request.text("after") or "0"
    start = int(after) if after.isdecimal() else 0
    more = str(start + limit) if start + limit < len(rows) else None
    return paged(request, rows[start : start + limit], more)


def event_types(request: Request) -> Answer:
    """GET the types that have a definition or have occurred."""
    seen = {row["eventType"] for row in request.portal.occurrences}
    return Answer(200, {"eventTypes": sorted(seen | set(request.portal.definitions))})
