"""The stack's functions in this process, over an in-process cloud and the sandbox: from a first night
to a changed property and one send, as `make e2e` does it over a real deployment."""

import base64
import hmac
import importlib
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2] / "infra"))
from cost import ASSUMED
from e2e_shop import SECRET, TOKEN, order, prepared
from units import counted

import connectors
from connectors.sandbox import ledger
from connectors.sandbox.server import Running, running
from functions.cloud.table import definition
from functions.door.hearing import letter
from functions.door.keeping import leaving, stale
from personalization.connector import Request
from personalization.errors import Retry, TokenRefused

CONTEXT = SimpleNamespace(get_remaining_time_in_millis=lambda: 900_000)
PORTAL = {"connector": "hubspot", "account": "main"}
FUNCTIONS = ("webhook", "take_in", "tick", "apply", "night", "decision")
SECRETS = {"webhook": {"SHOPIFY_SECRET": SECRET}, "apply": {"HUBSPOT_TOKEN": TOKEN},
           "decision": {"DECISION_KEY": "key of the site"}}  # fmt: skip


@dataclass
class Cloud:
    """The account, as the functions see it."""

    monkeypatch: pytest.MonkeyPatch
    sandbox: Running
    queues: dict[str, str]
    sqs: Any

    def call(self, name: str, event: Any) -> Any:
        """A function, in its own environment."""
        for variable, value in {"SECRET": name, "QUEUE": self.queues["APPLY_HUBSPOT"]}.items():
            self.monkeypatch.setenv(variable, value)
        if name == "webhook":
            self.monkeypatch.setenv("QUEUE", self.queues["INBOX"])
        return importlib.import_module(f"functions.{name}").handler(event, CONTEXT)

    def drain(self, queue: str, name: str) -> int:
        """Gives what a queue holds to its function; returns how many messages there were."""
        told = self.sqs.receive_message(QueueUrl=self.queues[queue], MaxNumberOfMessages=10,
                                        AttributeNames=["All"]).get("Messages", [])  # fmt: skip
        if not told:
            return 0
        records = [{"messageId": one["MessageId"], "receiptHandle": one["ReceiptHandle"],
                    "body": one["Body"], "attributes": one["Attributes"]} for one in told]  # fmt: skip
        assert self.call(name, {"Records": records})["batchItemFailures"] == []
        for one in told:
            self.sqs.delete_message(QueueUrl=self.queues[queue], ReceiptHandle=one["ReceiptHandle"])
        return len(told)

    def bodies(self, queue: str) -> list[str]:
        """What a queue holds."""
        told = self.sqs.receive_message(QueueUrl=self.queues[queue], MaxNumberOfMessages=10)
        return [one["Body"] for one in told.get("Messages", [])]

    def night(self) -> None:
        """The steps of the nightly run, in their order."""
        portal = {"connector": "hubspot", "account": "main"}
        assert self.call("apply", portal)["done"] is True
        for step in ("compact", "facts"):
            self.call("night", {"do": step})
        told = self.call("night", {"do": "begin_plan", **portal})
        with pytest.raises(Retry, match="not decided yet"):
            self.call("night", {"do": "finish_plan", **portal, "plan": told["plan"]})
        for _ in range(2):  # a step that is made again does nothing twice
            for group in told["groups"]:
                self.call("night", group)
        done = self.call("night", {"do": "finish_plan", **portal, "plan": told["plan"]})
        assert done["parked"] == []

    def shopify(self, told: object, secret: str = SECRET) -> int:
        """A call of the API, as the gateway hands it on."""
        body = json.dumps(told)
        signed = base64.b64encode(hmac.digest(secret.encode(), body.encode(), "sha256")).decode()
        return self.call("webhook", {
            "rawPath": "/hooks/shopify/main", "rawQueryString": "", "body": body,
            "headers": {"x-shopify-hmac-sha256": signed, "x-shopify-topic": "orders/create"},
            "requestContext": {"domainName": "api.example.com", "http": {"method": "POST"},
                               "timeEpoch": 1_700_000_000_000},
        })["statusCode"]  # fmt: skip

    def sends(self) -> int:
        """How often the portal was told to send."""
        return len(ledger.effects(self.sandbox.entries, ["event_sent"]))


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    import boto3

    pytest.importorskip("moto", reason="the emulator of AWS is not installed")
    from moto import mock_aws

    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws(), running() as sandbox:
        shop = prepared(tmp_path / "shop", sandbox)
        boto3.client("dynamodb").create_table(**{
            name: value for name, value in definition("table").items()
            if name not in ("PointInTimeRecoverySpecification", "SSESpecification",
                            "DeletionProtectionEnabled")})  # fmt: skip
        boto3.client("s3").create_bucket(Bucket="bucket")
        sqs = boto3.client("sqs")
        queues = {name: sqs.create_queue(QueueName=name)["QueueUrl"]
                  for name in ("INBOX", "APPLY_HUBSPOT", "DEAD")}  # fmt: skip
        for name, values in SECRETS.items():
            boto3.client("secretsmanager").create_secret(Name=name, SecretString=json.dumps(values))
        for name, value in {"TABLE": "table", "BUCKET": "bucket", "SHOP": str(shop.folder),
                            **queues}.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        forget()
        yield Cloud(monkeypatch, sandbox, queues, sqs)
        forget()


def forget() -> None:
    """What a process keeps between calls: each test is a process of its own."""
    names = ("stack.clients.client", "stack.folder.settings", "stack.store.desk",
             "stack.store.opened", "stack.shop.playbook", "stack.shop.shop", "webhook.secrets",
             "webhook.ear", "apply.secrets", "decision.secrets", "decision.counter")  # fmt: skip
    for name in names:
        module, _, kept = name.rpartition(".")
        getattr(importlib.import_module(f"functions.{module}"), kept).cache_clear()


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
    assert cloud.call("apply", PORTAL)["done"] is True
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
        importlib.import_module("functions.apply").handler(PORTAL, CONTEXT)
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [1.0] in [one.get("TokenRefused") for one in told]
    assert not any("ApplyStopped" in one for one in told)
