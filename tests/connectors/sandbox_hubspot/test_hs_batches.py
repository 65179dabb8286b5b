"""Batches of objects: at most 100, all or nothing for wrong values, 207 for unknown ids."""

import pytest
from hubspot.crm.contacts.exceptions import ApiException

from connectors.sandbox import ledger


def batch(client):
    return client.crm.contacts.batch_api


def city(number, value="Ulm", **more):
    return {"id": number, "properties": {"city": value}, **more}


def cities(client, ids):
    rows = batch(client).read({"inputs": [{"id": i} for i in ids], "properties": ["city"]}).results
    return {row.id: row.properties["city"] for row in rows}


def refused(call):
    with pytest.raises(ApiException) as caught:
        call()
    return caught.value


def test_a_hundred_are_written_in_one_call(client, people, sandbox):
    ids = people(101)
    done = batch(client).update({"inputs": [city(i) for i in ids[:100]]})
    assert (done.status, len(done.results)) == ("COMPLETE", 100)
    assert set(cities(client, ids[:100]).values()) == {"Ulm"}
    error = refused(lambda: batch(client).update({"inputs": [city(i) for i in ids]}))
    assert error.status == 400
    moments = {row.properties["lastmodifieddate"] for row in done.results}
    assert len(moments) == 1  # a batch shares its moment
    assert len(ledger.effects(sandbox.entries, ["property_written"])) == 100


@pytest.mark.parametrize("inputs", [[], ["x"], [{"properties": {"city": "a"}}], [{"id": "101"}]])
def test_inputs_of_the_wrong_shape_are_refused(client, people, inputs):
    people(1)
    answer = client.api_request(
        {
            "method": "POST",
            "path": "/crm/v3/objects/contacts/batch/update",
            "body": {"inputs": inputs},
        }
    )
    assert answer.status_code == 400


def test_the_same_id_twice_is_refused(client, people):
    (number,) = people(1)
    body = {"inputs": [city(number), city(number, "Bern")]}
    assert "Duplicate IDs" in refused(lambda: batch(client).update(body)).body


def test_ids_that_do_not_exist_are_named_in_a_207_and_the_others_are_written(client, people):
    ids = people(2)
    done = batch(client).update({"inputs": [city(ids[0]), city("9999"), city("p1@example.com")]})
    assert (type(done).__name__, done.num_errors) == (
        "BatchResponseSimplePublicObjectWithErrors",
        1,
    )
    assert done.errors[0].category == "OBJECT_NOT_FOUND"
    assert done.errors[0].context == {"ids": ["9999", "p1@example.com"]}
    assert cities(client, ids) == {ids[0]: "Ulm", ids[1]: None}


def test_ids_that_do_not_exist_may_go_unnamed(client, people, sandbox):
    (number,) = people(1)
    sandbox.control("hubspot/settings", name_unknown_ids=False)
    done = batch(client).update({"inputs": [city(number), city("9999")]})
    assert [row.id for row in done.results] == [number]
    assert not done.errors


def test_a_wrong_value_refuses_the_whole_batch(client, people, sandbox):
    ids = people(2)
    wrong = {"id": ids[1], "properties": {"nothing": "x"}}
    error = refused(lambda: batch(client).update({"inputs": [city(ids[0]), wrong]}))
    assert (error.status, "PROPERTY_DOESNT_EXIST" in error.body) == (400, True)
    assert cities(client, ids) == dict.fromkeys(ids)
    assert not ledger.effects(sandbox.entries)


def test_with_trace_ids_a_wrong_value_fails_alone(client, people):
    ids = people(2)
    wrong = {"id": ids[1], "properties": {"nothing": "x"}, "objectWriteTraceId": "b"}
    done = batch(client).update({"inputs": [city(ids[0], objectWriteTraceId="a"), wrong]})
    assert done.num_errors == 1
    assert done.errors[0].context["objectWriteTraceId"] == ["b"]
    assert [row.object_write_trace_id for row in done.results] == ["a"]
    assert cities(client, ids)[ids[0]] == "Ulm"


def test_the_address_does_not_name_whom_to_update(client, people):
    people(1)
    by_email = city("p0@example.com", idProperty="email")
    error = refused(lambda: batch(client).update({"inputs": [by_email]}))
    assert "non-unique 0-1 property email" in error.body


def test_a_unique_property_of_ones_own_does(client, people, sandbox):
    ids = people(2)
    own = {
        "name": "shop_id",
        "label": "Shop",
        "type": "string",
        "fieldType": "text",
        "groupName": "contactinformation",
        "hasUniqueValue": True,
    }
    client.crm.properties.core_api.create("contacts", own)
    batch(client).update({"inputs": [{"id": ids[1], "properties": {"shop_id": "s1"}}]})
    batch(client).update({"inputs": [city("s1", "Bern", idProperty="shop_id")]})
    assert cities(client, ids)[ids[1]] == "Bern"
    taken = {"inputs": [{"id": ids[0], "properties": {"shop_id": "s1"}}]}
    assert "CONFLICTING_UNIQUE_VALUE" in refused(lambda: batch(client).update(taken)).body


def test_reading_names_what_is_not_there(client, people):
    (number,) = people(1)
    asked = {"inputs": [{"id": number}, {"id": "9999"}], "properties": ["email"]}
    found = batch(client).read(asked)
    assert [row.id for row in found.results] == [number]
    assert found.errors[0].context == {"ids": ["9999"]}
    by_email = {"inputs": [{"id": "p0@example.com"}], "properties": [], "idProperty": "email"}
    assert batch(client).read(by_email).results[0].id == number


def test_creating_is_seen_by_the_ledger(client, people, sandbox):
    people(1)
    new = {"inputs": [{"properties": {"email": "a@example.com"}, "associations": []}]}
    assert batch(client).create(new).results[0].properties["email"] == "a@example.com"
    error = refused(lambda: batch(client).create(new))
    assert (error.status, "Existing ID" in error.body) == (409, True)
    upsert = {
        "inputs": [
            {"id": name, "idProperty": "email", "properties": {"city": "Ulm"}}
            for name in ("p0@example.com", "b@example.com")
        ]
    }
    done = batch(client).upsert(upsert)
    assert [row.new for row in done.results] == [False, True]
    assert len(ledger.created_or_resubscribed(sandbox.entries)) == 2


def test_an_upsert_needs_its_property(client, people):
    people(1)
    assert refused(lambda: batch(client).upsert({"inputs": [city("p0@example.com")]})).status == 400


def test_archiving_passes_over_who_is_not_there(client, people, sandbox):
    ids = people(2)
    batch(client).archive({"inputs": [{"id": ids[0]}, {"id": "9999"}]})
    assert [row.id for row in client.crm.contacts.basic_api.get_page().results] == [ids[1]]
