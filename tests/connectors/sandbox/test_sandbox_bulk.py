"""POST /lists/{id}: up to 500 members in a call, created, changed or refused one by one."""

import pytest
from mailchimp_marketing.api_client import ApiClientError

from connectors.sandbox import ledger


def row(number, **more):
    return {"email_address": f"p{number}@example.com", **more}


def test_500_members_go_and_501_do_not(client, list_id):
    members = [row(number, status="subscribed") for number in range(501)]
    with pytest.raises(ApiClientError) as caught:
        client.lists.batch_list_members(list_id, {"members": members})
    assert caught.value.status_code == 400
    done = client.lists.batch_list_members(list_id, {"members": members[:500]})
    assert (done["total_created"], len(done["new_members"]), done["error_count"]) == (500, 500, 0)


def test_those_who_are_there_need_update_existing(client, list_id, people):
    people(1)
    members = [row(0, status="subscribed", merge_fields={"FNAME": "Ann"})]
    refused = client.lists.batch_list_members(list_id, {"members": members})
    assert refused["errors"][0]["error_code"] == "ERROR_CONTACT_EXISTS"
    body = {"members": members, "update_existing": True}
    assert client.lists.batch_list_members(list_id, body)["total_updated"] == 1


def test_without_a_status_nobody_is_created_or_brought_back(client, list_id, people, sandbox):
    people(1, status="unsubscribed")
    members = [row(n, merge_fields={"FNAME": "Ann"}) for n in range(2)]
    done = client.lists.batch_list_members(list_id, {"members": members, "update_existing": True})
    assert (done["total_updated"], done["total_created"], done["error_count"]) == (1, 0, 1)
    assert done["updated_members"][0]["status"] == "unsubscribed"
    assert not ledger.created_or_resubscribed(sandbox.entries)
    assert len(ledger.unwilling(sandbox.entries)) == 1


def test_an_empty_status_is_refused_for_all(client, list_id, people, sandbox):
    people(1)
    body = {"members": [row(0, status="", merge_fields={"FNAME": "Ann"})], "update_existing": True}
    with pytest.raises(ApiClientError) as caught:
        client.lists.batch_list_members(list_id, body)
    assert "members.item:0.status" in caught.value.text
    assert not ledger.effects(sandbox.entries)


def test_one_wrong_member_leaves_the_others_be(client, list_id, people, sandbox):
    people(3)
    sandbox.control("person", email="p2@example.com", action="unsubscribe")
    members = [
        row(0, merge_fields={"FNAME": "x" * 256}),
        row(1, merge_fields={"FNAME": "Ann"}),
        row(1, merge_fields={"FNAME": "Bea"}),
        row(2, status="subscribed"),
    ]
    done = client.lists.batch_list_members(list_id, {"members": members, "update_existing": True})
    assert [(e["email_address"][:2], e["field"]) for e in done["errors"]] == [
        ("p0", "FNAME"),
        ("p1", ""),
        ("p2", ""),
    ]
    assert [m["merge_fields"]["FNAME"] for m in done["updated_members"]] == ["Ann"]


def test_tags_in_a_member_are_ignored(client, list_id, people):
    people(1)
    body = {"members": [row(0, tags=["vip"])], "update_existing": True}
    done = client.lists.batch_list_members(list_id, body)
    assert done["updated_members"][0]["tags"] == []
