"""A portal with people in it, and any calls that may come to it, for tests of what the ledger tells."""

import json
from typing import Any

from hypothesis import strategies as st

from connectors.sandbox.control import control
from connectors.sandbox.dispatch import Incoming
from connectors.sandbox.hubspot.dispatch import serve
from connectors.sandbox.hubspot.saved import kept
from connectors.sandbox.world import World

IDS = ["101", "102", "103"]

EMAILS = [f"p{number}@example.com" for number in range(3)]

OBJECTS = "/crm/v3/objects/contacts"

EVENT = "pe424242_left"


def call(world: World, method: str, path: str, body: Any = None) -> int:
    content = b"" if body is None else json.dumps(body).encode()
    return serve(world, Incoming(method, path, "Bearer k", "host", content)).status


def portal_with_people() -> World:
    world = World()
    world.portal.settings.limits.time = "off"
    rows = [{"email": email} for email in EMAILS]
    control(world, "POST", "hubspot/contacts", {}, {"contacts": rows})
    body = {"name": "vip", "objectTypeId": "0-1", "processingType": "MANUAL"}
    call(world, "POST", "/crm/v3/lists", body)
    definition = {"label": "left", "propertyDefinitions": []}
    call(world, "POST", "/events/v3/event-definitions", definition)
    return world


def whole(world: World) -> Any:
    return json.loads(json.dumps(kept(world.portal)))


number = st.sampled_from([*IDS, "999"])

email = st.sampled_from([*EMAILS, "new@example.com"])

value = st.sampled_from(["", "a", "b"])

CALLS = st.one_of(
    st.builds(
        lambda n, v: (
            "POST",
            f"{OBJECTS}/batch/update",
            {"inputs": [{"id": n, "properties": {"city": v, "phone": "1"}}]},
        ),
        number,
        value,
    ),
    st.builds(
        lambda n, e: ("PATCH", f"{OBJECTS}/{n}", {"properties": {"email": e}}), number, email
    ),
    st.builds(
        lambda e, v: (
            "POST",
            f"{OBJECTS}/batch/upsert",
            {"inputs": [{"id": e, "idProperty": "email", "properties": {"city": v}}]},
        ),
        email,
        value,
    ),
    st.builds(lambda n: ("DELETE", f"{OBJECTS}/{n}", None), number),
    st.builds(lambda n: ("POST", f"{OBJECTS}/gdpr-delete", {"objectId": n}), number),
    st.builds(
        lambda a, b: ("POST", f"{OBJECTS}/merge", {"primaryObjectId": a, "objectIdToMerge": b}),
        number,
        number,
    ),
    st.builds(
        lambda n, w: ("PUT", f"/crm/v3/lists/104/memberships/{w}", [n]),
        number,
        st.sampled_from(["add", "remove"]),
    ),
    st.builds(
        lambda n, e, u: (
            "POST",
            "/events/v3/send",
            {"eventName": EVENT, "objectId": n, "uuid": u, "properties": {}},
        ),
        number,
        email,
        value,
    ),
    st.builds(
        lambda e, w: (
            "POST",
            f"/communication-preferences/v3/{w}",
            {"emailAddress": e, "subscriptionId": "1001"},
        ),
        email,
        st.sampled_from(["subscribe", "unsubscribe"]),
    ),
    st.builds(
        lambda e, s: (
            "POST",
            "/marketing/v4/email/single-send",
            {"emailId": 9001, "message": {"to": e, "sendId": s}},
        ),
        email,
        st.sampled_from(["s1", "s2"]),
    ),
)
