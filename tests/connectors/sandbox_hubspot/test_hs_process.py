"""Both wire formats on one port, kept state, and speed with many contacts."""

import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import mailchimp_marketing
import pytest
import requests
from hubspot import HubSpot

from connectors.sandbox import ledger
from connectors.sandbox.world import LIST

ROOT = Path(__file__).parents[3]


@contextmanager
def started(*options):
    command = [sys.executable, "-m", "connectors.sandbox", "--port", "0", *map(str, options)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        yield process.stdout.readline().removeprefix("listening on ").strip()
    finally:
        process.terminate()
        process.wait(20)
        process.stdout.close()


def post(url, name, **body):
    answer = requests.post(f"{url}/_sandbox/{name}", json=body, timeout=20)
    assert answer.status_code == 200
    return answer.json()


def hubspot(url):
    return HubSpot(access_token="x", host=url, base_url=url)


def test_one_process_serves_both_and_goes_on_another_time(tmp_path):
    files = ("--ledger", tmp_path / "ledger.jsonl", "--state", tmp_path / "state.json")
    with started(*files) as url:
        post(url, "members", members=[{"email": "p0@example.com"}])
        post(url, "hubspot/contacts", contacts=[{"email": "p0@example.com", "opted_out": True}])
        client = mailchimp_marketing.Client({"api_key": "k-us6", "timeout": 20})
        client.api_client.host = url + "/3.0"
        assert client.lists.get_list_member(LIST, "p0@example.com")["status"] == "subscribed"
        before = hubspot(url).crm.contacts.basic_api.get_page(properties=["hs_email_optout"])
    with started(*files) as url:
        after = hubspot(url).crm.contacts.basic_api.get_page(properties=["hs_email_optout"])
        assert after == before
        assert requests.get(f"{url}/_sandbox/hubspot/state", timeout=20).json()["opted_out"] == 1
    entries = list(ledger.read(tmp_path / "ledger.jsonl"))
    assert len(ledger.calls(ledger.of_api(entries, "hubspot"))) == 2
    assert len(ledger.calls(ledger.of_api(entries, "mailchimp"))) == 1


def test_failures_and_limits_come_from_the_command_line():
    with started("--hubspot-fail", "502=1") as url:
        with pytest.raises(Exception, match="502"):
            hubspot(url).crm.contacts.basic_api.get_page()
        post(url, "hubspot/failures")
        assert hubspot(url).crm.contacts.basic_api.get_page().results == []
    with started("--hubspot-window", "2", "--hubspot-time", "clock") as url:
        get = hubspot(url).crm.contacts.basic_api.get_page
        get()
        get()
        with pytest.raises(Exception, match="TEN_SECONDLY_ROLLING"):
            get()


def test_a_reset_empties_the_portal_and_keeps_the_ledger(people, sandbox):
    people(2)
    kept = sandbox.entries
    sandbox.control("hubspot/settings", limits={"window": 7})
    sandbox.control("reset")
    assert sandbox.entries == kept
    assert sandbox.control("hubspot/contacts", contacts=[])["imported"] == 0
    assert sandbox.world.portal.settings.limits.window == 7
    assert not sandbox.world.portal.tables["contacts"].records


def test_30000_contacts_are_workable(client, people, sandbox):
    sandbox.control("hubspot/settings", limits={"time": "off"})
    begun = time.process_time()
    people(30_000, properties={"firstname": "Ann"})
    after, seen = None, 0
    api = client.crm.contacts.basic_api
    for _ in range(30):
        page = api.get_page(limit=100, after=after, properties=["email", "firstname"])
        after, seen = page.paging.next.after, seen + len(page.results)
    filters = [{"propertyName": "lastmodifieddate", "operator": "GTE", "value": "1"}]
    body = {"filterGroups": [{"filters": filters}], "sorts": ["lastmodifieddate"], "limit": 200}
    search = client.crm.contacts.search_api
    for start in range(0, 10_000, 200):
        assert search.do_search({**body, "after": str(start)}).total == 30_000
    assert time.process_time() - begun < 20  # of the CPU, the client's share included
