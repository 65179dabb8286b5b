"""Klaviyo's sandbox takes what Klaviyo's description has and nothing else, so that a connector which
passes here says nothing that a real account may not know."""

import pytest
import requests

from connectors.sandbox.klaviyo.server import running
from connectors.sandbox.klaviyo.wire import MEDIA

HEADERS = {"Authorization": "Klaviyo-API-Key pk", "revision": "2026-07-15", "Content-Type": MEDIA}


@pytest.fixture(scope="module")
def account():
    with running(limits="off") as made:
        made.add({"email": "p0@example.com"})
        yield made


def call(account, method, path, body=None, **more):
    """The status and the answer's first detail."""
    headers = {name: value for name, value in {**HEADERS, **more}.items() if value is not None}
    answer = requests.request(
        method, f"{account.url}/api{path}", headers=headers, json=body, timeout=9
    )
    found = answer.json() if answer.content else {}
    return answer.status_code, (found.get("errors") or [{}])[0].get("detail", "")


@pytest.mark.parametrize(("revision", "status"), [
    ("2026-07-15", 200), ("2024-02-15.pre", 200), (None, 400), ("", 400), ("latest", 400),
    ("2026-13-01", 400), ("2027-01-15", 400), ("2019-01-01", 400),
])  # fmt: skip
def test_a_revision_is_a_day_on_which_there_was_one(account, revision, status):
    assert call(account, "GET", "/profiles", revision=revision)[0] == status


@pytest.mark.parametrize(("path", "fine"), [
    ("/profiles?page[size]=100&sort=-updated&fields[profile]=email,subscriptions.email.marketing", True),
    ("/profiles?page[size]=101", False), ("/profiles?page[size]=0", False),
    ("/profiles?limit=5", False), ("/profiles?sort=email_address", False),
    ("/profiles?fields[profile]=phone", False), ("/profiles?fields[list]=name", False),
    ("/profiles?filter=contains(email,\"a\")", False),
    ("/profiles?additional-fields[profile]=everything", False),
    ("/lists?page[size]=10", True), ("/lists?page[size]=11", False),
    ("/tags?page[size]=50", True), ("/tags?page[size]=51", False),
    ("/metrics?fields[metric]=name", True), ("/metrics?page[size]=10", False),
    ("/events?page[size]=1000&sort=datetime", True), ("/events?page[size]=1001", False),
    ("/events?sort=id", False),
])  # fmt: skip
def test_a_listing_takes_its_own_parameters_and_no_others(account, path, fine):
    assert call(account, "GET", path)[0] == (200 if fine else 400)


def event(**more):
    metric = {"data": {"type": "metric", "attributes": {"name": "m"}}}
    who = {"data": {"type": "profile", "id": "P00000001", "attributes": {}}}
    told = {"properties": {}, "metric": metric, "profile": who, "unique_id": "1", **more}
    return {"data": {"type": "event", "attributes": told}}


def profile(attributes, **more):
    return {"data": {"type": "profile", "id": "P00000001", "attributes": attributes, **more}}


@pytest.mark.parametrize(("method", "path", "body", "status"), [
    ("PATCH", "/profiles/P00000001", profile({"properties": {"a": "b"}}), 200),
    ("PATCH", "/profiles/P00000001", profile({"custom": "b"}), 400),
    ("PATCH", "/profiles/P00000001", profile({}, meta={"patch_properties": {"remove": "a"}}), 400),
    ("PATCH", "/profiles/P00000001", profile({"properties": {"a": "x" * 100_001}}), 413),
    ("POST", "/lists", {"data": {"type": "list", "attributes": {"name": "n"}}}, 201),
    ("POST", "/lists", {"data": {"type": "tag", "attributes": {"name": "n"}}}, 400),
    ("POST", "/lists", {"data": {"type": "list", "attributes": {}}}, 400),
    ("POST", "/tags", {"data": {"type": "tag", "attributes": {"name": "n", "colour": "red"}}}, 400),
    ("POST", "/events", event(), 202),
    ("POST", "/events", event(key="1"), 400),
    ("POST", "/events", event(properties={"a": "x" * 100_001}), 400),
    ("POST", "/events", event(metric={"data": {"type": "metric", "attributes": {}}}), 400),
    ("POST", "/lists/none/relationships/profiles", {"data": [{"type": "list", "id": "P1"}]}, 400),
    ("POST", "/profile-import", {"data": {}}, 404),
])  # fmt: skip
def test_a_body_has_the_parts_of_its_kind_and_no_others(account, method, path, body, status):
    assert call(account, method, path, body)[0] == status


def test_a_body_is_of_json_apis_own_kind(account):
    assert call(account, "POST", "/events", event(), **{"Content-Type": "text/plain"})[0] == 415


def test_every_scope_that_an_endpoint_names_is_needed():
    with running(scopes=frozenset({"lists:read", "lists:write", "tags:write"})) as account:
        new = {"data": {"type": "list", "attributes": {"name": "n"}}}
        assert call(account, "POST", "/lists", new)[0] == 201
        (id,) = account.account.lists
        assert call(account, "GET", f"/lists/{id}/relationships/profiles") == (
            403, "needs ['profiles:read']")  # fmt: skip
        new["data"]["type"] = "tag"
        assert call(account, "POST", "/tags", new) == (403, "needs ['tags:read']")


def test_only_so_many_lists_are_made_a_day():
    with running() as account:
        told = []
        for n in range(152):
            new = {"data": {"type": "list", "attributes": {"name": f"n{n}"}}}
            told.append(call(account, "POST", "/lists", new)[0])
            account.advance(1)
        assert told == [201] * 150 + [429] * 2
        account.advance(86_400)
        assert call(account, "POST", "/lists", new)[0] == 201
