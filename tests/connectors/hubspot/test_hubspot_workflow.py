"""The action in workflows, called by the sandbox over HTTP as a workflow calls it."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from connectors import find
from personalization.connector import Request
from personalization.errors import Skip, Stop

SECRET = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"
URL = "https://www.example.com/webhook_uri"
BODY = b"{'example_field':'example_value'}"
CHOSEN = {"message": "thanks", "stage": "regulars", "product": "Soap", "personal": "yes"}


@pytest.fixture
def action(portal):
    """The action of the portal's app, with other settings where some are given."""
    made = []

    def make(**more):
        settings = {"token": "t", "url": portal.sandbox.url, "secret": SECRET, "app": 7001,
                    "developer_key": "dev", "sleep": portal.sleep, **more}  # fmt: skip
        made.append(find("hubspot").workflow("main", settings))
        return made[-1]

    yield make
    for one in made:
        one.close()


class Door:
    """A door over HTTP that hands each call to a function of the request."""

    def __init__(self, give) -> None:
        door = self
        self.requests = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                asked = Request(method="POST", url=door.url, headers=dict(self.headers), body=body,
                                received_at=0)  # fmt: skip
                door.requests.append(asked)
                status, answer = give(asked)
                content = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/actions/hubspot/main"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def door() -> Iterator:
    opened = []

    def make(give):
        opened.append(Door(give))
        return opened[-1]

    yield make
    for one in opened:
        one.server.shutdown()
        one.server.server_close()


def execute(portal, door, contact, **more):
    return portal.sandbox.control("hubspot/execute", url=door.url, secret=SECRET, contact=contact,
                                  inputs={"slot": "hero"}, **more)  # fmt: skip


def test_a_workflow_asks_for_a_contact_and_slot_and_branches_on_the_answer(portal, action, door):
    (id,) = portal.add(1)
    ours, asked = action(portal=424242), []

    def give(request):
        ours.verify(request)
        asked.append(ours.parse(request))
        return ours.answer(CHOSEN)

    done = execute(portal, door(give), id)
    assert (asked[0].alias, asked[0].slot, asked[0].callback) == (
        f"hubspot/main:{id}", "hero", done["callback"])  # fmt: skip
    assert done["outputs"] == {**CHOSEN, "hs_execution_state": "SUCCESS"}
    assert done["waits"] is False
    assert ours.complete(done["callback"], CHOSEN) is False


def test_one_that_takes_longer_waits_and_is_completed_once(portal, action, door):
    (id,) = portal.add(1)
    ours = action()
    done = execute(portal, door(lambda _: ours.wait()), id)
    assert done["waits"] is True
    assert ours.complete(done["callback"], CHOSEN) is True
    assert ours.complete(done["callback"], CHOSEN) is False
    (effect,) = portal.effects("callback_completed")
    assert effect["after"] == {**CHOSEN, "hs_execution_state": "SUCCESS"}


@pytest.mark.parametrize("kind", ["lost_after", "lost_before", "500", "429"])
def test_a_completion_arrives_whatever_happens_to_its_call(portal, action, door, kind):
    (id,) = portal.add(1)
    ours = action()
    done = execute(portal, door(lambda _: ours.wait()), id)
    portal.fail({"kind": kind, "path": "/callbacks/", "times": 2})
    ours.complete(done["callback"], CHOSEN)
    assert len(portal.effects("callback_completed")) == 1


def signed(signature, method="POST", body=BODY, version="v2"):
    headers = {"x-hubspot-signature": signature, "X-HubSpot-Signature-Version": version}
    return Request(method=method, url=URL, headers=headers, body=body, received_at=0)


POST = "4fe4e3a7d3cf09db53be39d0a58130e2aaba074ec123a9e355b876a689a1c383"
GET = "eee2dddcc73c94d699f5e395f4b9d454a069a6855fbfa152e91e88823087200e"


def test_the_published_vectors_pass_and_anything_else_does_not(action):
    ours = action()
    ours.verify(signed(POST))
    ours.verify(signed(GET, "GET", b""))
    action(secret="new", old_secret=SECRET).verify(signed(POST))
    for wrong in (signed(POST, body=BODY + b" "), signed(POST[:-1] + "4"), signed(POST, "GET"),
                  signed(POST, version="v1"), signed(POST, body=b"x" * 2_000_000)):  # fmt: skip
        with pytest.raises(Skip):
            ours.verify(wrong)
    with pytest.raises(Skip, match="missing header"):
        ours.verify(signed(POST).model_copy(update={"headers": {}}))
    with pytest.raises(Skip):
        action(secret="another").verify(signed(POST))


@pytest.mark.parametrize("change", [
    {"object": {"objectId": 7, "objectType": "COMPANY"}}, {"inputFields": {}}, {"callbackId": ""},
    {"origin": {"portalId": 1}}, {"object": None},
])  # fmt: skip
def test_what_is_no_contacts_execution_is_refused_and_names_nobody(action, change):
    body = {"callbackId": "ap-1", "origin": {"portalId": 424242}, "inputFields": {"slot": "hero"},
            "object": {"objectId": 7, "objectType": "CONTACT"}, **change}  # fmt: skip
    with pytest.raises(Skip) as refused:
        action(portal=424242).parse(signed("", body=json.dumps(body).encode()))
    assert "7" not in str(refused.value)


def test_registering_twice_leaves_one_action_with_the_playbooks_slots(portal, action):
    ours = action()
    first = ours.register("https://shop.example.com/a", ["hero"])
    assert ours.register("https://shop.example.com/b", ["hero", "footer"]) == first
    (held,) = portal.sandbox.world.portal.actions["7001"].values()
    assert held["actionUrl"] == "https://shop.example.com/b"
    (slot,) = held["inputFields"]
    assert [one["value"] for one in slot["typeDefinition"]["options"]] == ["hero", "footer"]
    assert {one["typeDefinition"]["name"] for one in held["outputFields"]} == set(CHOSEN)
    with pytest.raises(Stop, match="developer_key"):
        action(developer_key=None).register("https://shop.example.com/a", ["hero"])
