"""Objects one by one and in pages: what the API gives, what it refuses."""

import pytest
from hubspot.crm.contacts.exceptions import ApiException


def basic(client):
    return client.crm.contacts.basic_api


def refused(call, status, category="VALIDATION_ERROR"):
    with pytest.raises(ApiException) as caught:
        call()
    assert caught.value.status == status
    assert f'"category":"{category}"' in caught.value.body
    return caught.value.body


def test_pages_lead_through_everyone_once(client, people):
    ids, seen, after = people(250), [], None
    while True:
        page = basic(client).get_page(limit=100, after=after, properties=["email"])
        seen += [row.id for row in page.results]
        if page.paging is None:
            break
        after = page.paging.next.after
    assert seen == ids
    refused(lambda: basic(client).get_page(limit=101), 400)


def test_a_page_shows_the_properties_asked_for_and_null_where_there_is_nothing(client, people):
    people(1, properties={"firstname": "Ann"})
    row = basic(client).get_page(properties=["firstname", "city", "nothing"]).results[0]
    asked = {"firstname": "Ann", "city": None}
    assert {
        k: v for k, v in row.properties.items() if k in ("firstname", "city", "nothing")
    } == asked
    assert {"hs_object_id", "createdate", "lastmodifieddate"} <= set(row.properties)
    default = basic(client).get_page().results[0].properties
    assert set(default) == {
        *("createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname")
    }


def test_one_is_read_by_id_or_by_address(client, people):
    (number,) = people(1)
    by_id = basic(client).get_by_id(number, properties=["email"])
    assert by_id.properties["email"] == "p0@example.com"
    by_email = basic(client).get_by_id("P0@example.com", id_property="email")
    assert by_email.id == number
    refused(lambda: basic(client).get_by_id("999"), 404, "OBJECT_NOT_FOUND")
    refused(lambda: basic(client).get_by_id("Ann", id_property="firstname"), 400)


def test_an_address_is_there_once(client, people, sandbox):
    (number,) = people(1)
    made = basic(client).create({"properties": {"email": "New@Example.com"}, "associations": []})
    assert made.properties["email"] == "new@example.com"
    again = {"properties": {"email": "p0@example.com"}, "associations": []}
    body = refused(lambda: basic(client).create(again), 409, "CONFLICT")
    assert f"Existing ID: {number}" in body
    other = {"properties": {"email": "new@example.com"}}
    assert "CONFLICTING_UNIQUE_VALUE" in refused(lambda: basic(client).update(number, other), 400)


def test_an_update_moves_the_last_change_only_where_something_changed(client, people, sandbox):
    (number,) = people(1, properties={"city": "Ulm"})
    first = basic(client).get_by_id(number).properties["lastmodifieddate"]
    same = basic(client).update(number, {"properties": {"city": "Ulm"}})
    assert same.properties["lastmodifieddate"] == first
    moved = basic(client).update(number, {"properties": {"city": "Bern"}})
    assert moved.properties["lastmodifieddate"] > first
    sandbox.control("hubspot/settings", same_value_moves=True)
    again = basic(client).update(number, {"properties": {"city": "Bern"}})
    assert again.properties["lastmodifieddate"] > moved.properties["lastmodifieddate"]


def test_empty_text_clears(client, people):
    (number,) = people(1, properties={"city": "Ulm"})
    basic(client).update(number, {"properties": {"city": ""}})
    assert basic(client).get_by_id(number, properties=["city"]).properties["city"] is None


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"nothing": "x"}, "PROPERTY_DOESNT_EXIST"),
        ({"email": "no address"}, "INVALID_EMAIL"),
        ({"lastmodifieddate": "2026-01-01T00:00:00Z"}, "READ_ONLY_VALUE"),
        ({"hs_email_optout": "false"}, "READ_ONLY_VALUE"),
        ({"city": "x" * 65_537}, "VALUE_TOO_LONG"),
    ],
)
def test_a_value_that_is_not_valid_is_refused_by_name(client, people, values, error):
    (number,) = people(1)
    body = refused(lambda: basic(client).update(number, {"properties": values}), 400)
    assert f'"code":"{error}"' in body
    assert next(iter(values)) in body


@pytest.mark.parametrize("properties", [{}, {"city": 3}, {"city": None}])
def test_values_are_text(client, people, properties):
    (number,) = people(1)
    refused(lambda: basic(client).update(number, {"properties": properties}), 400)


def test_the_bin_holds_what_was_archived(client, people):
    first, second = people(2)
    basic(client).archive(first)
    basic(client).archive(first)
    assert [row.id for row in basic(client).get_page().results] == [second]
    binned = basic(client).get_page(archived=True).results
    assert [(row.id, row.archived) for row in binned] == [(first, True)]
    refused(lambda: basic(client).get_by_id(first), 404, "OBJECT_NOT_FOUND")
    assert basic(client).get_by_id(first, archived=True).archived_at


def test_one_erased_for_privacy_cannot_come_back(client, people):
    first, _ = people(2)
    gdpr = basic(client)
    gdpr.purge({"objectId": first})
    gdpr.purge({"objectId": "p1@example.com", "idProperty": "email"})
    gdpr.purge({"objectId": "nobody@example.com", "idProperty": "email"})
    assert basic(client).get_page().results == []
    assert basic(client).get_page(archived=True).results == []
    for email in ("p0@example.com", "p1@example.com", "nobody@example.com"):
        body = {"properties": {"email": email}, "associations": []}
        refused(lambda body=body: basic(client).create(body), 400)


@pytest.mark.parametrize("keeps", [False, True])
def test_merged_contacts_are_one_and_both_ids_lead_to_it(client, people, sandbox, keeps):
    sandbox.control("hubspot/settings", merge_keeps_id=keeps)
    one, two = people(2, properties={"city": "Ulm"})
    basic(client).update(two, {"properties": {"phone": "1"}})
    body = {"primaryObjectId": one, "objectIdToMerge": two}
    merged = basic(client).merge(body)
    assert (merged.id == one) is keeps
    for number in (one, two, merged.id):
        found = basic(client).get_by_id(number, properties=["phone", "city"])
        assert (found.id, found.properties["phone"]) == (merged.id, "1")
    assert len(basic(client).get_page().results) == 1
    refused(lambda: basic(client).merge(body), 400)


def test_orders_belong_to_contacts(client, people, sandbox):
    ids = people(2)
    orders = [{"properties": {"hs_total_price": "12.50"}, "contact": ids[0]}]
    (order,) = sandbox.control("hubspot/objects", type="orders", records=orders)["ids"]
    api = client.crm.objects.basic_api
    row = api.get_page("orders", associations=["contacts"], properties=["hs_total_price"]).results[
        0
    ]
    assert (row.id, row.properties["hs_total_price"]) == (order, "12.50")
    assert [link.id for link in row.associations["contacts"].results] == [ids[0]]
    path = "/crm/v4/associations/orders/contacts/batch/read"
    body = {"inputs": [{"id": order}, {"id": "999"}]}
    answer = client.api_request({"method": "POST", "path": path, "body": body})
    assert answer.status_code == 207
    assert answer.json()["results"][0]["to"][0]["toObjectId"] == int(ids[0])
    made = api.create(
        "0-123",
        {
            "properties": {"hs_order_name": "a"},
            "associations": [
                {
                    "to": {"id": ids[1]},
                    "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 507}],
                }
            ],
        },
    )
    found = api.get_by_id("orders", made.id, associations=["contacts"])
    assert found.associations["contacts"].results[0].id == ids[1]


def test_feedback_can_only_be_read(client, sandbox):
    rows = [{"properties": {"hs_value": 9, "hs_survey_type": "NPS", "hs_content": "good"}}]
    sandbox.control("hubspot/objects", type="feedback_submissions", records=rows)
    api = client.crm.objects.basic_api
    page = api.get_page("feedback_submissions", properties=["hs_value"])
    assert page.results[0].properties["hs_value"] == "9"
    body = {"properties": {"hs_value": "1"}, "associations": []}
    with pytest.raises(Exception, match="405"):
        api.create("feedback_submissions", body)


def test_a_type_that_does_not_exist_is_refused(client):
    with pytest.raises(Exception, match="Unable to infer object type"):
        client.crm.objects.basic_api.get_page("wishes")
