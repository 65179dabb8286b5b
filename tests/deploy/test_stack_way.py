"""The stack's functions in this process, over an in-process cloud and the sandbox: from a first night
to a changed property and one send, as `make e2e` does it over a real deployment."""

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2] / "infra"))
from cost import ASSUMED
from e2e_shop import order, prepared
from units import counted

import connectors
from connectors.sandbox import ledger
from functions.door.hearing import letter
from functions.door.keeping import leaving, stale
from personalization.connector import Request
from personalization.errors import TokenRefused
from tests.deploy.emulated import CONTEXT, Cloud, account, forget, furnished
from tests.deploy.laid import SECRET
from tests.functions.portal import PLACE


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    with account(monkeypatch) as sandbox:
        shop = prepared(tmp_path / "shop", sandbox)
        forget()
        yield furnished(monkeypatch, sandbox, shop.folder)
        forget()


def test_from_a_first_night_to_one_send(cloud: Cloud) -> None:
    cloud.night()
    assert cloud.drain("APPLY_HUBSPOT", "apply") == 1
    assert ledger.effects(cloud.sandbox.entries, ["property_created"])
    assert cloud.shopify(order(1), "a guess") == 401
    assert cloud.shopify(order(1)) == 200
    with counted(importlib.import_module("functions.stack.store").opened()._dynamo) as units:
        assert cloud.drain("INBOX", "take_in") == 1
        assert cloud.drain("APPLY_HUBSPOT", "apply") == 1
    for one in ("read", "write"):  # what the estimate says of one event that changes something
        said = sum(ASSUMED[f"{one} units {what}"] for what in
                   ("an event", "a change", "a batch of events"))  # fmt: skip
        # Never more than is said; less where a function is warm and has read some of it already.
        assert 0.4 * said < units[one] < 1.25 * said
    assert cloud.sends() == 1
    assert "Thank you" in json.dumps(ledger.effects(cloud.sandbox.entries))
    assert cloud.shopify(order(1)) == 200  # as senders do
    assert cloud.drain("INBOX", "take_in") == 1
    cloud.call("tick", {})
    cloud.drain("APPLY_HUBSPOT", "apply")
    assert cloud.sends() == 1
    told = cloud.call("decision", {
        "rawPath": "/v1/contacts/email:p1@example.com/decision", "headers":
        {"authorization": "Bearer key of the site"}, "requestContext": {
            "domainName": "api.example.com", "http": {"method": "GET"}, "timeEpoch": 1}})  # fmt: skip
    assert "buyers" in json.loads(told["body"])["segments"]


def test_what_calls_asked_for_is_done(cloud: Cloud) -> None:
    assert cloud.call("apply", PLACE)["done"] is True
    store = importlib.import_module("functions.stack.store").opened()
    hook = connectors.find("shopify").webhook("main", {"secret": SECRET, "currency": "USD"})
    call = Request(method="POST", url="https://api.example.com/hooks/shopify/main", received_at=1,
                   headers={"x-shopify-topic": "orders/create"},
                   body=json.dumps(order(7)).encode())  # fmt: skip
    with store.record(1) as recorder:
        recorder.setting(stale("hubspot/main"), "yes")
        recorder.setting(leaving("shopify/main"), "yes")
        recorder.accept("shopify", "main", letter(hook, call))  # as `ofone letters --replay` does
    cloud.call("tick", {})
    assert store.waiting() == []
    buyer = store.contact_of("email:p7@example.com")
    assert "order" in [event.kind for event, _ in store.events_of(buyer)]
    (wish,) = [body for body in cloud.bodies("APPLY_HUBSPOT") if "pull" in json.loads(body)]
    cloud.call("apply", {"Records": [{"messageId": "1", "body": wish}]})
    assert store.setting(stale("hubspot/main")) == "no"
    assert cloud.call("night", {"do": "erase"}) == {"done": True, "gone": 0}
    assert "known from elsewhere too" in [reason for _, _, reason, _ in store.letters()][-1]


def test_a_token_that_is_refused_is_told_as_that(cloud: Cloud, capsys, monkeypatch) -> None:
    cloud.sandbox.control("hubspot/settings", tokens={"the new one": []})
    monkeypatch.setenv("SECRET", "apply")
    with pytest.raises(TokenRefused, match="valid private app token"):
        importlib.import_module("functions.apply").handler(PLACE, CONTEXT)
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [1.0] in [one.get("TokenRefused") for one in told]
    assert not any("ApplyStopped" in one for one in told)
