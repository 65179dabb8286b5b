"""Webhooks of an app: where they go, and which kinds are subscribed to."""

from collections.abc import Callable
from typing import Any

from connectors.sandbox.hubspot.wire import (
    Answer,
    Problem,
    Request,
    batched,
    inputs_of,
    invalid,
    known,
    missing,
    stamp,
)

MOST_SUBSCRIPTIONS = 1_000
_OBJECTS = ("contact", "company", "deal", "ticket", "product", "line_item", "object")
_WHAT = ("creation", "deletion", "propertyChange", "merge", "restore", "associationChange")
KINDS = frozenset(
    {f"{name}.{what}" for name in _OBJECTS for what in _WHAT} | {"contact.privacyDeletion"}
)


def _app(request: Request) -> dict[str, Any]:
    held: dict[str, Any] = request.portal.hooks.setdefault(
        request.ids["app"], {"settings": None, "subscriptions": {}}
    )
    return held


def _note(request: Request, kind: str, name: str, undo: Callable[[], object]) -> None:
    request.doing.recorder.record(kind, undo, api="hubspot", name=name)


def read_settings(request: Request) -> Answer:
    """GET where they go."""
    found = _app(request)["settings"]
    if found is None:
        raise missing()
    return Answer(200, found)


def write_settings(request: Request) -> Answer:
    """PUT where they go."""
    kinds = {"targetUrl": "string", "throttling": "object"}
    body = known(request.body, kinds, ("targetUrl", "throttling"))
    throttle = known(body["throttling"], {"maxConcurrentRequests": "integer"})
    if not throttle.get("maxConcurrentRequests", 0) >= 1:
        raise invalid("maxConcurrentRequests must be at least 1")
    if not body["targetUrl"].startswith(("https://", "http://127.0.0.1")):
        raise invalid("targetUrl must be an https address")
    app, now = _app(request), stamp(request.doing.now)
    old = app["settings"]
    created = old["createdAt"] if old else now
    app["settings"] = {**body, "createdAt": created, "updatedAt": now}
    _note(request, "webhook_set", request.ids["app"], lambda: app.update(settings=old))
    return Answer(200, app["settings"])


def clear_settings(request: Request) -> Answer:
    """DELETE where they go."""
    app = _app(request)
    old, app["settings"] = app["settings"], None
    _note(request, "webhook_cleared", request.ids["app"], lambda: app.update(settings=old))
    return Answer(204)


def list_subscriptions(request: Request) -> Answer:
    """GET all."""
    return Answer(200, {"results": list(_app(request)["subscriptions"].values())})


def _one(request: Request, key: str) -> dict[str, Any]:
    found: dict[str, Any] | None = _app(request)["subscriptions"].get(key)
    if found is None:
        raise missing()
    return found


def read_subscription(request: Request) -> Answer:
    """GET one."""
    return Answer(200, _one(request, request.ids["id"]))


def create_subscription(request: Request) -> Answer:
    """POST one. A change of a property needs the property's name."""
    kinds = {
        "eventType": "string",
        "propertyName": "string",
        "active": "boolean",
        "objectTypeId": "string",
    }
    body = known(request.body, kinds, ("eventType",))
    held = _app(request)["subscriptions"]
    if body["eventType"] not in KINDS:
        raise invalid(f"{body['eventType']} is not an event type")
    if body["eventType"].endswith(".propertyChange") is not ("propertyName" in body):
        raise invalid("propertyName is for changes of a property, and needed there")
    key = (body["eventType"], body.get("propertyName"), body.get("objectTypeId"))
    if any((s["eventType"], s.get("propertyName"), s.get("objectTypeId")) == key
           for s in held.values()):  # fmt: skip
        raise Problem(409, "CONFLICT", "There is such a subscription already")
    if len(held) >= MOST_SUBSCRIPTIONS:
        raise invalid(f"An app has at most {MOST_SUBSCRIPTIONS} subscriptions")
    number, now = str(request.portal.fresh()), stamp(request.doing.now)
    held[number] = {"active": False, **body, "id": number, "createdAt": now, "updatedAt": now}
    _note(request, "webhook_subscribed", body["eventType"], lambda: held.pop(number))
    return Answer(201, held[number])


def _activate(request: Request, key: str, active: bool) -> dict[str, Any]:
    row, old = _one(request, key), dict(_one(request, key))
    row.update(active=active, updatedAt=stamp(request.doing.now))
    if old["active"] is not active:
        _note(request, "webhook_changed", row["eventType"], lambda: row.update(old))
    return row


def change_subscription(request: Request) -> Answer:
    """PATCH one: on or off."""
    active = known(request.body, {"active": "boolean"}, ("active",))["active"]
    return Answer(200, _activate(request, request.ids["id"], active))


def change_batch(request: Request) -> Answer:
    """POST batch/update: several on or off."""
    kinds = {"id": "integer", "active": "boolean"}
    rows = [known(row, kinds, ("id", "active")) for row in inputs_of(request)]
    return batched(request, [_activate(request, str(r["id"]), r["active"]) for r in rows], [])


def drop_subscription(request: Request) -> Answer:
    """DELETE one."""
    row, held = _one(request, request.ids["id"]), _app(request)["subscriptions"]
    del held[row["id"]]
    undo = {row["id"]: row}
    _note(request, "webhook_unsubscribed", row["eventType"], lambda: held.update(undo))
    return Answer(204)
