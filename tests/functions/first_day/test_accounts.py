"""Two audiences and a portal in one settings file: each is planned, applied, looked at and
uninstalled by its own name, and the ledger shows that the others are left alone."""

import pytest

from connectors.sandbox import ledger
from connectors.sandbox.world import LIST
from tests.functions.portal import filled, portal

SECOND = "5ec0nd5ec0"
MORE = """
[destination.mailchimp.second]
list = "{second}"
key = "env:CORNER_KEY"
url = "{url}/3.0"
"""
PLACES = ("mailchimp/main", "mailchimp/second", "hubspot/main")


@pytest.fixture
def three(corner, monkeypatch):
    """The corner shop with five of its people in a second audience, and eight in a portal."""
    monkeypatch.setenv("PORTAL_TOKEN", "pat-eu1-0000")
    file = corner.folder / "ofone.toml"
    file.write_text(file.read_text() + MORE.format(second=SECOND, url=corner.sandbox.url)
                    + portal(corner.sandbox.url, "PORTAL_TOKEN"))  # fmt: skip
    corner.sandbox.control("members", list=SECOND, members=[
        {"email": f"p{n}@example.com", "timestamp": "2026-01-01T00:00:00+00:00"} for n in range(5)
    ])  # fmt: skip
    filled(corner.sandbox, range(1, 9))
    return corner


def shows(corner):
    """{place: {field: how many show it}} for everything of ours."""
    world, found = corner.sandbox.world, {}
    for place, id in ((PLACES[0], LIST), (PLACES[1], SECOND)):
        audience = world.audience(id)
        ours = {one.tag for one in audience.merge_fields.values() if one.name.endswith("(ofone)")}
        found[place] = {name: sum(bool(member.merge_fields.get(name))
                                  for member in audience.members.values())
                        for name in ours}  # fmt: skip
    table = world.portal.tables["contacts"]
    ours = {
        name
        for name, one in table.properties.items()
        if one.label.endswith("(ofone)") and one.archived_at is None
    }
    found[PLACES[2]] = {name: sum(bool(one.properties.get(name)) for one in table.records.values())
                        for name in ours}  # fmt: skip
    return found


def test_each_account_is_worked_on_by_its_name_and_the_others_are_left_alone(three):
    assert "name one with --to" in three("plan", code=4).err
    expected = {place: {} for place in PLACES}
    written = ({"HEADLINE": 28, "PICK1": 28}, {"HEADLINE": 5, "PICK1": 5},
               {"ofone_headline": 8, "ofone_pick1": 8})  # fmt: skip
    for place, values in zip(PLACES, written):
        made = three.json("plan", "--to", place)
        assert f"{made['destination']}/{made['account']}" == place
        assert three.json("apply", made["id"])["failed"] == {}
        expected = {**expected, place: values}
        assert shows(three) == expected
    for place in PLACES:
        assert three.json("plan", "--to", place)["rows"] == 0
        assert three.json("snippets", "--to", place)["destination"] == place
        three("explain", "p1@example.com", "--to", place)
    levels = {one["about"]: one["level"] for one in three.json("doctor")["findings"]}
    assert [levels[f"{place} plan"] for place in PLACES] == ["good"] * 3
    entries = three.sandbox.entries
    assert not ledger.created_or_resubscribed(entries)
    assert not ledger.unwilling(entries)
    gone = three.json("uninstall", "mailchimp/second")
    three("apply", gone["id"])
    portal = three.json("uninstall", "hubspot/main")
    three("apply", portal["id"])
    assert shows(three) == {place: written[0] if place == PLACES[0] else {} for place in PLACES}
    assert not [one for one in three.sandbox.world.portal.lists.values() if one.deleted_at is None]


def test_one_account_is_backfilled_by_its_name(three):
    done = three.json("backfill", "mailchimp/second")["backfilled"]
    assert [(one["place"], one["records"]) for one in done] == [("mailchimp/second", 5)]
    assert "mailchimp/main, mailchimp/second" in three("backfill", "mailchimp", code=4).err
    assert three.json("backfill", "hubspot")["backfilled"][0]["records"] == 8


def test_a_refused_token_and_a_lacking_scope_are_findings_of_that_account_alone(three):
    def portal():
        found = three.json("doctor", code=None)["findings"]
        assert all(one["about"].startswith("hubspot/") for one in found if one["level"] == "wrong")
        return {one["about"]: one["level"] for one in found if one["about"].startswith("hubspot/")}

    assert portal()["hubspot/main token"] == "good"
    three.sandbox.control(
        "hubspot/settings", tokens={"pat-eu1-0000": ["crm.objects.contacts.read"]}
    )
    assert portal()["hubspot/main scopes"] == "wrong"
    three.sandbox.control("hubspot/settings", tokens={"another": []})
    assert portal() == {"hubspot/main token": "wrong"}
