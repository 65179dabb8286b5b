"""Members through the real client: pages, lookups, writes, and who may come back."""

from hashlib import md5

import pytest
import requests

from connectors.sandbox import ledger
from tests.connectors.sandbox.refusing import refused


def ask(sandbox, list_id, **query):
    url = f"{sandbox.url}/3.0/lists/{list_id}/members"
    return requests.get(url, params=query, auth=("any", "k-us6"), timeout=20)


def test_a_page_has_ten_members_unless_asked_and_never_more_than_1000(
    client, list_id, people, sandbox
):
    people(1_203)
    assert len(client.lists.get_list_members_info(list_id)["members"]) == 10
    page = ask(sandbox, list_id, count=3000).json()  # the client itself refuses to ask
    assert (len(page["members"]), page["total_items"]) == (1000, 1203)
    rest = client.lists.get_list_members_info(list_id, count=1000, offset=1000)
    assert len(rest["members"]) == 203


def test_fields_narrow_the_answer(client, list_id, people):
    people(2, merge_fields={"FNAME": "Ann"})
    page = client.lists.get_list_members_info(
        list_id, fields=["members.email_address", "members.merge_fields.FNAME", "total_items"]
    )
    assert page == {
        "members": [
            {"email_address": "p0@example.com", "merge_fields": {"FNAME": "Ann"}},
            {"email_address": "p1@example.com", "merge_fields": {"FNAME": "Ann"}},
        ],
        "total_items": 2,
    }
    without = client.lists.get_list_members_info(list_id, exclude_fields=["members"])
    assert set(without) == {"list_id", "total_items", "_links"}


@pytest.mark.parametrize("key", ["hash", "email", "EMAIL", "contact_id"])
def test_a_member_is_found_by_hash_address_or_contact_id(client, list_id, people, key):
    people(1)
    digest = md5(b"p0@example.com").hexdigest()
    member = client.lists.get_list_member(list_id, digest)
    keys = {
        "hash": digest,
        "email": "p0@example.com",
        "EMAIL": "P0@Example.com",
        "contact_id": member["contact_id"],
    }
    assert client.lists.get_list_member(list_id, keys[key]) == member


def test_last_changed_moves_when_something_changes_and_only_then(client, list_id, people, sandbox):
    people(2)
    sandbox.control("clock", now="2026-03-02T10:00:00+00:00")
    body = {"merge_fields": {"FNAME": "Ann"}}
    first = client.lists.update_list_member(list_id, "p0@example.com", body)
    assert first["last_changed"] == "2026-03-02T10:00:00+00:00"
    sandbox.control("clock", now="2026-03-03T10:00:00+00:00")
    again = client.lists.update_list_member(list_id, "p0@example.com", body)
    assert again["last_changed"] == first["last_changed"]
    assert len(ledger.effects(sandbox.entries, ["field_written"])) == 1


def test_since_last_changed_takes_later_seconds_only(client, list_id, people, sandbox):
    people(3)
    sandbox.control("clock", now="2026-03-02T10:00:00+00:00")
    client.lists.update_list_member(list_id, "p1@example.com", {"language": "fr"})
    page = client.lists.get_list_members_info(
        list_id,
        since_last_changed="2026-03-02T09:59:59+00:00",
        sort_field="last_changed",
        sort_dir="ASC",
    )
    assert [m["email_address"] for m in page["members"]] == ["p1@example.com"]
    same = client.lists.get_list_members_info(
        list_id, since_last_changed="2026-03-02T10:00:00+00:00"
    )
    assert same["total_items"] == 0


def test_a_page_sorted_by_change_is_in_that_order(client, list_id, people, sandbox):
    people(4)
    for number, email in enumerate(["p2@example.com", "p0@example.com"]):
        sandbox.control("clock", advance=60)
        client.lists.update_list_member(list_id, email, {"merge_fields": {"FNAME": str(number)}})
    page = client.lists.get_list_members_info(list_id, sort_field="last_changed", sort_dir="DESC")
    emails = [m["email_address"][:2] for m in page["members"]]
    assert emails == ["p0", "p2", "p3", "p1"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"since_last_changed": "yesterday"}, "since_last_changed"),
        ({"status": "gone"}, "status"),
        ({"sort_field": "email"}, "sort_field"),
        ({"count": "many"}, "count"),
        ({"vip_only": "True"}, "vip_only"),  # what the client makes of Python's True
    ],
)
def test_a_wrong_query_is_refused_and_names_its_field(sandbox, list_id, query, field):
    answer = ask(sandbox, list_id, **query)
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_a_member_is_created_once(client, list_id, sandbox):
    body = {"email_address": "New@example.com", "status": "subscribed", "tags": ["vip"]}
    made = client.lists.add_list_member(list_id, body)
    assert made["id"] == md5(b"new@example.com").hexdigest()
    assert [tag["name"] for tag in made["tags"]] == ["vip"]
    assert refused(client.lists.add_list_member, list_id, body).status_code == 400
    created = ledger.created_or_resubscribed(sandbox.entries)
    assert [(e["kind"], e["member"]) for e in created] == [("created", made["id"])]


def test_put_updates_who_is_there_and_creates_who_is_not(client, list_id, people, sandbox):
    people(1)
    body = {"email_address": "p0@example.com", "status_if_new": "unsubscribed"}
    body["merge_fields"] = {"LNAME": "Lee"}
    same = client.lists.set_list_member(list_id, "p0@example.com", body)
    assert (same["status"], same["merge_fields"]["LNAME"]) == ("subscribed", "Lee")
    assert not ledger.created_or_resubscribed(sandbox.entries)
    body["email_address"] = "other@example.com"
    digest = md5(b"other@example.com").hexdigest()
    assert client.lists.set_list_member(list_id, digest, body)["status"] == "unsubscribed"
    assert len(ledger.created_or_resubscribed(sandbox.entries)) == 1


def test_put_and_patch_differ_on_who_is_not_there(client, list_id):
    error = refused(client.lists.update_list_member, list_id, "nobody@example.com", {})
    assert error.status_code == 404
    body = {"email_address": "nobody@example.com"}
    error = refused(client.lists.set_list_member, list_id, "nobody@example.com", body)
    assert "status_if_new" in error.text


def test_an_address_changes_and_the_contact_id_stays(client, list_id, people):
    people(2, tags=["t"])
    old = client.lists.get_list_member(list_id, "p0@example.com")
    new = client.lists.update_list_member(
        list_id, "p0@example.com", {"email_address": "n@example.com"}
    )
    assert new["contact_id"] == old["contact_id"]
    assert (new["id"], new["tags"]) == (md5(b"n@example.com").hexdigest(), old["tags"])
    taken = {"email_address": "p1@example.com"}
    error = refused(client.lists.update_list_member, list_id, "n@example.com", taken)
    assert error.status_code == 400


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"email_address": "nonsense", "status": "subscribed"}, "email_address"),
        ({"email_address": "a@example.com"}, "status"),
        ({"email_address": "a@example.com", "status": "archived"}, "status"),
        ({"email_address": "a@example.com", "status": "subscribed", "vip": "yes"}, "vip"),
        ({"email_address": 3, "status": "subscribed"}, "email_address"),
    ],
)
def test_a_wrong_body_is_refused_and_changes_nothing(client, list_id, sandbox, body, field):
    error = refused(client.lists.add_list_member, list_id, body)
    assert (error.status_code, f'"field":"{field}"' in error.text) == (400, True)
    assert not ledger.effects(sandbox.entries)
