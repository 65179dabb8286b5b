"""Events and single e-mails: what reaches people, how often, and whom."""

import pytest
from hubspot.events.send.exceptions import ApiException as EventRefused
from hubspot.marketing.transactional.exceptions import ApiException as SendRefused

from connectors.sandbox import ledger

ANN = "p0@example.com"
RECEIPT, OFFER = 9002, 9001


@pytest.fixture
def event(client):
    body = {
        "label": "Cart left",
        "name": "cart_left",
        "includeDefaultProperties": False,
        "propertyDefinitions": [{"name": "decision", "label": "Decision", "type": "string"}],
    }
    path = "/events/v3/event-definitions"
    return client.api_request({"method": "POST", "path": path, "body": body}).json()[
        "fullyQualifiedName"
    ]


def one(event, number, uuid=None, **more):
    return {
        "eventName": event,
        "objectId": number,
        "properties": {"decision": "d"},
        **({"uuid": uuid} if uuid else {}),
        **more,
    }


def test_definitions_are_found_and_dropped(client, event):
    def get(path):
        return client.api_request({"path": f"/events/v3/event-definitions{path}"})

    assert event.startswith("pe424242_")
    assert get("").json()["total"] == 1
    assert get(f"/{event}").json()["labels"]["singular"] == "Cart left"
    drop = {"method": "DELETE", "path": f"/events/v3/event-definitions/{event}"}
    assert client.api_request(drop).status_code == 204
    assert get(f"/{event}").status_code == 404


def test_five_hundred_events_go_in_a_call_and_each_uuid_counts_once(client, event, people, sandbox):
    ids = people(501)
    rows = [one(event, number, f"u{number}") for number in ids]
    client.events.send.batch_api.send({"inputs": rows[:500]})
    client.events.send.batch_api.send({"inputs": rows[:500]})
    client.events.send.basic_api.send(rows[0])
    sent = ledger.sends(sandbox.entries)
    assert len(sent) == 500
    assert len({e["key"] for e in sent}) == 500
    with pytest.raises(EventRefused):
        client.events.send.batch_api.send({"inputs": rows})
    client.events.send.basic_api.send(one(event, ids[0]))
    client.events.send.basic_api.send(one(event, ids[0]))
    assert len(ledger.sends(sandbox.entries)) == 502  # without a uuid each counts


@pytest.mark.parametrize(
    "wrong",
    [
        {"eventName": "pe1_other"},
        {"properties": {"unknown": "x"}},
        {"objectId": ""},
        {"occurredAt": "soon"},
    ],
)
def test_an_event_that_makes_no_sense_is_refused(client, event, people, wrong):
    (number,) = people(1)
    with pytest.raises(EventRefused) as caught:
        client.events.send.basic_api.send({**one(event, number), **wrong})
    assert caught.value.status == 400


def test_an_event_for_an_unknown_address_makes_a_contact(client, event, people, sandbox):
    people(1)
    send = client.events.send.basic_api.send
    send({"eventName": event, "email": ANN.upper(), "properties": {}})
    assert not ledger.created_or_resubscribed(sandbox.entries)
    send({"eventName": event, "email": "new@example.com", "properties": {}})
    assert len(ledger.created_or_resubscribed(sandbox.entries)) == 1
    send(one(event, "999"))
    assert len(ledger.sends(sandbox.entries)) == 2


def test_an_event_for_one_who_opted_out_is_a_breach_that_the_ledger_shows(
    client, event, people, sandbox
):
    ids = people(2)
    sandbox.control("hubspot/person", email=ANN, action="opt_out")
    client.crm.contacts.basic_api.update(ids[0], {"properties": {"city": "Ulm"}})
    assert not ledger.unwilling(sandbox.entries)  # a property may be written
    client.events.send.basic_api.send(one(event, ids[1]))
    client.events.send.basic_api.send(one(event, ids[0]))
    (breach,) = ledger.unwilling(sandbox.entries)
    assert (breach["record"], breach["standing"]) == (ids[0], "opted_out")


def test_what_occurred_is_read_back(client, people, sandbox):
    ids = people(2)
    rows = [
        {"eventType": "e_visited_page", "contact": ids[n % 2], "properties": {"url": str(n)}}
        for n in range(5)
    ]
    sandbox.control("hubspot/events", events=rows)
    api = client.events.events_api
    first = api.get_page(event_type="e_visited_page", limit=3)
    rest = api.get_page(event_type="e_visited_page", limit=3, after=first.paging.next.after)
    urls = [row.properties["url"] for row in first.results + rest.results]
    assert urls == ["4", "3", "2", "1", "0"]
    mine = api.get_page(object_type="contact", object_id=int(ids[1])).results
    assert [row.properties["url"] for row in mine] == ["3", "1"]
    assert api.get_types().event_types == ["e_visited_page"]


def mail(client, to=ANN, send_id=None, email_id=RECEIPT, **more):
    message = {"to": to, **({"sendId": send_id} if send_id else {})}
    body = {"emailId": email_id, "message": message, "contactProperties": {}, **more}
    return client.marketing.transactional.single_send_api.send_email(body)


def offer(client, to=ANN, email_id=OFFER):
    body = {"emailId": email_id, "message": {"to": to}, "customProperties": {"headline": "Hi"}}
    return client.api_request(
        {"method": "POST", "path": "/marketing/v4/email/single-send", "body": body}
    )


def result(client, status_id, version=3):
    path = f"/marketing/v{version}/email/send-statuses/{status_id}"
    return client.api_request({"path": path}).json()


def test_a_send_is_asynchronous(client, people, sandbox):
    people(1)
    sandbox.control("hubspot/settings", send_polls=2)
    accepted = mail(client)
    assert accepted.status == "PENDING"
    assert result(client, accepted.status_id)["status"] == "PROCESSING"
    done = result(client, accepted.status_id)
    assert (done["status"], done["sendResult"]) == ("COMPLETE", "SENT")
    assert client.api_request({"path": "/marketing/v3/email/send-statuses/x"}).status_code == 404


def test_a_send_id_is_sent_once(client, people, sandbox):
    people(1)
    mail(client, send_id="d1")
    again = mail(client, send_id="d1")
    assert result(client, again.status_id)["sendResult"] == "IDEMPOTENT_IGNORE"
    assert [e["key"] for e in ledger.sends(sandbox.entries)] == ["d1"]


def test_marketing_goes_to_nobody_who_opted_out_and_receipts_go_to_all(client, people, sandbox):
    people(2)
    sandbox.control("hubspot/person", email=ANN, action="opt_out")
    sandbox.control("hubspot/person", email="p1@example.com", action="opt_out", type=1001)
    mail(client)
    assert [e["kind"] for e in ledger.sends(sandbox.entries)] == ["transactional_send"]
    assert not ledger.unwilling(sandbox.entries)
    refused = [offer(client).json(), offer(client, "p1@example.com").json()]
    results = [result(client, row["statusId"], 4)["sendResult"] for row in refused]
    assert results == ["PREVIOUSLY_UNSUBSCRIBED_PORTAL", "PREVIOUSLY_UNSUBSCRIBED_MESSAGE"]
    assert [e["kind"] for e in ledger.unwilling(sandbox.entries)] == ["send_refused"] * 2
    assert len(ledger.sends(sandbox.entries)) == 1


def test_a_send_to_an_unknown_address_makes_a_contact(client, people, sandbox):
    people(1)
    mail(client, to="new@example.com")
    assert [e["kind"] for e in ledger.created_or_resubscribed(sandbox.entries)] == ["created"]
    client.crm.contacts.basic_api.purge({"objectId": "new@example.com", "idProperty": "email"})
    again = mail(client, to="new@example.com")
    assert result(client, again.status_id)["sendResult"] == "BLOCKED_ADDRESS"


@pytest.mark.parametrize(
    ("more", "code"),
    [({"email_id": 1}, 404), ({"email_id": OFFER}, 400), ({"to": "nobody"}, 400)],
)
def test_a_send_that_cannot_be_is_refused(client, people, more, code):
    people(1)
    with pytest.raises(SendRefused) as caught:
        mail(client, **more)
    assert caught.value.status == code


def test_a_bounced_address_gets_nothing(client, people, sandbox):
    people(1, properties={"hs_email_hard_bounce_reason_enum": "UNKNOWN_USER"})
    assert result(client, offer(client).json()["statusId"])["sendResult"] == "PREVIOUSLY_BOUNCED"
