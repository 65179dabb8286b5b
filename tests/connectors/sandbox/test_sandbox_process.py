"""The sandbox as a program of its own: address line, keys, ledger file, saved state, speed."""

import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import mailchimp_marketing
import pytest
import requests
from mailchimp_marketing.api_client import ApiClientError

from connectors.sandbox import ledger
from connectors.sandbox.world import LIST

ROOT = Path(__file__).parents[3]


@contextmanager
def started(*options):
    command = [sys.executable, "-m", "connectors.sandbox", "--port", "0", *map(str, options)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline()
        assert line.startswith("listening on http://127.0.0.1:")
        yield line.removeprefix("listening on ").strip()
    finally:
        process.terminate()
        process.wait(20)
        process.stdout.close()


def client_at(url, **config):
    client = mailchimp_marketing.Client({"timeout": 20, **config})
    client.api_client.host = url + "/3.0"
    return client


def test_a_program_serves_and_goes_on_another_time(tmp_path):
    files = ("--ledger", tmp_path / "ledger.jsonl", "--state", tmp_path / "state.json")
    with started(*files) as url:
        members = [{"email": "p0@example.com", "tags": ["vip"], "timestamp": "2026-01-05T10:00:00"}]
        requests.post(f"{url}/_sandbox/members", json={"members": members}, timeout=20)
        before = client_at(url, api_key="k-us6").lists.get_list_member(LIST, "p0@example.com")
    with started(*files) as url:
        client = client_at(url, api_key="k-us6")
        assert client.lists.get_list_member(LIST, "p0@example.com") == before
    entries = list(ledger.read(tmp_path / "ledger.jsonl"))
    assert [entry["n"] for entry in entries] == list(range(1, len(entries) + 1))
    assert ledger.counts(entries)["reads"] == 2


def test_only_the_accepted_key_gets_in():
    with started("--accept-key", "right-us6") as url:
        for good in ({"api_key": "right-us6"}, {"access_token": "right-us6", "server": "us6"}):
            assert client_at(url, **good).ping.get()["health_status"]
        for bad in ({"api_key": "wrong-us6"}, {"access_token": "wrong", "server": "us6"}):
            with pytest.raises(ApiClientError) as caught:
                client_at(url, **bad).ping.get()
            assert (caught.value.status_code, "API Key Invalid" in caught.value.text) == (401, True)
        assert requests.get(f"{url}/3.0/ping", timeout=20).status_code == 401


def test_rates_come_from_the_command_line():
    with started("--fail", "500=1", "--seed", "3") as url:
        assert client_at(url, api_key="k-us6").ping.get().status_code == 500


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/3.0/nothing", 404), ("DELETE", "/3.0/ping", 405), ("GET", "/elsewhere", 404)],
)
def test_what_is_not_there_is_refused(sandbox, method, path, status):
    answer = requests.request(method, sandbox.url + path, auth=("any", "k"), timeout=20)
    assert answer.status_code == status


def test_a_body_that_is_not_json_is_refused(sandbox):
    url = f"{sandbox.url}/3.0/lists/{LIST}/members"
    answer = requests.post(url, data=b"{", auth=("any", "k"), timeout=20)
    assert (answer.status_code, answer.json()["title"]) == (400, "JSON Parse Error")
    assert answer.headers["content-type"].startswith("application/problem+json")


def test_the_clock_moves_when_told_and_never_back(client, list_id, people, sandbox):
    people(1)
    url = f"{sandbox.url}/_sandbox/clock"
    moved = requests.post(url, json={"now": "2026-05-01T00:00:00Z"}, timeout=20)
    assert moved.json() == {"now": "2026-05-01T00:00:00+00:00"}
    back = requests.post(url, json={"now": "2026-04-01T00:00:00Z"}, timeout=20)
    assert back.status_code == 400
    wrong = requests.post(f"{sandbox.url}/_sandbox/nothing", json={}, timeout=20)
    assert wrong.status_code == 404


def test_30000_members_are_workable(client, list_id, people):
    begun = time.process_time()
    people(30_000, merge_fields={"FNAME": "Ann"}, tags=["vip"])
    for offset in range(0, 30_000, 1_000):
        page = client.lists.get_list_members_info(
            list_id,
            count=1000,
            offset=offset,
            sort_field="last_changed",
            fields=["members.email_address", "members.merge_fields", "total_items"],
        )
        assert len(page["members"]) == 1000
    assert time.process_time() - begun < 20  # of the CPU, client's share included; 3 s when quiet
