"""Rate windows and failures, as the client meets them, and what had really happened."""

import pytest
import requests
from hubspot import HubSpot
from hubspot.crm.contacts.exceptions import ApiException
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.sandbox import ledger
from connectors.sandbox.failures import HUBSPOT_KINDS, parse
from connectors.sandbox.server import running


def script(sandbox, kind, **more):
    sandbox.control("hubspot/failures", seed=7, delay=0.01, script=[{"kind": kind, **more}])


def write(client, ids, value="Ulm"):
    rows = [{"id": number, "properties": {"city": value}} for number in ids]
    return client.crm.contacts.batch_api.update({"inputs": rows})


def cities(client, ids):
    body = {"inputs": [{"id": number} for number in ids], "properties": ["city"]}
    return [r.properties["city"] for r in client.crm.contacts.batch_api.read(body).results]


def refused(call):
    with pytest.raises(ApiException) as caught:
        call()
    return caught.value


def test_a_hundred_calls_in_ten_seconds_and_no_more(client, people, sandbox):
    people(1)
    get = client.crm.contacts.basic_api.get_page_with_http_info
    _, status, headers = get()
    assert (status, headers["X-HubSpot-RateLimit-Remaining"]) == (200, "99")
    assert headers["X-HubSpot-RateLimit-Interval-Milliseconds"] == "10000"
    for _ in range(99):
        get()
    error = refused(get)
    assert (error.status, '"policyName":"TEN_SECONDLY_ROLLING"' in error.body) == (429, True)
    assert "Retry-After" not in error.headers
    sandbox.control("clock", advance=10)
    assert get()[1] == 200


def test_five_searches_a_second_and_no_headers(client, people, sandbox):
    people(1)
    search = client.crm.contacts.search_api.do_search_with_http_info
    for _ in range(5):
        _, _, headers = search({"filterGroups": []})
        assert not [name for name in headers if name.startswith("X-HubSpot")]
    error = refused(lambda: search({"filterGroups": []}))
    assert (error.status, '"policyName":"SECONDLY"' in error.body) == (429, True)
    client.crm.contacts.basic_api.get_page()
    sandbox.control("clock", advance=1)
    search({"filterGroups": []})


def test_a_day_has_its_limit(client, people, sandbox):
    sandbox.control("hubspot/settings", limits={"daily": 3})
    get = client.crm.contacts.basic_api.get_page
    for _ in range(3):
        get()
    sandbox.control("clock", advance=60)
    assert '"policyName":"DAILY"' in refused(get).body
    sandbox.control("clock", advance=86_400)
    get()


def test_limits_can_be_wider_real_or_off(client, people, sandbox):
    get = client.crm.contacts.basic_api.get_page
    for limits in ({"window": 190}, {"time": "real", "window": 120}, {"time": "off"}):
        sandbox.control("hubspot/settings", limits=limits)
        for _ in range(105):
            get()
    with pytest.raises(ValueError, match="time is"):
        sandbox.control("hubspot/settings", limits={"time": "never"})
    with pytest.raises(ValueError, match="no such setting"):
        sandbox.control("hubspot/settings", unknown=1)


@pytest.mark.parametrize(("kind", "after"), [("429", None), ("429_retry_after", "10")])
def test_a_429_mostly_does_not_say_how_long_to_wait(client, people, sandbox, kind, after):
    ids = people(1)
    script(sandbox, kind, path="/batch/update")
    error = refused(lambda: write(client, ids))
    assert (error.status, error.headers.get("Retry-After")) == (429, after)
    assert cities(client, ids) == [None]


@pytest.mark.parametrize(
    ("status", "body", "kind"), [(500, "", None), (502, "<html>", "text/html; charset=utf-8")]
)
def test_an_error_may_have_no_json(client, people, sandbox, status, body, kind):
    ids = people(1)
    script(sandbox, str(status), path="/batch/update")
    error = refused(lambda: write(client, ids))
    assert (error.status, error.body[:6]) == (status, body)
    assert error.headers.get("Content-Type") == kind
    assert cities(client, ids) == [None]


@pytest.mark.parametrize(("kind", "written"), [("lost_before", None), ("lost_after", "Ulm")])
def test_a_lost_reply_leaves_open_what_happened(client, people, sandbox, kind, written):
    ids = people(1)
    script(sandbox, kind, path="/batch/update")
    body = {"inputs": [{"id": ids[0], "properties": {"city": "Ulm"}}]}
    url = f"{sandbox.url}/crm/v3/objects/contacts/batch/update"
    with pytest.raises(requests.ConnectionError):
        requests.post(url, json=body, headers={"Authorization": "Bearer x"}, timeout=20)
    assert ledger.calls(sandbox.entries, write=True)[0]["answered"] is False
    assert cities(client, ids) == [written]


def test_a_complete_that_wrote_nothing(client, people, sandbox):
    ids = people(2)
    before = client.crm.contacts.basic_api.get_page().results
    script(sandbox, "silent", path="/batch/update")
    done = write(client, ids)
    assert (done.status, done.results[0].properties["city"]) == ("COMPLETE", "Ulm")
    assert not ledger.effects(sandbox.entries)
    assert client.crm.contacts.basic_api.get_page().results == before


def test_one_input_fails_and_the_others_are_written(client, people, sandbox):
    ids = people(5)
    script(sandbox, "partial")
    done = write(client, ids)
    (failed,) = done.errors
    (lost,) = failed.context["ids"]
    assert {row.id for row in done.results} == set(ids) - {lost}
    expected = [None if number == lost else "Ulm" for number in ids]
    assert cities(client, ids) == expected


def test_one_input_says_it_was_written_and_was_not(client, people, sandbox):
    ids = people(5)
    script(sandbox, "partial_silent")
    done = write(client, ids)
    assert (done.status, len(done.results)) == ("COMPLETE", 5)
    assert sorted(cities(client, ids), key=str) == [None, "Ulm", "Ulm", "Ulm", "Ulm"]
    assert len(ledger.effects(sandbox.entries, ["property_written"])) == 4


def test_a_partial_failure_passes_by_what_is_no_batch_of_objects(client, people, sandbox):
    people(1)
    script(sandbox, "partial", times=10)
    client.crm.contacts.basic_api.get_page()
    assert ledger.calls(sandbox.entries)[-1]["failure"] is None


def test_a_slow_answer_is_late_and_right(client, people, sandbox):
    ids = people(1)
    script(sandbox, "slow", path="/batch/update")
    assert write(client, ids).status == "COMPLETE"
    assert ledger.calls(sandbox.entries, write=True)[-1]["failure"] == "slow"


def test_the_person_concerned_opts_out_just_before(client, people, sandbox):
    ids = people(5)
    script(sandbox, "opt_out", path="/batch/update")
    write(client, [ids[3]])
    (left,) = ledger.effects(sandbox.entries, ["opted_out"], actor="person")
    (written,) = ledger.effects(sandbox.entries, ["property_written"])
    assert left["record"] == written["record"] == ids[3]
    assert (left["n"] < written["n"], written["standing"]) == (True, "opted_out")


def test_a_failure_of_the_other_api_does_not_exist_here(sandbox):
    with pytest.raises(ValueError, match="no such failure: operation_error"):
        sandbox.control("hubspot/failures", rates={"operation_error": 1})


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), rate=st.sampled_from([0.0, 0.1, 0.5, 1.0]))
def test_the_same_seed_and_calls_give_the_same_failures(seed, rate):
    def run():
        failures = parse({"seed": seed, "rates": dict.fromkeys(HUBSPOT_KINDS, rate)}, HUBSPOT_KINDS)
        return [failures.for_call("POST", "/x", HUBSPOT_KINDS) for _ in range(60)]

    first = run()
    assert first == run()
    assert (rate > 0) or set(first) == {None}


def test_a_whole_run_repeats_to_the_byte():
    def run():
        with running() as sandbox:
            rates = {"500": 0.2, "partial": 0.2, "partial_silent": 0.2, "opt_out": 0.2}
            sandbox.control("hubspot/failures", seed=3, rates=rates)
            rows = [{"email": f"p{n}@example.com"} for n in range(20)]
            ids = sandbox.control("hubspot/contacts", contacts=rows)["ids"]
            batch = HubSpot(access_token="x", host=sandbox.url).crm.contacts.batch_api
            for number in range(30):
                body = [{"id": i, "properties": {"city": str(number)}} for i in ids]
                try:
                    batch.update({"inputs": body})
                except ApiException as error:
                    assert error.status == 500  # noqa: PT017 (any of the thirty)
            return sandbox.entries

    first = run()
    assert first == run()
    kinds = {entry.get("failure") for entry in ledger.calls(first)}
    assert kinds == {None, "500", "partial", "partial_silent", "opt_out"}
