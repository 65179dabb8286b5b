"""Who left the audience, and who may bring them back."""

from hashlib import md5

import pytest

from connectors.sandbox import ledger
from tests.connectors.sandbox.refusing import refused


def test_fields_of_one_who_left_are_written_and_the_ledger_says_so(
    client, list_id, people, sandbox
):
    people(2)
    sandbox.control("person", email="p0@example.com", action="unsubscribe")
    for email in ("p0@example.com", "p1@example.com"):
        client.lists.update_list_member(list_id, email, {"merge_fields": {"FNAME": "Ann"}})
    (breach,) = ledger.unwilling(sandbox.entries)
    assert breach["member"] == md5(b"p0@example.com").hexdigest()
    assert (breach["standing"], breach["before"], breach["after"]) == (
        "unsubscribed",
        {"FNAME": ""},
        {"FNAME": "Ann"},
    )


@pytest.mark.parametrize("act", ["unsubscribe", "clean"])
def test_nobody_but_the_person_brings_back_who_left_by_their_own_act(
    client, list_id, people, sandbox, act
):
    people(1)
    sandbox.control("person", email="p0@example.com", action=act)
    error = refused(
        client.lists.update_list_member, list_id, "p0@example.com", {"status": "subscribed"}
    )
    assert "Member In Compliance State" in error.text
    assert not ledger.created_or_resubscribed(sandbox.entries)
    sandbox.control("person", email="p0@example.com", action="subscribe")
    assert client.lists.get_list_member(list_id, "p0@example.com")["status"] == "subscribed"
    assert not ledger.created_or_resubscribed(sandbox.entries)


@pytest.mark.parametrize(
    "row", [{"status": "cleaned"}, {"status": "unsubscribed", "left_by": "person"}]
)
def test_an_import_tells_who_left_by_their_own_act(client, list_id, people, row):
    people(1, **row)
    body = {"status": "subscribed"}
    error = refused(client.lists.update_list_member, list_id, "p0@example.com", body)
    assert "Member In Compliance State" in error.text


@pytest.mark.parametrize("status", ["unsubscribed", "archived"])
def test_whom_an_admin_took_off_the_api_can_resubscribe_and_the_ledger_says_so(
    client, list_id, people, sandbox, status
):
    people(1, status=status)
    client.lists.update_list_member(list_id, "p0@example.com", {"status": "subscribed"})
    (effect,) = ledger.created_or_resubscribed(sandbox.entries)
    assert (effect["kind"], effect["standing"]) == ("resubscribed", status)


def test_archived_members_are_seen_only_when_asked_for(client, list_id, people):
    people(2)
    assert client.lists.delete_list_member(list_id, "p0@example.com").status_code == 204
    listed = client.lists.get_list_members_info(list_id)["members"]
    assert [m["email_address"] for m in listed] == ["p1@example.com"]
    archived = client.lists.get_list_members_info(list_id, status="archived")["members"]
    assert [m["email_address"] for m in archived] == ["p0@example.com"]
    assert client.lists.get_list_member(list_id, "p0@example.com")["status"] == "archived"
    again = refused(client.lists.delete_list_member, list_id, "p0@example.com")
    assert again.status_code == 405


def test_an_erased_member_cannot_be_imported_again(client, list_id, people, sandbox):
    people(1, tags=["t"])
    done = client.lists.delete_list_member_permanent(list_id, "p0@example.com")
    assert done.status_code == 204
    assert refused(client.lists.get_list_member, list_id, "p0@example.com").status_code == 404
    body = {"email_address": "p0@example.com", "status": "subscribed"}
    error = refused(client.lists.add_list_member, list_id, body)
    assert "Forgotten Email Not Subscribed" in error.text
    sandbox.control("person", email="p0@example.com", action="subscribe")
    member = client.lists.get_list_member(list_id, "p0@example.com")
    assert (member["status"], member["tags"]) == ("subscribed", [])
