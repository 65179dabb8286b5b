"""Each failure as the client meets it, and what the ledger says had really happened."""

import threading

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from mailchimp_marketing.api_client import ApiClientError

from connectors.sandbox import ledger
from connectors.sandbox.failures import CALL_KINDS, parse
from connectors.sandbox.server import running
from connectors.sandbox.world import LIST

BODY = {"merge_fields": {"FNAME": "Ann"}}


def script(sandbox, kind, **more):
    sandbox.control("failures", seed=7, polls=[1, 1], delay=0.01, script=[{"kind": kind, **more}])


def write(client, list_id, email="p0@example.com"):
    return client.lists.update_list_member(list_id, email, BODY)


def name(client, list_id, email="p0@example.com"):
    return client.lists.get_list_member(list_id, email)["merge_fields"]["FNAME"]


@pytest.mark.parametrize("status", [429, 500, 403])
def test_a_bodyless_error_is_returned_by_the_client_and_wrote_nothing(
    client, list_id, people, sandbox, status
):
    people(1)
    script(sandbox, str(status), method="PATCH")
    answer = write(client, list_id)  # no exception: that is the client's defect
    assert (answer.status_code, answer.content) == (status, b"")
    assert "content-type" not in answer.headers
    assert name(client, list_id) == ""
    call = ledger.calls(sandbox.entries, write=True)[0]
    assert (call["failure"], call["status"]) == (str(status), status)


def test_a_silent_failure_says_ok_and_wrote_nothing(client, list_id, people, sandbox):
    people(1)
    before = client.lists.get_list_member(list_id, "p0@example.com")
    script(sandbox, "silent", method="PATCH")
    assert write(client, list_id)["merge_fields"]["FNAME"] == "Ann"
    assert client.lists.get_list_member(list_id, "p0@example.com") == before
    assert not ledger.effects(sandbox.entries)
    assert write(client, list_id)["merge_fields"]["FNAME"] == "Ann"
    assert name(client, list_id) == "Ann"


@pytest.mark.parametrize(("kind", "written"), [("lost_before", ""), ("lost_after", "Ann")])
def test_a_lost_reply_leaves_open_what_happened(client, list_id, people, sandbox, kind, written):
    people(1)
    script(sandbox, kind, method="PATCH")
    with pytest.raises(ApiClientError) as caught:
        write(client, list_id)
    assert caught.value.status_code is None
    assert name(client, list_id) == written
    assert ledger.calls(sandbox.entries, write=True)[0]["answered"] is False


def test_a_slow_answer_comes_late_and_is_right(client, list_id, people, sandbox):
    people(1)
    script(sandbox, "slow", method="PATCH")
    assert write(client, list_id)["merge_fields"]["FNAME"] == "Ann"
    assert ledger.calls(sandbox.entries, write=True)[0]["failure"] == "slow"


def test_a_client_that_will_not_wait_gives_up_though_it_was_written(
    client, list_id, people, sandbox
):
    people(1)
    script(sandbox, "slow", method="PATCH")
    sandbox.world.failures.delay = 0.5
    client.api_client.timeout = 0.1
    with pytest.raises(ApiClientError):
        write(client, list_id)
    client.api_client.timeout = 20
    assert name(client, list_id) == "Ann"


def test_the_person_concerned_unsubscribes_just_before(client, list_id, people, sandbox):
    people(5)
    script(sandbox, "unsubscribe", method="PATCH")
    write(client, list_id, "p3@example.com")
    (left,) = ledger.effects(sandbox.entries, ["unsubscribed"], actor="person")
    (breach,) = ledger.unwilling(sandbox.entries)
    assert left["member"] == breach["member"]
    assert left["n"] < breach["n"]


def test_an_operation_fails_alone(client, list_id, people, sandbox):
    people(3)
    script(sandbox, "operation_error", nth=2)
    operations = [
        {
            "method": "PATCH",
            "path": f"/lists/{list_id}/members/p{number}@example.com",
            "body": '{"merge_fields": {"FNAME": "Ann"}}',
        }
        for number in range(3)
    ]
    started = client.batches.start({"operations": operations})
    assert client.batches.status(started["id"])["errored_operations"] == 1
    script(sandbox, "operation_silent", nth=1, times=3)
    sandbox.control("person", email="p1@example.com", action="write", by="admin", merge_fields={})
    started = client.batches.start({"operations": operations})
    assert client.batches.status(started["id"])["errored_operations"] == 0
    names = [name(client, list_id, f"p{number}@example.com") for number in range(3)]
    assert names == ["Ann", "", "Ann"]


def test_a_script_counts_the_calls_that_match(client, list_id, people, sandbox):
    people(1)
    script(sandbox, "500", nth=2, times=2, method="GET", path="/members")
    statuses = []
    for _ in range(4):
        client.ping.get()
        client.lists.get_list_members_info(list_id)
        statuses.append(ledger.calls(sandbox.entries)[-1]["status"])
    assert statuses == [200, 500, 500, 200]


def test_an_eleventh_connection_at_once_is_refused(list_id, sandbox):
    script(sandbox, "slow", times=100)
    sandbox.world.failures.delay = 0.6
    url = f"{sandbox.url}/3.0/ping"
    start = threading.Barrier(12)
    statuses = []

    def call():
        start.wait()
        statuses.append(requests.get(url, auth=("any", "k-us6"), timeout=20).status_code)

    threads = [threading.Thread(target=call) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] * 10 + [429] * 2
    most = max(call["connections"] for call in ledger.calls(sandbox.entries))
    assert most in (11, 12)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), rate=st.sampled_from([0.0, 0.1, 0.5, 1.0]))
def test_the_same_seed_and_calls_give_the_same_failures(seed, rate):
    def run():
        failures = parse({"seed": seed, "rates": dict.fromkeys(CALL_KINDS, rate)})
        return [failures.for_call("PATCH", "/x") for _ in range(60)]

    first = run()
    assert first == run()
    assert (rate > 0) or set(first) == {None}
    assert (rate < 1) or None not in first


def test_a_whole_run_repeats_to_the_byte():
    def run():
        with running(seed=3, rates={"500": 0.2, "unsubscribe": 0.2, "silent": 0.2}) as sandbox:
            rows = [{"email": f"p{number}@example.com"} for number in range(9)]
            sandbox.control("members", members=rows)
            with requests.Session() as session:
                session.auth = ("any", "k-us6")
                for number in range(40):
                    url = f"{sandbox.url}/3.0/lists/{LIST}/members/p{number % 9}@example.com"
                    body = {"merge_fields": {"FNAME": str(number)}}
                    session.patch(url, json=body, timeout=20).close()
            return sandbox.entries

    first = run()
    assert first == run()
    kinds = {entry.get("failure") for entry in ledger.calls(first)}
    assert kinds == {None, "500", "unsubscribe", "silent"}


def test_a_failure_that_does_not_exist_is_refused(sandbox):
    with pytest.raises(ValueError, match="no such failure: 418"):
        sandbox.control("failures", rates={"418": 1})
