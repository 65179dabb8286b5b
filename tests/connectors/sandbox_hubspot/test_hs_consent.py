"""Subscription types, and what each address has chosen."""

import pytest
from hubspot.communication_preferences.exceptions import ApiException

from connectors.sandbox import ledger

ANN, BOB = "p0@example.com", "p1@example.com"


@pytest.fixture
def api(client):
    return client.communication_preferences


def status(api, email):
    found = api.status_api.get_email_status(email).subscription_statuses
    return {row.name: (row.status, row.source_of_status) for row in found}


def body(email, kind="1001"):
    return {"emailAddress": email, "subscriptionId": kind, "legalBasis": "CONSENT_WITH_NOTICE"}


def v4(client, path, **more):
    options = {"path": f"/communication-preferences/v4/{path}", "qs": {"channel": "EMAIL"}, **more}
    return client.api_request(options)


def test_types_are_listed(api, sandbox):
    sandbox.control("hubspot/types", types=[{"id": 1002, "name": "News"}])
    rows = api.definition_api.get_page().subscription_definitions
    assert [row.name for row in rows] == ["Marketing Information", "News"]


def test_a_persons_choice_is_seen_by_status_and_in_the_contact(api, client, people, sandbox):
    (number,) = people(1)
    before = client.crm.contacts.basic_api.get_by_id(number).properties["lastmodifieddate"]
    assert status(api, ANN)["Marketing Information"] == ("NOT_SUBSCRIBED", "SUBSCRIPTION_STATUS")
    sandbox.control("hubspot/person", email=ANN, action="opt_in")
    assert status(api, ANN)["Marketing Information"][0] == "SUBSCRIBED"
    sandbox.control("hubspot/person", email=ANN, action="opt_out", type=1001)
    wanted = ["hs_email_optout_1001", "hs_email_optout"]
    found = client.crm.contacts.basic_api.get_by_id(number, properties=wanted).properties
    assert (found["hs_email_optout_1001"], found["hs_email_optout"]) == ("true", None)
    assert found["lastmodifieddate"] > before
    sandbox.control("hubspot/person", email=ANN, action="opt_out")
    expected = ("NOT_SUBSCRIBED", "PORTAL_WIDE_STATUS")
    assert status(api, ANN)["Marketing Information"] == expected
    assert not ledger.effects(sandbox.entries)


def test_a_subscription_by_the_api_is_a_breach_that_the_ledger_shows(api, people, sandbox):
    people(2)
    api.status_api.subscribe(body(ANN))
    sandbox.control("hubspot/person", email=BOB, action="opt_out", type=1001)
    api.status_api.subscribe(body(BOB))
    kinds = [e["kind"] for e in ledger.created_or_resubscribed(sandbox.entries)]
    assert kinds == ["opted_in", "resubscribed"]
    api.status_api.unsubscribe(body(ANN))
    assert [e["kind"] for e in ledger.effects(sandbox.entries, ["opted_out"])] == ["opted_out"]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"emailAddress": "nobody"}, 400),
        ({"subscriptionId": "77"}, 404),
        ({"legalBasis": "LUCK"}, 400),
        ({"emailAddress": BOB}, 400),
    ],
)
def test_a_subscription_that_cannot_be_is_refused(api, people, sandbox, wrong, code):
    people(2)
    sandbox.control("hubspot/person", email=BOB, action="opt_out")
    with pytest.raises(ApiException) as caught:
        api.status_api.subscribe({**body(ANN), **wrong})
    assert caught.value.status == code


def test_many_are_read_in_a_call(client, people, sandbox):
    people(3)
    sandbox.control("hubspot/person", email=ANN, action="opt_out")
    sandbox.control("hubspot/person", email=BOB, action="opt_in")
    asked = {"method": "POST", "body": {"inputs": [ANN, BOB, "p2@example.com"]}}
    rows = v4(client, "statuses/batch/read", **asked).json()["results"]
    states = [row["statuses"][0]["status"] for row in rows]
    assert states == ["UNSUBSCRIBED", "SUBSCRIBED", "NOT_SPECIFIED"]
    wide = v4(client, "statuses/batch/unsubscribe-all/read", **asked).json()["results"]
    assert [row["wideStatuses"][0]["status"] for row in wide][:2] == [
        "UNSUBSCRIBED",
        "NOT_SPECIFIED",
    ]
    assert ledger.counts(sandbox.entries)["writes"] == 0
    many = {"inputs": [f"p{n}@example.com" for n in range(101)]}
    assert v4(client, "statuses/batch/read", method="POST", body=many).status_code == 400
    no_channel = {"method": "GET", "path": f"/communication-preferences/v4/statuses/{ANN}"}
    assert client.api_request(no_channel).status_code == 400
    assert v4(client, f"statuses/{ANN}/unsubscribe-all", method="POST").status_code == 200
    assert v4(client, f"statuses/{BOB}").json()["results"][0]["status"] == "SUBSCRIBED"
    assert len(v4(client, "definitions").json()["results"]) == 1


def test_imported_contacts_have_their_choices(api, sandbox):
    rows = [
        {"email": "a@example.com", "opted_out": True},
        {"email": "b@example.com", "opted_out": [1001]},
        {"email": "c@example.com", "subscribed": [1001]},
    ]
    sandbox.control("hubspot/contacts", contacts=rows)
    states = [status(api, row["email"])["Marketing Information"] for row in rows]
    assert states == [
        ("NOT_SUBSCRIBED", "PORTAL_WIDE_STATUS"),
        ("NOT_SUBSCRIBED", "SUBSCRIPTION_STATUS"),
        ("SUBSCRIBED", "SUBSCRIPTION_STATUS"),
    ]
