"""What `ofone doctor` is told about a portal: each finding with its remedy."""

import time

import pytest

from connectors.shared.hubspot_examine import EVENTS, NEEDED
from tests.connectors.hubspot.conftest import TOKEN


def found(connector):
    """Findings by (what about, level); none without a remedy unless it is good."""
    findings = list(connector.examine())
    assert all(one.remedy for one in findings if one.level != "good")
    assert not any(TOKEN in f"{one.said} {one.remedy}" for one in findings)
    return {(one.about, one.level): f"{one.said}. {one.remedy}" for one in findings}


def test_an_account_that_has_everything_is_told_so_and_nothing_is_written(ready):
    ready.mark()
    said = found(ready.destination)
    assert {about for about, level in said if level != "good"} == {"journeys"}
    assert "998 of 1,000 are free" in said["properties", "good"]
    assert "by: event" in said["journeys", "short"]
    assert ready.counts[0] == 0


def test_a_refused_token_is_a_finding_and_no_error(ready):
    ready.sandbox.control("hubspot/settings", tokens={"other": []})
    assert list(found(ready.destination)) == [("token", "wrong")]


@pytest.mark.parametrize(("scopes", "more", "about", "words"), [
    (EVENTS, {}, ("scopes", "wrong"), "crm.lists.write"),
    (NEEDED, {}, ("custom events", "short"), "by: email"),
    (NEEDED, {}, ("consent", "wrong"), "opted_in = ID"),
    (NEEDED, {"emails": {"left": 9001}}, ("single e-mails", "wrong"), "marketing-email"),
])  # fmt: skip
def test_scopes_that_lack_are_named_with_what_they_cost(ready, scopes, more, about, words):
    ready.sandbox.control("hubspot/settings", tokens={TOKEN: list(scopes)})
    assert words in found(ready.another(**more))[about]


@pytest.mark.parametrize(("more", "words"), [
    ({"consent": {}}, "1001 (Marketing Information)"),
    ({"consent": {"marketing": 77}}, "1001 (Marketing Information)"),
    ({"opted_in": 9_999}, "there is no list 9999"),
])  # fmt: skip
def test_whether_it_can_be_known_who_agreed(ready, more, words):
    said = found(ready.another(**more))
    assert words in (said.get(("consent", "short")) or said["consent", "wrong"])


def test_little_room_and_names_that_are_taken_are_told(ready):
    ready.destination.api.raw("POST", "/crm/v3/properties/contacts", {
        "name": "ofone_mine", "label": "Mine", "type": "string", "fieldType": "text",
        "groupName": "contactinformation"})  # fmt: skip
    ready.sandbox.control("hubspot/settings", most_properties=5)
    said = found(ready.destination)
    assert "2 of 5 are free" in said["properties", "short"]
    assert "ofone_mine" in said["names", "short"]


@pytest.mark.parametrize(("ahead", "words"), [(400, "ahead of"), (-400, "behind")])
def test_a_clock_that_is_off_is_told(ready, ahead, words):
    assert words in found(ready.another(clock=lambda: time.time() + ahead))["clock", "short"]


def test_a_source_names_the_setting_that_does_without_what_lacks(ready):
    from connectors import find

    settings = {"token": TOKEN, "url": ready.sandbox.url, "purchases": "deals"}
    source = find("hubspot").source("main", settings)
    assert ("scopes", "good") in found(source)
    ready.sandbox.control("hubspot/settings", tokens={TOKEN: ["e-commerce"]})
    said = found(source)
    source.close()
    assert {about for about, level in said if level == "wrong"} == {"deals", "feedback", "mail"}
    assert 'purchases = "none"' in said["deals", "wrong"]
