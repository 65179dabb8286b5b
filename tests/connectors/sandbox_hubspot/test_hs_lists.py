"""Lists: made once, found by name, and who is on them."""

import pytest
from hubspot.crm.lists.exceptions import ApiException

from connectors.sandbox import ledger


def make(client, name="vip", kind="MANUAL", **more):
    body = {"name": name, "objectTypeId": "0-1", "processingType": kind, **more}
    return client.crm.lists.lists_api.create(body).list


@pytest.fixture
def api(client):
    return client.crm.lists


def refused(call, status=400):
    with pytest.raises(ApiException) as caught:
        call()
    assert caught.value.status == status


def test_a_list_is_found_by_id_by_name_and_by_search(client, api):
    made = make(client, "Very / important")
    assert api.lists_api.get_by_id(made.list_id).list.name == "Very / important"
    assert api.lists_api.get_by_name("Very / important", "0-1").list.list_id == made.list_id
    found = api.lists_api.do_search({"query": "import", "offset": 0, "additionalProperties": []})
    assert [row.list_id for row in found.lists] == [made.list_id]
    assert [row.name for row in api.lists_api.get_all(list_ids=[made.list_id]).lists] == [made.name]
    refused(lambda: api.lists_api.get_by_name("nothing", "0-1"), 404)
    refused(lambda: make(client, "very / IMPORTANT"))


def test_a_list_is_renamed_deleted_and_restored(client, api):
    made = make(client)
    api.lists_api.update_name(made.list_id, list_name="new")
    assert api.lists_api.get_by_id(made.list_id).list.name == "new"
    api.lists_api.remove(made.list_id)
    refused(lambda: api.lists_api.get_by_id(made.list_id), 404)
    api.lists_api.restore(made.list_id)
    assert api.lists_api.get_by_id(made.list_id).list.name == "new"


def test_members_come_and_go_by_record_id(client, api, people, sandbox):
    ids, made = people(4), make(client)
    done = api.memberships_api.add(made.list_id, [*ids[:3], "9999", "p3@example.com"])
    assert done.records_ids_added == ids[:3]
    assert done.record_ids_missing == ["9999", "p3@example.com"]
    again = api.memberships_api.add(made.list_id, ids[:1])
    assert again.records_ids_added == []
    change = {"recordIdsToAdd": [ids[3]], "recordIdsToRemove": [ids[0], ids[1]]}
    done = api.memberships_api.add_and_remove(made.list_id, change)
    assert (done.records_ids_added, done.record_ids_removed) == ([ids[3]], ids[:2])
    assert api.memberships_api.remove(made.list_id, [ids[2]]).record_ids_removed == [ids[2]]
    assert [row.record_id for row in api.memberships_api.get_page(made.list_id).results] == [ids[3]]
    assert api.lists_api.get_by_id(made.list_id).list.size == 1
    rows = api.memberships_api.get_lists("0-1", ids[3]).results
    assert [row.list_id for row in rows] == [made.list_id]
    kinds = [e["kind"] for e in ledger.effects(sandbox.entries, ["list_added", "list_removed"])]
    assert kinds == ["list_added"] * 4 + ["list_removed"] * 3
    api.memberships_api.remove_all(made.list_id)
    assert api.memberships_api.get_page(made.list_id).results == []


def test_members_come_in_pages(client, api, people):
    ids, made = people(260), make(client)
    api.memberships_api.add(made.list_id, ids)
    first = api.memberships_api.get_page(made.list_id, limit=250)
    rest = api.memberships_api.get_page(made.list_id, limit=250, after=first.paging.next.after)
    assert [row.record_id for row in first.results + rest.results] == ids
    refused(lambda: api.memberships_api.get_page(made.list_id, limit=251))


def test_members_of_one_list_go_to_another(client, api, people):
    ids, one, two = people(2), make(client), make(client, "other")
    api.memberships_api.add(one.list_id, ids)
    api.memberships_api.add_all_from_list(two.list_id, one.list_id)
    assert len(api.memberships_api.get_page(two.list_id).results) == 2


def test_members_of_a_dynamic_list_cannot_be_set(client, api, people):
    ids = people(1)
    branch = {"filterBranchType": "OR", "filterBranches": [], "filters": []}
    made = make(client, "d", "DYNAMIC", filterBranch=branch)
    refused(lambda: api.memberships_api.add(made.list_id, ids))
    snapshot = make(client, "s", "SNAPSHOT", filterBranch=branch)
    assert api.memberships_api.add(snapshot.list_id, ids).records_ids_added == ids


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "FLUID"},
        {"kind": "DYNAMIC"},
        {"name": " "},
        {"objectTypeId": "contacts"},
        {"filterBranch": {"filterBranchType": "OR"}},
    ],
)
def test_a_list_that_makes_no_sense_is_refused(client, wrong):
    refused(lambda: make(client, **wrong))


def test_one_who_is_archived_leaves_the_lists(client, api, people):
    ids, made = people(2), make(client)
    api.memberships_api.add(made.list_id, ids)
    client.crm.contacts.basic_api.archive(ids[0])
    left = [row.record_id for row in api.memberships_api.get_page(made.list_id).results]
    assert left == [ids[1]]


def test_a_call_has_room_for_so_many(client, api, people, sandbox):
    ids, made = people(3), make(client)
    sandbox.control("hubspot/settings", most_membership_ids=2)
    refused(lambda: api.memberships_api.add(made.list_id, ids))
