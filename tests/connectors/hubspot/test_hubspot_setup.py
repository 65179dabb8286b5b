"""Properties and lists are made once in HubSpot, what is the shop's is left alone, and names go there and back."""

import pytest

from connectors.shared.ours import field_name, property_name
from tests.connectors.hubspot.rows import results


def test_a_tag_that_is_not_there_is_never_made_by_the_way(ready, may, told):
    people = ready.people(2)
    ready.mark()
    outcomes = told(ready.destination, [may(1, "tags", {"Nowhere": True}, people[0]),
                                        may(2, "tags", {"Nowhere": False}, people[1])])  # fmt: skip
    assert results(outcomes) == ["refused", "accepted"]
    assert ready.effects() == []


def test_a_list_of_the_shops_with_the_tags_name_is_left_alone(ready, may, told):
    (one,) = ready.people(1)
    api = ready.destination.api
    theirs = {"name": "VIP", "objectTypeId": "0-1", "processingType": "MANUAL"}
    api.call(api.lists.create, theirs)
    told(ready.destination, [may(1, "setup", {"tag": "VIP"})])
    told(ready.destination, [may(1, "tags", {"VIP": True}, one)])
    lists = {held.name: len(held.members) for held in ready.sandbox.world.portal.lists.values()}
    assert (lists["VIP"], lists["VIP (ofone)"]) == (0, 1)
    told(ready.destination, [may(1, "setup", {"drop_tag": "VIP"})])
    assert [tag.name for tag in ready.destination.tags()] == ["Regulars"]


def test_setting_up_makes_all_properties_in_one_call_and_again_makes_none(portal, may, told):
    rows = [may(n, "setup", {"field": f"F{n}", "label": f"Field {n}"}) for n in range(30)]
    for effects in (31, 0):
        portal.mark()
        assert set(results(told(portal.destination, rows))) == {"accepted"}
        assert len(portal.effects()) == effects
    made = {field.name: field for field in portal.destination.fields()}
    assert (made["F7"].id, made["F7"].label, made["F7"].ours) == (
        "ofone_f7",
        "Field 7 (ofone)",
        True,
    )
    drops = [may(n, "setup", {"drop_field": f"F{n}"}) for n in range(30)]
    for effects in (31, 0):
        portal.mark()
        assert set(results(told(portal.destination, drops))) == {"accepted"}
        assert len(portal.effects()) == effects


def test_a_property_that_the_shop_made_is_neither_taken_nor_dropped(portal, may, told):
    api = portal.destination.api
    theirs = {"name": "ofone_hero", "label": "Hero", "type": "string", "fieldType": "text",
              "groupName": "contactinformation"}  # fmt: skip
    api.call(api.properties.create, "contacts", theirs)
    outcomes = told(portal.destination, [may(1, "setup", {"field": "HERO", "label": "Hero"}),
                                         may(2, "setup", {"drop_field": "HERO"})])  # fmt: skip
    assert results(outcomes) == ["refused", "refused"]
    assert "not made by this product" in outcomes[1].reason


@pytest.mark.parametrize("kind", ["lost_after", "lost_before", "500", "429", "silent"])
def test_setting_up_survives_a_failed_call(portal, may, told, kind):
    portal.fail({"kind": kind, "method": "POST", "path": "/properties/contacts/batch/create"},
                {"kind": kind, "method": "POST", "path": "/crm/v3/lists"})  # fmt: skip
    rows = [may(1, "setup", {"field": "HERO", "label": "Hero"}), may(2, "setup", {"tag": "T"})]
    outcomes = told(portal.destination, rows)
    assert outcomes[1].result == ("again" if kind == "silent" else "accepted")
    assert outcomes[2].result == "accepted"
    told(portal.destination, rows)
    assert [field.name for field in portal.destination.fields() if field.ours] == ["HERO"]


@pytest.mark.parametrize("name", ["HERO", "PICK1", "A", "A_B_9", "Z" * 94])
def test_names_go_there_and_back(name, portal):
    assert field_name(property_name(name)) == name
    assert len(property_name(name)) <= 100


@pytest.mark.parametrize("name", ["firstname", "ofone_", "ofone_1", "OFONE_HERO", "ofone__x"])
def test_names_that_are_not_ours_stay_as_they_are(name):
    assert field_name(name) == name


def test_a_snippet_falls_back_where_the_property_is_empty(portal):
    text = portal.destination.snippet("PICK1", 'the "best"')
    assert text == '{{ contact.ofone_pick1|default("the \\"best\\"", true) }}'
