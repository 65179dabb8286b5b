"""What the sandbox sends by itself: webhooks of both systems, and workflow actions."""

import hmac
import json
import threading
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs

import pytest
from hubspot.utils.signature import Signature

from connectors.sandbox.hubspot.webhooks import signature_v1, signature_v2, signature_v3

SECRET = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"
BODY = b"{'example_field':'example_value'}"
URL = "https://www.example.com/webhook_uri"


@contextmanager
def receiving(answer=b"{}"):
    got = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((self.path, dict(self.headers), body))
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *arguments):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/hooks?a=%40b", got
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_signatures_are_those_that_were_published():
    assert signature_v1(SECRET, BODY) == (
        "69fc6631a867edd4f9e9e627fc5c1148e3fbdd8b21837b6d2b8901c1fa57f750"
    )
    assert signature_v2(SECRET, "POST", URL, BODY) == (
        "4fe4e3a7d3cf09db53be39d0a58130e2aaba074ec123a9e355b876a689a1c383"
    )
    assert signature_v2(SECRET, "GET", URL, b"") == (
        "eee2dddcc73c94d699f5e395f4b9d454a069a6855fbfa152e91e88823087200e"
    )
    assert signature_v3(SECRET, "POST", URL, BODY, 1693657560000) == (
        "K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y="
    )


def test_what_happened_is_told_in_signed_arrays(client, people, sandbox):
    ids = people(120)
    seen = len(sandbox.entries)
    rows = [{"id": number, "properties": {"city": "Ulm"}} for number in ids]
    client.crm.contacts.batch_api.update({"inputs": rows[:100]})
    client.crm.contacts.batch_api.update({"inputs": rows[100:]})
    sandbox.control("hubspot/person", email="p0@example.com", action="opt_out")
    sandbox.control("hubspot/person", email="p1@example.com", action="erase")
    with receiving() as (url, got):
        sent = sandbox.control("hubspot/deliver", url=url, secret=SECRET, after=seen)
        assert sent == {"statuses": [200, 200], "events": 122}
    events = [event for _, _, body in got for event in json.loads(body)]
    assert [len(json.loads(body)) for _, _, body in got] == [100, 22]
    assert len({event["eventId"] for event in events}) == 122
    first, last = events[0], events[-1]
    assert (first["subscriptionType"], first["propertyName"]) == ("contact.propertyChange", "city")
    assert (first["objectId"], first["changeSource"]) == (int(ids[0]), "INTEGRATION")
    assert (events[-2]["propertyName"], events[-2]["changeSource"]) == ("hs_email_optout", "FORM")
    assert last["subscriptionType"] == "contact.privacyDeletion"
    path, headers, body = got[0]
    millis = int(headers["X-HubSpot-Request-Timestamp"])
    address = url.replace("%40", "@")
    assert path == "/hooks?a=%40b"
    assert headers["X-HubSpot-Signature-v3"] == Signature.get_signature(
        signature_version="v3",
        client_secret=SECRET,
        request_body=body.decode(),
        http_uri=address,
        http_method="POST",
        timestamp=str(millis),
    )


def test_an_app_is_told_what_it_subscribed_to_and_again_when_repeated(client, people, sandbox):
    ids = people(2)
    make = client.webhooks.subscriptions_api.create
    made = make(7001, {"eventType": "contact.deletion", "active": True})
    make(7001, {"eventType": "contact.merge", "active": False})
    client.crm.contacts.basic_api.update(ids[0], {"properties": {"city": "Ulm"}})
    client.crm.contacts.basic_api.archive(ids[0])
    with receiving() as (url, got):
        sandbox.control("hubspot/deliver", url=url, secret=SECRET, repeat=2)
        sandbox.control("hubspot/deliver", url=url, secret=SECRET, sources=["person"])
    rows = [json.loads(body) for _, _, body in got]
    assert [[(e["subscriptionId"], e["attemptNumber"]) for e in row] for row in rows] == [
        [(int(made.id), 0)],
        [(int(made.id), 1)],
    ]


def test_it_calls_nobody_outside(sandbox, client, people):
    ids = people(1)
    client.crm.contacts.basic_api.archive(ids[0])
    with pytest.raises(ValueError, match="of this machine"):
        sandbox.control("hubspot/deliver", url="http://example.com/", secret=SECRET)
    gone = sandbox.control("hubspot/deliver", url="http://127.0.0.1:1/", secret=SECRET)
    assert gone["statuses"] == [0]


def test_a_workflow_calls_an_action_and_waits_where_it_blocks(client, people, sandbox):
    (number,) = people(1, properties={"city": "Ulm"})
    blocks = json.dumps({"outputFields": {"hs_execution_state": "BLOCK"}}).encode()
    with receiving(blocks) as (url, got):
        ask = {"url": url, "secret": SECRET, "contact": number, "inputs": {"slot": "hero"}}
        told = sandbox.control("hubspot/execute", **ask)
    assert (told["status"], told["waits"]) == (200, True)
    _, headers, body = got[0]
    assert headers["X-HubSpot-Signature"] == signature_v2(SECRET, "POST", url, body)
    content = json.loads(body)
    assert (content["object"]["objectId"], content["inputFields"]) == (101, {"slot": "hero"})
    done = {"outputFields": {"hs_execution_state": "SUCCESS", "m": "a"}, "typedOutputs": {}}
    client.automation.actions.callbacks_api.complete(told["callback"], done)
    assert sandbox.world.portal.callbacks[told["callback"]]["outputs"] == done["outputFields"]


def test_an_action_that_answers_at_once_waits_for_nothing(client, people, sandbox):
    (number,) = people(1)
    with receiving(json.dumps({"outputFields": {"m": "a"}}).encode()) as (url, _):
        told = sandbox.control("hubspot/execute", url=url, secret=SECRET, contact=number)
    assert (told["outputs"], told["waits"]) == ({"m": "a"}, False)


def test_mailchimp_tells_in_forms(sandbox):
    rows = [{"email": f"p{n}@example.com", "merge_fields": {"FNAME": "Ann"}} for n in range(3)]
    sandbox.control("members", members=rows)
    person = [
        {"email": "new@example.com", "action": "subscribe"},
        {"email": "p0@example.com", "action": "unsubscribe"},
        {"email": "p1@example.com", "action": "write", "merge_fields": {"FNAME": "Bo"}},
        {"email": "p2@example.com", "action": "clean"},
    ]
    for act in person:
        sandbox.control("person", **act)
    with receiving() as (url, got):
        sent = sandbox.control("deliver", url=url, secret=SECRET)
        sandbox.control("deliver", url=url, repeat=2, sources=["admin"])
    assert sent == {"statuses": [200] * 4}
    assert len(got) == 4
    forms = [{k: v[0] for k, v in parse_qs(body.decode()).items()} for _, _, body in got]
    assert [form["type"] for form in forms] == ["subscribe", "unsubscribe", "profile", "cleaned"]
    assert forms[2]["data[merges][FNAME]"] == "Bo"
    assert forms[1]["data[email]"] == "p0@example.com"
    _, headers, body = got[0]
    moment, given = (part.split("=")[1] for part in headers["X-Mailchimp-Signature"].split(","))
    told = hmac.new(SECRET.encode(), f"{moment}.".encode() + body, sha256).hexdigest()
    assert given == told
