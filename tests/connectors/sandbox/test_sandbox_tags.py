"""Tags, one by one and through static segments; and events."""

import pytest
from mailchimp_marketing.api_client import ApiClientError

from connectors.sandbox import ledger


def names(client, list_id, email="p0@example.com"):
    return [tag["name"] for tag in client.lists.get_list_member(list_id, email)["tags"]]


def segment(client, list_id, name="regulars", emails=()):
    return client.lists.create_segment(list_id, {"name": name, "static_segment": list(emails)})


def test_a_static_segment_is_a_tag(client, list_id, people):
    emails = people(3)
    made = segment(client, list_id, emails=emails[:2])
    assert (made["type"], made["member_count"]) == ("static", 2)
    assert names(client, list_id) == ["regulars"]
    found = client.lists.list_segments(list_id, type="static", count=100)["segments"]
    assert [one["name"] for one in found] == ["regulars"]
    listed = client.lists.get_segment_members_list(list_id, made["id"], count=100)
    assert sorted(m["email_address"] for m in listed["members"]) == emails[:2]
    assert client.lists.delete_segment(list_id, made["id"]).status_code == 204
    assert names(client, list_id) == []


def test_500_are_added_and_removed_in_a_call_and_501_are_not(client, list_id, people, sandbox):
    emails = people(501)
    made = segment(client, list_id)
    for key in ("members_to_add", "members_to_remove"):
        with pytest.raises(ApiClientError) as caught:
            client.lists.batch_segment_members({key: emails}, list_id, made["id"])
        assert f'"field":"{key}"' in caught.value.text
    client.lists.batch_segment_members({"members_to_add": emails[:500]}, list_id, made["id"])
    body = {"members_to_add": emails[500:], "members_to_remove": emails[:500]}
    done = client.lists.batch_segment_members(body, list_id, made["id"])
    assert (done["total_added"], done["total_removed"]) == (1, 500)
    assert len(ledger.effects(sandbox.entries, ["tag_added", "tag_removed"])) == 1001


def test_unknown_and_archived_addresses_are_told_and_create_nobody(
    client, list_id, people, sandbox
):
    emails = people(2)
    client.lists.delete_list_member(list_id, emails[1])
    made = segment(client, list_id)
    body = {"members_to_add": [*emails, "nobody@example.com"]}
    done = client.lists.batch_segment_members(body, list_id, made["id"])
    assert (done["total_added"], done["error_count"]) == (1, 2)
    assert done["errors"][0]["email_addresses"] == [emails[1], "nobody@example.com"]
    assert not ledger.created_or_resubscribed(sandbox.entries)


def test_a_name_is_taken_whatever_its_case(client, list_id):
    segment(client, list_id, "VIP")
    with pytest.raises(ApiClientError) as caught:
        segment(client, list_id, "vip")
    assert caught.value.status_code == 400
    for wrong in ("", "x" * 101):
        with pytest.raises(ApiClientError):
            segment(client, list_id, wrong)


def test_a_segment_counts_only_those_who_can_be_sent_to(client, list_id, people):
    emails = people(3)
    made = segment(client, list_id, emails=emails)
    client.lists.update_list_member(list_id, emails[0], {"status": "unsubscribed"})
    assert client.lists.get_segment(list_id, made["id"])["member_count"] == 2
    listed = client.lists.get_segment_members_list(list_id, made["id"])
    assert listed["total_items"] == 2
    every = client.lists.get_segment_members_list(list_id, made["id"], include_unsubscribed="true")
    assert every["total_items"] == 3


def test_a_segment_is_renamed_and_set_to_exactly_these(client, list_id, people):
    emails = people(3)
    made = segment(client, list_id, emails=emails[:2])
    body = {"name": "loyal", "static_segment": emails[1:]}
    assert client.lists.update_segment(list_id, made["id"], body)["member_count"] == 2
    assert [names(client, list_id, email) for email in emails] == [[], ["loyal"], ["loyal"]]


def test_member_tags_are_switched_and_made_as_needed(client, list_id, people, sandbox):
    people(1)
    body = {"tags": [{"name": "a", "status": "active"}, {"name": "b", "status": "inactive"}]}
    done = client.lists.update_list_member_tags(list_id, "p0@example.com", body)
    assert done.status_code == 204
    tags = client.lists.get_list_member_tags(list_id, "p0@example.com")["tags"]
    assert [tag["name"] for tag in tags] == ["a"]
    assert client.lists.tag_search(list_id, name="A")["total_items"] == 1
    kinds = [effect["kind"] for effect in ledger.effects(sandbox.entries)]
    assert kinds == ["tag_created", "tag_added"]
    with pytest.raises(ApiClientError):
        client.lists.update_list_member_tags(list_id, "p0@example.com", {"tags": [{"name": "a"}]})


@pytest.mark.parametrize("moves", [True, False])
def test_whether_a_tag_moves_last_changed_can_be_chosen(client, list_id, people, sandbox, moves):
    (email,) = people(1)
    sandbox.control("options", tags_move_last_changed=moves)
    before = client.lists.get_list_member(list_id, email)["last_changed"]
    sandbox.control("clock", advance=3600)
    segment(client, list_id, emails=[email])
    after = client.lists.get_list_member(list_id, email)["last_changed"]
    assert (after > before) is moves


def test_an_event_is_kept_and_told_newest_first(client, list_id, people, sandbox):
    people(1)
    for name, at in (("cart_left", "2026-02-01T10:00:00+00:00"), ("order", None)):
        body = {"name": name, "properties": {"id": "7"}, "is_syncing": True}
        body |= {"occurred_at": at} if at else {}
        done = client.lists.create_list_member_event(list_id, "p0@example.com", body)
        assert done.status_code == 204
    told = client.lists.get_list_member_events(list_id, "p0@example.com")
    assert [event["name"] for event in told["events"]] == ["order", "cart_left"]
    assert told["events"][1]["occurred_at"] == "2026-02-01T10:00:00+00:00"
    first, _ = ledger.effects(sandbox.entries, ["event"])
    assert first["after"] == {"properties": {"id": "7"}, "is_syncing": True}


@pytest.mark.parametrize(
    "body",
    [
        {"name": "x"},
        {"name": "x" * 31},
        {},
        {"name": "order", "properties": {"amount": 3}},
        {"name": "order", "occurred_at": "just now"},
    ],
)
def test_a_wrong_event_is_refused(client, list_id, people, sandbox, body):
    people(1)
    with pytest.raises(ApiClientError) as caught:
        client.lists.create_list_member_event(list_id, "p0@example.com", body)
    assert caught.value.status_code == 400
    assert not ledger.effects(sandbox.entries)
