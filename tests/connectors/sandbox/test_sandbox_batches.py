"""Batches: jobs that go on while the client looks, and results that come in no order."""

import io
import json
import tarfile

import pytest
import requests
from mailchimp_marketing.api_client import ApiClientError

from connectors.sandbox import ledger


def patches(list_id, count, value="jam"):
    return [
        {
            "method": "PATCH",
            "path": f"/lists/{list_id}/members/p{number}@example.com",
            "operation_id": f"row {number}",
            "body": json.dumps({"merge_fields": {"FNAME": value}}),
        }
        for number in range(count)
    ]


def results(url):
    raw = requests.get(url, timeout=20).content
    with tarfile.open(fileobj=io.BytesIO(raw)) as archive:
        files = [archive.extractfile(member) for member in archive if member.isfile()]
        return [result for file in files for result in json.load(file)]


def finished(client, batch_id):
    for _ in range(20):
        batch = client.batches.status(batch_id)
        if batch["status"] == "finished":
            return batch
    raise AssertionError("never finished")


def test_a_job_goes_from_pending_over_started_to_finished(client, list_id, people, sandbox):
    people(5)
    sandbox.control("failures", polls=[3, 3])
    batch = client.batches.start({"operations": patches(list_id, 5)})
    seen = [(batch["status"], batch["finished_operations"])]
    for _ in range(3):
        batch = client.batches.status(batch["id"])
        seen.append((batch["status"], batch["finished_operations"]))
    assert seen == [("pending", 0), ("started", 1), ("started", 3), ("finished", 5)]
    assert (batch["errored_operations"], bool(batch["completed_at"])) == (0, True)


def test_results_tell_each_operation_by_its_id_in_no_order(client, list_id, people):
    people(600)
    operations = patches(list_id, 601)
    batch = finished(client, client.batches.start({"operations": operations})["id"])
    assert batch["errored_operations"] == 1
    told = results(batch["response_body_url"])
    ids = [result["operation_id"] for result in told]
    assert sorted(ids) == sorted(row["operation_id"] for row in operations)
    assert ids != [row["operation_id"] for row in operations]
    by_id = {result["operation_id"]: result for result in told}
    assert json.loads(by_id["row 7"]["response"])["merge_fields"]["FNAME"] == "jam"
    assert by_id["row 600"]["status_code"] == 404
    assert json.loads(by_id["row 600"]["response"])["title"] == "Resource Not Found"


def test_every_operation_is_in_the_ledger_with_its_effect(client, list_id, people, sandbox):
    people(2)
    batch = finished(client, client.batches.start({"operations": patches(list_id, 2)})["id"])
    rows = ledger.calls(sandbox.entries, via="batch")
    assert [(row["batch"], row["operation_id"]) for row in rows] == [
        (batch["id"], "row 0"),
        (batch["id"], "row 1"),
    ]
    written = ledger.effects(sandbox.entries, ["field_written"])
    assert [effect["call"] for effect in written] == [row["call"] for row in rows]
    assert ledger.counts(sandbox.entries)["writes"] == 1


def test_a_job_goes_on_though_nobody_asks_for_it(client, list_id, people):
    people(1)
    client.batches.start({"operations": patches(list_id, 1)})
    for _ in range(3):
        member = client.lists.get_list_member(list_id, "p0@example.com")
    assert member["merge_fields"]["FNAME"] == "jam"


def test_moving_the_clock_finishes_jobs_in_the_order_they_came(client, list_id, people, sandbox):
    people(1)
    sandbox.control("failures", polls=[9, 9])
    started = [
        client.batches.start({"operations": patches(list_id, 1, value)})["id"]
        for value in ("old", "new")
    ]
    sandbox.control("clock", advance=60)
    listed = client.batches.list(count=10)
    assert [one["id"] for one in listed["batches"]] == started[::-1]
    assert {one["status"] for one in listed["batches"]} == {"finished"}
    written = ledger.effects(sandbox.entries, ["field_written"])
    assert [effect["after"]["FNAME"] for effect in written] == ["old", "new"]


def test_any_endpoint_works_in_a_job(client, list_id, people):
    people(1)
    member = f"lists/{list_id}/members/p0@example.com"
    operations = [
        {"method": "GET", "path": member, "params": {"fields": "id"}, "operation_id": "read"},
        {
            "method": "POST",
            "path": f"/{member}/events",
            "body": json.dumps({"name": "order"}),
            "operation_id": "event",
        },
        {"method": "GET", "path": "/3.0/ping", "operation_id": "wrong path"},
        {"method": "POST", "path": f"/{member}/events", "body": "{", "operation_id": "no json"},
    ]
    batch = finished(client, client.batches.start({"operations": operations})["id"])
    told = {r["operation_id"]: r for r in results(batch["response_body_url"])}
    assert {name: r["status_code"] for name, r in told.items()} == {
        "read": 200,
        "event": 204,
        "wrong path": 404,
        "no json": 400,
    }
    assert set(json.loads(told["read"]["response"])) == {"id"}
    assert told["event"]["response"] == ""


@pytest.mark.parametrize(
    "operations",
    [
        [],
        [{"method": "PATCH"}],
        [{"method": "SEND", "path": "/ping"}],
        [{"method": "POST", "path": "/lists", "body": {"not": "text"}}],
        [{"method": "GET", "path": "/ping", "operation_id": 7}],
    ],
)
def test_a_wrong_job_is_refused_whole(client, sandbox, operations):
    with pytest.raises(ApiClientError) as caught:
        client.batches.start({"operations": operations})
    assert caught.value.status_code == 400
    assert not ledger.effects(sandbox.entries)


def test_500_jobs_may_wait_and_not_one_more(client, list_id, sandbox):
    sandbox.control("failures", polls=[10_000, 10_000])
    body = {"operations": [{"method": "GET", "path": "/ping"}]}
    url, key = f"{sandbox.url}/3.0/batches", ("any", "k-us6")
    with requests.Session() as session:
        for _ in range(500):
            assert session.post(url, json=body, auth=key, timeout=20).status_code == 200
        assert session.post(url, json=body, auth=key, timeout=20).status_code == 429


def test_a_stopped_job_is_gone_and_does_no_more(client, list_id, people, sandbox):
    people(4)
    sandbox.control("failures", polls=[4, 4])
    batch = client.batches.start({"operations": patches(list_id, 4)})
    assert client.batches.status(batch["id"])["finished_operations"] == 1
    assert client.batches.delete_request(batch["id"]).status_code == 204
    with pytest.raises(ApiClientError) as caught:
        client.batches.status(batch["id"])
    assert caught.value.status_code == 404
    sandbox.control("clock", advance=60)
    assert len(ledger.effects(sandbox.entries, ["field_written"])) == 2


def test_the_address_of_results_ends_after_ten_minutes(client, list_id, people, sandbox):
    people(1)
    batch = finished(client, client.batches.start({"operations": patches(list_id, 1)})["id"])
    sandbox.control("clock", advance=601)
    assert requests.get(batch["response_body_url"], timeout=20).status_code == 403
    fresh = client.batches.status(batch["id"])["response_body_url"]
    assert len(results(fresh)) == 1
