"""Properties and groups: names, types, options, and values that fit them."""

import pytest
from hubspot.crm.properties.exceptions import ApiException

TEXT = {
    "name": "of_headline",
    "label": "Headline",
    "type": "string",
    "fieldType": "text",
    "groupName": "ofone",
}


@pytest.fixture
def api(client):
    client.crm.properties.groups_api.create("contacts", {"name": "ofone", "label": "Of one"})
    return client.crm.properties


def made(api, **more):
    return api.core_api.create("contacts", {**TEXT, **more})


def refused(call, status=400):
    with pytest.raises(ApiException) as caught:
        call()
    assert caught.value.status == status


def test_a_property_is_made_read_changed_and_deleted(api):
    first = made(api)
    assert (first.name, first.group_name, first.hubspot_defined) == ("of_headline", "ofone", False)
    assert api.core_api.get_by_name("contacts", "of_headline").label == "Headline"
    api.core_api.update("contacts", "of_headline", {"label": "Head"})
    assert "Head" in [row.label for row in api.core_api.get_all("contacts").results]
    refused(lambda: made(api), 409)
    api.core_api.archive("contacts", "of_headline")
    refused(lambda: api.core_api.get_by_name("contacts", "of_headline"), 404)
    assert api.core_api.get_by_name("contacts", "of_headline", archived=True).archived
    made(api)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "Upper"},
        {"name": "1st"},
        {"name": "with-dash"},
        {"name": "x" * 101},
        {"label": " "},
        {"groupName": "nowhere"},
        {"fieldType": "number"},
        {"type": "text"},
        {"type": "enumeration", "fieldType": "select"},
        {"options": [{"label": "a", "value": "a", "hidden": False}]},
    ],
)
def test_a_property_that_breaks_a_rule_is_refused(api, wrong):
    refused(lambda: made(api, **wrong))


def test_a_batch_makes_what_it_can_and_names_the_rest(api):
    made(api)
    rows = [TEXT, {**TEXT, "name": "of_two"}, {**TEXT, "name": "BAD"}]
    done = api.batch_api.create("contacts", {"inputs": rows})
    assert [row.name for row in done.results] == ["of_two"]
    assert [e.category for e in done.errors] == ["OBJECT_ALREADY_EXISTS", "VALIDATION_ERROR"]
    asked = {"inputs": [{"name": "of_two"}, {"name": "none"}], "archived": False}
    found = api.batch_api.read("contacts", {**asked, "dataSensitivity": "non_sensitive"})
    assert ([row.name for row in found.results], found.num_errors) == (["of_two"], 1)
    api.batch_api.archive("contacts", {"inputs": [{"name": "of_two"}, {"name": "none"}]})
    refused(lambda: api.core_api.get_by_name("contacts", "of_two"), 404)
    alone = api.batch_api.create("contacts", {"inputs": [{**TEXT, "name": "of_three"}]})
    assert type(alone).__name__ == "BatchResponseProperty"


def test_what_hubspot_defines_stays(api):
    refused(lambda: api.core_api.archive("contacts", "email"))
    refused(lambda: api.core_api.update("contacts", "email", {"label": "x"}))


def test_groups(api):
    groups = api.groups_api
    assert groups.get_by_name("contacts", "ofone").label == "Of one"
    groups.update("contacts", "ofone", {"label": "One"})
    assert "One" in [row.label for row in groups.get_all("contacts").results]
    refused(lambda: groups.create("contacts", {"name": "ofone", "label": "x"}), 409)
    made(api)
    refused(lambda: groups.archive("contacts", "ofone"))
    api.core_api.archive("contacts", "of_headline")
    groups.archive("contacts", "ofone")
    refused(lambda: groups.get_by_name("contacts", "ofone"), 404)


OPTIONS = [{"label": v.upper(), "value": v, "hidden": False} for v in ("a", "b")]


@pytest.mark.parametrize(
    ("kind", "good", "kept", "bad"),
    [
        (("number", "number"), "12.5", "12.5", "twelve"),
        (("bool", "booleancheckbox"), "true", "true", "yes"),
        (("enumeration", "select"), "a", "a", "c"),
        (("enumeration", "checkbox"), "a;b", "a;b", "a;c"),
        (("date", "date"), "2026-03-01", "2026-03-01", "2026-03-01T05:00:00Z"),
        (("date", "date"), "1772323200000", "2026-03-01", "soon"),
        (("datetime", "date"), "2026-03-01T05:00:00Z", "2026-03-01T05:00:00.000Z", "soon"),
    ],
)
def test_values_fit_their_type(api, client, people, kind, good, kept, bad):
    (number,) = people(1)
    options = OPTIONS if kind[0] == "enumeration" else []
    made(api, type=kind[0], fieldType=kind[1], options=options)
    basic = client.crm.contacts.basic_api
    basic.update(number, {"properties": {"of_headline": good}})
    found = basic.get_by_id(number, properties=["of_headline"])
    assert found.properties["of_headline"] == kept
    with pytest.raises(Exception, match="400"):
        basic.update(number, {"properties": {"of_headline": bad}})


def test_a_deleted_property_takes_no_values(api, client, people):
    (number,) = people(1)
    made(api)
    api.core_api.archive("contacts", "of_headline")
    with pytest.raises(Exception, match="PROPERTY_DOESNT_EXIST"):
        client.crm.contacts.basic_api.update(number, {"properties": {"of_headline": "x"}})
