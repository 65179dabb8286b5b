"""The ledger tells every change of the portal, and nothing that did not happen."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.sandbox import ledger
from connectors.sandbox.control import control
from connectors.sandbox.hubspot.saved import restored
from connectors.sandbox.hubspot.state import hashed
from connectors.sandbox.world import World
from tests.connectors.sandbox_hubspot.calling import (
    CALLS,
    EMAILS,
    EVENT,
    IDS,
    OBJECTS,
    call,
    portal_with_people,
    whole,
)


def retold(entries: list[ledger.Entry], people: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The contacts as the ledger alone tells them."""
    for effect in ledger.effects(entries, actor=None):
        kind, record = effect["kind"], effect.get("record")
        if kind == "created":
            people[record] = {"values": dict(effect["after"]), "lists": False}
        elif kind == "property_written":
            values = {**people[record]["values"], **effect["after"]}
            people[record]["values"] = {k: v for k, v in values.items() if v}
        elif kind in ("archived", "erased"):
            people.pop(record, None)  # one in the bin is erased as well
        elif kind == "merged":
            one, two = (people.pop(old) for old in effect["before"]["ids"])
            merged = {"hs_merged_object_ids": ";".join(effect["before"]["ids"])}
            people[effect["after"]["id"]] = {
                "values": {**two["values"], **one["values"], **merged},
                "lists": one["lists"] or two["lists"],
            }
        elif kind in ("list_added", "list_removed"):
            people[record]["lists"] = effect["after"]
        elif kind in ("opted_in", "opted_out", "resubscribed") and record:
            name = f"hs_email_optout_{effect['name']}"
            people[record]["values"][name] = "true" if kind == "opted_out" else "false"
    return people


def held(world: World) -> dict[str, Any]:
    table, members = world.portal.tables["contacts"], world.portal.lists[104].members
    return {
        str(r.id): {"values": r.properties, "lists": r.id in members}
        for r in table.records.values()
        if r.archived_at is None
    }


@settings(max_examples=120, deadline=None)
@given(sequence=st.lists(CALLS), seed=st.integers(0, 99), rate=st.sampled_from([0.0, 0.3]))
def test_the_ledger_alone_tells_who_is_there_and_what_they_hold(sequence, seed, rate):
    world = portal_with_people()
    start, seen = held(world), len(world.ledger.entries)
    kinds = ("silent", "lost_after", "500", "partial", "partial_silent")
    failures = {"seed": seed, "rates": dict.fromkeys(kinds, rate)}
    control(world, "POST", "hubspot/failures", {}, failures)
    for one in sequence:
        call(world, *one)
    assert retold(world.ledger.entries[seen:], start) == held(world)
    assert len(ledger.calls(world.ledger.entries[seen:])) == len(sequence)


@settings(max_examples=120, deadline=None)
@given(before=st.lists(CALLS), one=st.lists(CALLS, min_size=1, max_size=3))
def test_a_silent_call_leaves_the_very_state_that_was(before, one):
    world = portal_with_people()
    for each in before:
        call(world, *each)
    state, seen = whole(world), len(ledger.effects(world.ledger.entries))
    control(world, "POST", "hubspot/failures", {}, {"rates": {"silent": 1}})
    for each in one:
        call(world, *each)
    after = whole(world)
    assert {**after, "next_id": 0} == {**state, "next_id": 0}
    assert len(ledger.effects(world.ledger.entries)) == seen


@settings(max_examples=60, deadline=None)
@given(sequence=st.lists(CALLS))
def test_a_kept_portal_is_the_same_when_it_comes_back(sequence):
    world = portal_with_people()
    for each in sequence:
        call(world, *each)
    state = whole(world)
    world.portal = restored(json.loads(json.dumps(state)))
    assert whole(world) == state
    assert call(world, "GET", f"{OBJECTS}?limit=100") == 200


PROPERTY = {"name": "p", "label": "P", "type": "string", "fieldType": "text"}
SETUP = [
    ("POST", "/crm/v3/properties/contacts/groups", {"name": "g", "label": "G"}),
    ("POST", "/crm/v3/properties/contacts", {**PROPERTY, "groupName": "contactinformation"}),
    ("PATCH", "/crm/v3/properties/contacts/own", {"label": "New"}),
    ("DELETE", "/crm/v3/properties/contacts/own", None),
    ("PATCH", "/crm/v3/properties/contacts/groups/empty", {"label": "New"}),
    ("DELETE", "/crm/v3/properties/contacts/groups/empty", None),
    ("PUT", "/crm/v3/lists/104/update-list-name?listName=new", None),
    ("DELETE", "/crm/v3/lists/104", None),
    ("DELETE", "/crm/v3/lists/104/memberships", None),
    ("DELETE", f"/events/v3/event-definitions/{EVENT}", None),
    ("POST", f"{OBJECTS}/gdpr-delete", {"objectId": "x@example.com", "idProperty": "email"}),
    ("POST", f"{OBJECTS}/batch/archive", {"inputs": [{"id": "101"}]}),
    ("POST", "/communication-preferences/v4/statuses/p0@example.com/unsubscribe-all?channel=EMAIL",
     None),
    ("PUT", "/webhooks/v3/7001/settings?hapikey=k",
     {"targetUrl": "https://a.example.com", "throttling": {"maxConcurrentRequests": 1}}),
    ("POST", "/webhooks/v3/7001/subscriptions?hapikey=k", {"eventType": "contact.creation"}),
]  # fmt: skip


@pytest.mark.parametrize("one", SETUP, ids=lambda one: f"{one[0]} {one[1]}")
def test_what_a_silent_call_began_is_undone_whatever_it_was(one):
    world = portal_with_people()
    own = {**PROPERTY, "name": "own", "groupName": "contactinformation"}
    call(world, "POST", "/crm/v3/properties/contacts", own)
    call(world, "POST", "/crm/v3/properties/contacts/groups", {"name": "empty", "label": "E"})
    call(world, "PUT", "/crm/v3/lists/104/memberships/add", IDS)
    call(world, "GET", "/webhooks/v3/7001/subscriptions?hapikey=k")
    state = whole(world)
    control(world, "POST", "hubspot/failures", {}, {"rates": {"silent": 1}})
    assert call(world, *one) in (200, 201, 204)
    assert {**whole(world), "next_id": 0} == {**state, "next_id": 0}
    control(world, "POST", "hubspot/failures", {}, {})
    assert call(world, *one) in (200, 201, 204)
    assert {**whole(world), "next_id": 0} != {**state, "next_id": 0}


def test_a_refused_call_leaves_nothing_half_done():
    world = portal_with_people()
    state, seen = whole(world), len(world.ledger.entries)
    rows = [{"eventName": EVENT, "email": "new@example.com", "properties": {}}, {"eventName": "x"}]
    assert call(world, "POST", "/events/v3/send/batch", {"inputs": rows}) == 400
    message = {"to": "new@example.com"}
    body = {"emailId": 9001, "message": message, "contactProperties": {"nothing": "x"}}
    assert call(world, "POST", "/marketing/v4/email/single-send", body) == 400
    assert whole(world) == state
    assert [entry["entry"] for entry in world.ledger.entries[seen:]] == ["call", "call"]


def test_acts_of_people_are_not_taken_for_calls():
    world = portal_with_people()
    seen = len(world.ledger.entries)
    for action in ("opt_in", "opt_out", "archive"):
        control(world, "POST", "hubspot/person", {}, {"email": EMAILS[0], "action": action})
    more = {"email": EMAILS[1], "action": "write", "by": "admin", "properties": {"city": "Ulm"}}
    control(world, "POST", "hubspot/person", {}, more)
    control(world, "POST", "hubspot/person", {}, {"email": EMAILS[2], "action": "erase"})
    control(world, "POST", "hubspot/person", {}, {"email": "n@example.com", "action": "create"})
    entries = world.ledger.entries[seen:]
    assert not ledger.effects(entries)
    assert not ledger.calls(entries)
    by = [(e["actor"], e["kind"]) for e in ledger.effects(entries, actor=None)]
    assert by == [
        ("person", "opted_in"),
        ("person", "opted_out"),
        ("person", "archived"),
        ("admin", "property_written"),
        ("person", "erased"),
        ("person", "created"),
    ]
    with pytest.raises(ValueError, match="no such act"):
        control(world, "POST", "hubspot/person", {}, {"email": EMAILS[0], "action": "sing"})
    with pytest.raises(LookupError):
        control(world, "POST", "hubspot/person", {}, {"email": "x@example.com", "action": "erase"})


def test_a_person_has_the_same_name_in_the_ledger_of_either_system():
    world = portal_with_people()
    body = {"inputs": [{"id": "101", "properties": {"city": "Ulm"}}]}
    call(world, "POST", f"{OBJECTS}/batch/update", body)
    told, effect = world.ledger.entries[-2:]
    assert (told["api"], told["path"], told["write"]) == (
        "hubspot",
        f"{OBJECTS}/batch/update",
        True,
    )
    assert (effect["member"], effect["after"]) == (hashed(EMAILS[0]), {"city": "Ulm"})
    assert ledger.of_api(world.ledger.entries, "mailchimp") == []
    call(world, "POST", f"{OBJECTS}/search", {"filterGroups": []})
    assert world.ledger.entries[-1]["write"] is False
