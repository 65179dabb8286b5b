"""HubSpot from end to end by the command line: its orders and consent in, fields, tags and an
e-mail out, and what the doctor says."""

import json

import pytest
from typer.testing import CliRunner

from functions.cli.main import app
from tests.plan.corner import PLAYBOOK, email

SETTINGS = """
playbook = "playbook"
store = "store"
now = "{now}"
[source.hubspot.main]
token = "env:CORNER_TOKEN"
url = "{url}"
history = 36500
[destination.hubspot.main]
token = "env:CORNER_TOKEN"
url = "{url}"
consent = {{marketing = 1001}}
emails = {{welcome = 9001}}
"""
NOW, LATER = "2026-03-02T12:00:00Z", "2026-03-02T14:00:00Z"


@pytest.fixture
def ofone(portal, tmp_path, monkeypatch):
    """A portal with a shop over it, and its command line."""
    portal.free()
    ids = portal.add(6)
    portal.ids = [*ids, *portal.sandbox.control(
        "hubspot/contacts", contacts=[{"email": email(9)}])["ids"]]  # fmt: skip
    buy(portal, *((n, 1) for n in range(6)))
    portal.sandbox.control("hubspot/objects", type="products", records=[
        {"properties": {"name": f"Soap {n}", "price": "2.00"}} for n in range(3)])  # fmt: skip
    monkeypatch.setenv("CORNER_TOKEN", "t")
    (tmp_path / "playbook").mkdir()
    text = PLAYBOOK.replace("FNAME", "firstname").replace("send: loved}", "send: loved, by: email}")
    (tmp_path / "playbook" / "playbook.yaml").write_text(text.replace("50%", "100%"))

    def run(*words, now=NOW, code=0):
        file = tmp_path / "ofone.toml"
        file.write_text(SETTINGS.format(url=portal.sandbox.url, now=now))
        done = CliRunner().invoke(app, ["-c", str(file), *words, "--json"])
        assert code in (None, done.exit_code), (done.exit_code, done.stdout, done.stderr)
        return json.loads(done.stdout)

    return run


def buy(portal, *pairs):
    """Orders of people, by number, each on a day of its own."""
    portal.sandbox.control("hubspot/objects", type="orders", records=[
        {"contact": portal.ids[n] if hasattr(portal, "ids") else email(n), "properties": {
            "hs_total_price": "20.00", "hs_currency_code": "EUR",
            "hs_external_created_date": f"2026-02-{day:02}T10:00:00Z"}} for n, day in pairs
    ])  # fmt: skip


def test_orders_in_hubspot_become_fields_tags_and_one_email_there(portal, ofone):
    source, destination = (one["pulled"] for one in ofone("pull")["pulled"])
    assert (source["events"], source["products"], destination["records"]) == (6, 3, 7)
    ofone("plan")
    ofone("apply")
    assert portal.values(portal.ids[0])["ofone_headline"] == "Thank you"
    buy(portal, (0, 3), (0, 4), (6, 3), (6, 4), (6, 5))
    portal.sandbox.control("clock", advance=7_200)
    ofone("pull", now=LATER)
    ofone("plan", now=LATER)
    ofone("apply", now=LATER)
    assert portal.values(portal.ids[0])["ofone_orders"] == "3"
    # Whoever never agreed to marketing gets fields and the tag, and no e-mail.
    assert portal.values(portal.ids[6])["ofone_orders"] == "3"
    (sent,) = portal.effects("single_send")
    assert sent["record"] == portal.ids[0]
    lists = {one.name: len(one.members) for one in portal.sandbox.world.portal.lists.values()}
    assert lists["Regulars (ofone)"] == 2
    portal.mark()
    again = [one["pulled"] for one in ofone("pull", now=LATER)["pulled"]]
    assert [one["events"] + one["records"] for one in again] == [0, 0]
    said = {
        (one["about"], one["level"]) for one in ofone("doctor", now=LATER, code=None)["findings"]
    }
    assert {("hubspot/main scopes", "good"), ("hubspot/main journeys", "short")} <= said
    assert portal.counts[0] == 0
