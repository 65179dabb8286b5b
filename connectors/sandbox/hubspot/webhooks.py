"""HubSpot's webhooks and calls of workflow actions, signed as the real ones.

POST deliver  {url, secret, app?, after?: ledger entry, repeat?: 1, sources?: [api, person,
              admin], now?: ISO}: arrays of at most 100 events, with signatures v1 and v3.
              Where the app has subscriptions, only what they ask for. Answers {statuses}
POST execute  {url, secret, contact, inputs, definition?}: a workflow calls an action, signed
              with v2; {callback, status, outputs}. Where the answer blocks, the callback waits
"""

import base64
import hmac
import json
import re
from hashlib import sha256
from typing import Any
from urllib.parse import unquote

from connectors.sandbox.clock import micros
from connectors.sandbox.hubspot.account import APP
from connectors.sandbox.hubspot.state import Portal
from connectors.sandbox.ledger import Entry
from connectors.sandbox.posting import post
from connectors.sandbox.world import World

MOST_EVENTS = 100
_DECODED = re.compile(r"%(3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)", re.IGNORECASE)
_NAMES = {
    "contacts": "contact",
    "companies": "company",
    "deals": "deal",
    "tickets": "ticket",
    "products": "product",
    "line_items": "line_item",
}
_SOURCES = {"api": "INTEGRATION", "person": "FORM", "admin": "CRM_UI"}


def signature_v3(secret: str, method: str, url: str, body: bytes, millis: int) -> str:
    """Base64 of HMAC-SHA256 over method, address with a few characters decoded, body and time."""
    address = _DECODED.sub(lambda found: unquote(found[0]), url)
    told = f"{method}{address}".encode() + body + str(millis).encode()
    return base64.b64encode(hmac.new(secret.encode(), told, sha256).digest()).decode()


def signature_v1(secret: str, body: bytes) -> str:
    """Hex of SHA-256 over secret and body."""
    return sha256(secret.encode() + body).hexdigest()


def signature_v2(secret: str, method: str, url: str, body: bytes) -> str:
    """Hex of SHA-256 over secret, method, address and body."""
    return sha256(f"{secret}{method}{url}".encode() + body).hexdigest()


def deliver(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """Sends what the ledger tells after that entry, oldest first; waits for each answer."""
    with world.lock:
        sources = body.get("sources", ["api", "person", "admin"])
        entries = world.ledger.after(int(body.get("after", 0)))
        events = [
            event
            for entry in entries
            if entry.get("api") == "hubspot" and entry.get("actor") in sources
            for event in told(world.portal, entry)
        ]
        events = _subscribed(world.portal, str(body.get("app", APP)), events)
        now = micros(body["now"]) if "now" in body else world.clock.now
    statuses = []
    for start in range(0, len(events), MOST_EVENTS):
        for attempt in range(int(body.get("repeat", 1))):
            rows = [
                {**event, "attemptNumber": attempt} for event in events[start : start + MOST_EVENTS]
            ]
            content = json.dumps(rows, separators=(",", ":")).encode()
            statuses.append(_send(body["url"], body["secret"], content, now // 1_000))
    return {"statuses": statuses, "events": len(events)}


def _send(url: str, secret: str, content: bytes, millis: int) -> int:
    headers = {
        "Content-Type": "application/json",
        "X-HubSpot-Signature": signature_v1(secret, content),
        "X-HubSpot-Signature-Version": "v1",
        "X-HubSpot-Signature-v3": signature_v3(secret, "POST", url, content, millis),
        "X-HubSpot-Request-Timestamp": str(millis),
    }
    return post(url, content, headers)[0]


def _subscribed(portal: Portal, app: str, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    held = portal.hooks.get(app, {}).get("subscriptions", {})
    if not held:
        return events
    active = [row for row in held.values() if row["active"]]
    return [
        {**event, "subscriptionId": int(row["id"])}
        for event in events
        for row in active
        if row["eventType"] == event["subscriptionType"]
        and row.get("propertyName") == event.get("propertyName")
        and row.get("objectTypeId", event.get("objectTypeId")) == event.get("objectTypeId")
    ]


def told(portal: Portal, entry: Entry) -> list[dict[str, Any]]:
    """The webhook events of one effect in the ledger; none for what has no webhook."""
    table = portal.tables.get(entry.get("object", ""))
    if entry["entry"] != "effect" or table is None or not entry.get("record"):
        return []
    name = _NAMES.get(table.name, "object")
    common: dict[str, Any] = {
        "eventId": entry["n"] * 1_000,
        "subscriptionId": 1,
        "portalId": portal.hub,
        "appId": APP,
        "occurredAt": micros(entry["moment"]) // 1_000,
        "objectId": int(entry["record"]),
        "changeSource": _SOURCES.get(entry["actor"], "IMPORT"),
        "sourceId": str(APP) if entry["actor"] == "api" else "userId:1",
    }
    if name == "object":
        common["objectTypeId"] = table.type_id
    return [
        {**common, **more, "subscriptionType": f"{name}.{what}", "eventId": common["eventId"] + n}
        for n, (what, more) in enumerate(_what(entry))
    ]


def _what(entry: Entry) -> list[tuple[str, dict[str, Any]]]:
    kind, after = entry["kind"], entry.get("after") or {}
    if kind in ("created", "record_created"):
        return [("creation", {"changeFlag": "CREATED"})]
    if kind == "archived":
        return [("deletion", {"changeFlag": "DELETED"})]
    if kind == "erased":
        return [("privacyDeletion", {"changeFlag": "DELETED"})]
    if kind == "merged":
        primary, other = entry["before"]["ids"]
        more = {"primaryObjectId": int(primary), "mergedObjectIds": [int(primary), int(other)]}
        return [("merge", {**more, "newObjectId": int(after["id"]), "numberOfPropertiesMoved": 0})]
    if kind in ("opted_out", "opted_in", "resubscribed"):
        suffix = "" if entry["name"] == "all" else f"_{entry['name']}"
        value = "true" if kind == "opted_out" else "false"
        after = {f"hs_email_optout{suffix}": value}
    elif kind != "property_written":
        return []
    return [
        ("propertyChange", {"propertyName": name, "propertyValue": value})
        for name, value in after.items()
    ]


def execute(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """A workflow comes to an action for one contact."""
    with world.lock:
        portal = world.portal
        key, text = f"ap-{portal.hub}-{portal.fresh()}", str(body["contact"])
        table = portal.tables["contacts"]
        record = table.with_email(text) if "@" in text else table.live(text)
        if record is None:
            raise LookupError("no such contact")
        portal.callbacks[key] = {"record": str(record.id), "outputs": None}
        content = json.dumps(
            {
                "callbackId": key,
                "origin": {
                    "portalId": portal.hub,
                    "actionDefinitionId": body.get("definition", 1),
                    "actionDefinitionVersion": 1,
                },
                "context": {"source": "WORKFLOWS", "workflowId": 1},
                "object": {
                    "objectId": record.id,
                    "objectType": "CONTACT",
                    "properties": dict(record.properties),
                },
                "inputFields": body.get("inputs", {}),
            },
            separators=(",", ":"),
        ).encode()
    headers = {
        "Content-Type": "application/json",
        "X-HubSpot-Signature": signature_v2(body["secret"], "POST", body["url"], content),
        "X-HubSpot-Signature-Version": "v2",
    }
    status, answer = post(body["url"], content, headers)
    with world.lock:
        outputs = json.loads(answer).get("outputFields", {}) if 200 <= status < 300 else {}
        waits = outputs.get("hs_execution_state") in ("BLOCK", "ASYNC")
        portal.callbacks[key]["outputs"] = None if waits else outputs
    return {"callback": key, "status": status, "outputs": outputs, "waits": waits}
