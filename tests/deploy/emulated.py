"""The account of a deployed stack, emulated in this process, and the stack's functions over it."""

import base64
import hmac
import importlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from connectors.sandbox import ledger
from connectors.sandbox.server import Running, running
from functions.cloud.table import definition
from personalization.errors import Retry
from tests.cloud.shelves import clients
from tests.deploy.laid import SECRET
from tests.functions.portal import PLACE, TOKEN

CONTEXT = SimpleNamespace(get_remaining_time_in_millis=lambda: 900_000)
SECRETS = {"webhook": {"SHOPIFY_SECRET": SECRET}, "apply": {"HUBSPOT_TOKEN": TOKEN},
           "decision": {"DECISION_KEY": "key of the site"}}  # fmt: skip
UNKNOWN = ("PointInTimeRecoverySpecification", "SSESpecification", "DeletionProtectionEnabled")
"""What the emulator does not know of a table."""
KEPT = ("stack.clients.client", "stack.folder.settings", "stack.store.desk", "stack.store.opened",
        "stack.shop.playbook", "stack.shop.shop", "webhook.secrets", "webhook.ear",
        "apply.secrets", "decision.secrets", "decision.counter")  # fmt: skip
"""What a process keeps between calls: each test is a process of its own."""


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
        assert self.call("apply", PLACE)["done"] is True
        for step in ("compact", "facts"):
            self.call("night", {"do": step})
        told = self.call("night", {"do": "begin_plan", **PLACE})
        with pytest.raises(Retry, match="not decided yet"):
            self.call("night", {"do": "finish_plan", **PLACE, "plan": told["plan"]})
        for _ in range(2):  # a step that is made again does nothing twice
            for group in told["groups"]:
                self.call("night", group)
        done = self.call("night", {"do": "finish_plan", **PLACE, "plan": told["plan"]})
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


@contextmanager
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """An empty account, and a sandbox beside it. Nothing outside of it is answered for."""
    pytest.importorskip("moto", reason="the emulator of AWS is not installed")
    from moto import mock_aws

    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws(), running() as sandbox:
        clients()  # an emulator that remembers less, and is the faster for it
        yield sandbox


def furnished(monkeypatch: pytest.MonkeyPatch, sandbox: Running, folder: Path) -> Cloud:
    """The account before anything ran: table, bucket, queues and secrets, named in the environment
    as the functions find them there, with the shop's folder."""
    import boto3

    boto3.client("dynamodb").create_table(**{
        name: value for name, value in definition("table").items() if name not in UNKNOWN
    })  # fmt: skip
    boto3.client("s3").create_bucket(Bucket="bucket")
    for name, values in SECRETS.items():
        boto3.client("secretsmanager").create_secret(Name=name, SecretString=json.dumps(values))
    sqs = boto3.client("sqs")
    queues = {name: sqs.create_queue(QueueName=name)["QueueUrl"]
              for name in ("INBOX", "APPLY_HUBSPOT", "DEAD")}  # fmt: skip
    named = {"TABLE": "table", "BUCKET": "bucket", "SHOP": str(folder), **queues}
    for name, value in named.items():
        monkeypatch.setenv(name, value)
    return Cloud(monkeypatch, sandbox, queues, sqs)


def forget() -> None:
    """Empties what a process keeps between calls."""
    for name in KEPT:
        module, _, kept = name.rpartition(".")
        getattr(importlib.import_module(f"functions.{module}"), kept).cache_clear()
