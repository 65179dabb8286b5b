"""The ledger: every change of state is in it, and nothing that did not happen."""

import json
from dataclasses import asdict
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.sandbox import ledger
from connectors.sandbox.control import control
from connectors.sandbox.dispatch import Incoming, serve
from connectors.sandbox.mailchimp.state import hashed
from connectors.sandbox.world import LIST, World

EMAILS = [f"p{number}@example.com" for number in range(3)]
STATUSES = ["subscribed", "unsubscribed", "cleaned", "pending"]


def call(world: World, method: str, path: str, body: Any = None) -> int:
    content = b"" if body is None else json.dumps(body).encode()
    incoming = Incoming(method, f"/3.0/lists/{LIST}{path}", "Bearer k", "host", content)
    return serve(world, incoming).status


def calls():
    email = st.sampled_from(EMAILS)
    status = st.sampled_from(STATUSES)
    name = st.sampled_from(["a", "b"])
    members = st.builds(
        lambda e, s: ("POST", "/members", {"email_address": e, "status": s}), email, status
    )
    puts = st.builds(
        lambda e, s, v: (
            "PUT",
            f"/members/{e}",
            {"email_address": e, "status_if_new": s, "merge_fields": {"FNAME": v}},
        ),
        email,
        status,
        name,
    )
    patches = st.builds(
        lambda e, s, v: (
            "PATCH",
            f"/members/{e}",
            {"status": s, "merge_fields": {"FNAME": v, "NOPE": v}},
        ),
        email,
        status,
        name,
    )
    tags = st.builds(
        lambda e, n, s: ("POST", f"/members/{e}/tags", {"tags": [{"name": n, "status": s}]}),
        email,
        name,
        st.sampled_from(["active", "inactive"]),
    )
    bulk = st.builds(
        lambda e, s: (
            "POST",
            "",
            {"members": [{"email_address": e, "status": s}], "update_existing": True},
        ),
        email,
        status,
    )
    archive = st.builds(lambda e: ("DELETE", f"/members/{e}", None), email)
    erase = st.builds(lambda e: ("POST", f"/members/{e}/actions/delete-permanent", None), email)
    event = st.builds(lambda e, n: ("POST", f"/members/{e}/events", {"name": n * 2}), email, name)
    return st.lists(st.one_of(members, puts, patches, tags, bulk, archive, erase, event))


def retold(entries: list[ledger.Entry]) -> dict[str, dict[str, Any]]:
    """The audience as the ledger alone tells it."""
    people: dict[str, dict[str, Any]] = {}
    for effect in ledger.effects(entries, actor=None):
        kind, member = effect["kind"], effect.get("member")
        if kind == "created":
            people[member] = {"status": "", "fields": {}, "tags": set(), "events": 0}
        if kind == "erased":
            del people[member]
        elif kind == "field_written":
            people[member]["fields"] |= effect["after"]
        elif kind == "tag_added":
            people[member]["tags"].add(effect["name"])
        elif kind == "tag_removed":
            people[member]["tags"].remove(effect["name"])
        elif kind == "event":
            people[member]["events"] += 1
        elif member and "status" in effect["after"]:
            people[member]["status"] = effect["after"]["status"]
    return people


def held(world: World) -> dict[str, dict[str, Any]]:
    audience = world.audience(LIST)
    return {
        member.id: {
            "status": member.status,
            "fields": member.merge_fields,
            "tags": {audience.segments[number].name for number in member.tags},
            "events": len(member.events),
        }
        for member in audience.members.values()
    }


@settings(max_examples=150, deadline=None)
@given(sequence=calls(), seed=st.integers(0, 99), rate=st.sampled_from([0.0, 0.4]))
def test_the_ledger_alone_tells_the_whole_state(sequence, seed, rate):
    world = World()
    kinds = ("silent", "lost_after", "500", "unsubscribe")
    world.failures.seed, world.failures.rates = seed, dict.fromkeys(kinds, rate)
    for method, path, body in sequence:
        call(world, method, path, body)
    assert retold(world.ledger.entries) == held(world)
    assert len(ledger.calls(world.ledger.entries)) == len(sequence)
    assert [entry["n"] for entry in world.ledger.entries] == list(
        range(1, len(world.ledger.entries) + 1)
    )


def whole(world: World) -> dict[str, Any]:
    """All that an audience holds, moments and forgotten addresses included."""
    audience = world.audience(LIST)
    return {
        "members": {member.id: asdict(member) for member in audience.members.values()},
        "segments": {segment.id: asdict(segment) for segment in audience.segments.values()},
        "fields": {column.merge_id: asdict(column) for column in audience.merge_fields.values()},
        "by_contact": dict(audience.by_contact),
        "forgotten": set(audience.forgotten),
    }


@settings(max_examples=150, deadline=None)
@given(before=calls(), one=calls().filter(bool))
def test_a_silent_call_leaves_the_very_state_that_was(before, one):
    world = World()
    for method, path, body in before:
        call(world, method, path, body)
    state, seen = whole(world), len(ledger.effects(world.ledger.entries))
    world.failures.rates = {"silent": 1.0}
    for method, path, body in one:
        call(world, method, path, body)
    assert whole(world) == state
    assert len(ledger.effects(world.ledger.entries)) == seen


SETUP = [
    ("PATCH", "/merge-fields/1", {"name": "Given", "tag": "GIVEN"}),
    ("DELETE", "/merge-fields/1", None),
    ("POST", "/merge-fields", {"name": "New", "type": "text"}),
    ("PATCH", "/segments/1001", {"name": "other", "static_segment": []}),
    ("DELETE", "/segments/1001", None),
    ("POST", "/segments", {"name": "new", "static_segment": EMAILS}),
    ("POST", "/segments/1001", {"members_to_add": EMAILS, "members_to_remove": EMAILS[:1]}),
    ("POST", f"/members/{EMAILS[0]}/actions/delete-permanent", None),
    ("PATCH", f"/members/{EMAILS[0]}", {"email_address": "n@example.com", "status": "subscribed"}),
    ("PATCH", f"/members/{EMAILS[1]}", {"status": "subscribed", "vip": True}),
]


@pytest.mark.parametrize(("method", "path", "body"), SETUP)
def test_what_a_silent_call_began_is_undone_whatever_it_was(method, path, body):
    world = World()
    rows = [{"email": email, "merge_fields": {"FNAME": "Ann"}} for email in EMAILS]
    rows[0]["tags"] = ["t"]
    rows[1]["status"] = "unsubscribed"
    control(world, "POST", "members", {}, {"members": rows})
    world.failures.rates = {"silent": 1.0}
    state = whole(world)
    assert call(world, method, path, body) in (200, 204)
    assert whole(world) == state
    world.failures.rates = {}
    assert call(world, method, path, body) in (200, 204)
    assert whole(world) != state


def test_a_refused_call_leaves_nothing_half_done(people, sandbox):
    people(1)
    world = sandbox.world
    state, seen = whole(world), len(sandbox.entries)
    # The status could be written; the address of one who is then unsubscribed cannot.
    body = {"status": "unsubscribed", "email_address": "n@example.com"}
    assert call(world, "PATCH", f"/members/{EMAILS[0]}", body) == 400
    assert whole(world) == state
    assert [entry["entry"] for entry in sandbox.entries[seen:]] == ["call"]


def test_acts_of_people_are_not_taken_for_calls(client, list_id, people, sandbox):
    people(2)
    for action in ("unsubscribe", "subscribe", "clean"):
        sandbox.control("person", email=EMAILS[0], action=action)
    sandbox.control("person", email=EMAILS[1], action="tag", tag="vip", by="admin")
    sandbox.control("person", email="new@example.com", action="subscribe")
    assert not ledger.effects(sandbox.entries)
    assert not ledger.calls(sandbox.entries)
    by = [(e["actor"], e["kind"]) for e in ledger.effects(sandbox.entries, actor=None)]
    assert by == [
        ("import", "imported"),
        ("person", "unsubscribed"),
        ("person", "resubscribed"),
        ("person", "cleaned"),
        ("admin", "tag_created"),
        ("admin", "tag_added"),
        ("person", "created"),
    ]


def test_members_are_named_by_hash_and_a_call_is_kept_as_it_came(client, list_id, people, sandbox):
    people(1)
    client.lists.update_list_member(list_id, EMAILS[0], {"merge_fields": {"FNAME": "Ann"}})
    call, effect = sandbox.entries[-2:]
    assert (call["method"], call["path"]) == ("PATCH", f"/lists/{list_id}/members/{EMAILS[0]}")
    assert call["body"] == {"merge_fields": {"FNAME": "Ann"}}
    assert (effect["call"], effect["member"]) == (call["call"], hashed(EMAILS[0]))
    assert ledger.counts(sandbox.entries) == {"reads": 0, "writes": 1, "operations": 0}


def test_the_ledger_is_read_over_http_from_a_place_on(client, list_id, people, sandbox):
    people(1)
    url = f"{sandbox.url}/_sandbox/ledger"
    first = requests.get(url, timeout=20).json()
    assert first == sandbox.entries
    client.ping.get()
    more = requests.get(url, params={"after": first[-1]["n"]}, timeout=20).json()
    assert [entry["path"] for entry in more] == ["/ping"]


def test_a_reset_keeps_the_ledger(people, sandbox):
    people(2)
    kept = sandbox.entries
    sandbox.control("reset")
    assert sandbox.entries == kept
    assert sandbox.state()["lists"][LIST]["members"] == 0
