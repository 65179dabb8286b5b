"""A deployed stack in this process, as somebody has it who works on it from outside: its functions run
over an emulated account, what CloudFormation says of it is written here, and the command line is
told its name. The folder of this machine is a copy of the deployed one."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from connectors.sandbox.server import Running, running
from functions.cli.main import app
from functions.cloud.table import definition
from functions.stack.clients import client
from functions.stack.shop import told
from tests.cloud.shelves import clients
from tests.deploy.test_stack_way import Cloud, forget
from tests.functions.conftest import Said

NAME = "corner-shop"
ACCOUNT = "210987654321"
TOKEN = "pat-eu1-00000000-1111-2222-3333-444444444444"
SECRET = "hush of the shop"
SECRETS = {"webhook": {"SHOPIFY_SECRET": SECRET}, "apply": {"HUBSPOT_TOKEN": TOKEN},
           "decision": {"DECISION_KEY": "key of the site"}}  # fmt: skip
SETTINGS = """
playbook = "playbook"
[destination.hubspot.main]
token = "env:HUBSPOT_TOKEN"
url = "{url}"
look_up = 0
consent = {{marketing = 1001}}
[webhook.shopify.main]
secret = "env:SHOPIFY_SECRET"
currency = "EUR"
[serve]
key = "env:DECISION_KEY"
"""
PLAYBOOK = """
name: corner
currency: EUR
zone: Europe/Berlin
traits:
  orders_90d: {count: order, window: 90d}
segments:
  buyers: {when: orders_90d >= 1}
stages: [buyers]
messages:
  thanks: {for: buyers, fields: {HEADLINE: "Thank you"}}
slots:
  hero: {messages: [thanks], fields: [HEADLINE]}
fields:
  HEADLINE: {fallback: Hello, label: Headline}
triggers:
  bought: {after: order, send: thanks, by: event}
limits: {holdout: 0%, new_fields: 0}
"""
"""No new field without a person: the first night is parked."""


@dataclass
class Outside:
    """A person with credentials, the stack's name and a folder. `said` is what CloudFormation
    answers; `refused` are operations that these credentials may not."""

    cloud: Cloud
    folder: Path
    said: dict[str, Any]
    refused: set[str] = field(default_factory=set)

    def __call__(self, *words: str, code: int | None = 0) -> Said:
        """Runs a command on the stack."""
        given = ["-c", str(self.folder / "ofone.toml"), "--stack", NAME, *words]
        done = CliRunner().invoke(app, given)
        crashed = done.exception is not None and not isinstance(done.exception, SystemExit)
        assert not crashed, done.exception
        said = Said(done.exit_code, done.stdout, done.stderr)
        assert code is None or said.code == code, (said.code, said.out, said.err)
        assert ACCOUNT not in said.out + said.err
        return said

    def json(self, *words: str, code: int | None = 0) -> Any:
        """Runs a command with --json."""
        return self(*words, "--json", code=code).json

    def edit(self, old: str, new: str, name: str = "playbook/playbook.yaml") -> None:
        """Changes a file of this machine. What is deployed was read before, and stays."""
        file = self.folder / name
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new))

    def answer(self, model: Any, **_: Any) -> Any:
        """What the account says to a call, where the emulator does not: None lets it answer."""
        if model.name in self.refused:
            who = f"User: arn:aws:iam::{ACCOUNT}:user/somebody is not authorized to perform: "
            action = f"{model.service_model.signing_name}:{model.name}"
            return answered(400, Error={"Code": "AccessDeniedException", "Message": who + action})
        if model.name != "DescribeStacks":
            return None
        return answered(200 if "Stacks" in self.said else 400, **self.said)


def answered(status: int, **parsed: Any) -> tuple[Any, dict[str, Any]]:
    """An answer as the client hands it on."""
    return SimpleNamespace(status_code=status), {**parsed, "ResponseMetadata": {"HTTPHeaders": {}}}


def empty(sandbox: Running, folder: Path) -> dict[str, str]:
    """The account before anything ran: table, bucket, queues and secrets; the shop's folder and its
    portal. Returns what the functions find in their environment."""
    import boto3

    (folder / "playbook").mkdir(parents=True)
    (folder / "playbook" / "playbook.yaml").write_text(PLAYBOOK)
    (folder / "ofone.toml").write_text(SETTINGS.format(url=sandbox.url))
    sandbox.control("clock", now=datetime.now(UTC).isoformat(timespec="seconds"))
    sandbox.control("hubspot/settings", limits={"time": "off"})
    people = [{"email": f"p{n}@example.com", "subscribed": [1001]} for n in range(3)]
    sandbox.control("hubspot/contacts", contacts=people)
    unknown = ("PointInTimeRecoverySpecification", "SSESpecification", "DeletionProtectionEnabled")
    boto3.client("dynamodb").create_table(**{
        name: value for name, value in definition("table").items() if name not in unknown
    })  # fmt: skip
    boto3.client("s3").create_bucket(Bucket="bucket")
    for name, values in SECRETS.items():
        boto3.client("secretsmanager").create_secret(Name=name, SecretString=json.dumps(values))
    sqs = boto3.client("sqs")
    queues = {name: sqs.create_queue(QueueName=name)["QueueUrl"]
              for name in ("INBOX", "APPLY_HUBSPOT", "DEAD")}  # fmt: skip
    return {"TABLE": "table", "BUCKET": "bucket", "SHOP": str(folder), **queues}


def described(queues: dict[str, str]) -> dict[str, Any]:
    """What CloudFormation says of the stack."""
    import boto3

    nightly = boto3.client("stepfunctions").create_state_machine(
        name="nightly", definition='{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}',
        roleArn=f"arn:aws:iam::{ACCOUNT}:role/nightly")  # fmt: skip
    outputs = {
        "Table": "table", "Bucket": "bucket", "InboxQueue": queues["INBOX"],
        "InboxDead": queues["DEAD"], "HubSpotQueue": queues["APPLY_HUBSPOT"],
        "WebhookSecret": "webhook", "HubSpotSecret": "apply", "DecisionSecret": "decision",
        "Nightly": nightly["stateMachineArn"],
    }  # fmt: skip
    return {"StackStatus": "CREATE_COMPLETE", "CreationTime": datetime(2026, 1, 1, tzinfo=UTC),
            "Outputs": [{"OutputKey": key, "OutputValue": value}
                        for key, value in outputs.items()]}  # fmt: skip


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Outside]:
    pytest.importorskip("moto", reason="the emulator of AWS is not installed")
    import boto3
    from moto import mock_aws

    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws(), running() as sandbox:
        clients()  # an emulator that remembers less, and is the faster for it
        given = empty(sandbox, tmp_path / "deployed")
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        shutil.copytree(tmp_path / "deployed", tmp_path / "here")
        forget()
        told.cache_clear()
        cloud = Cloud(monkeypatch, sandbox, given, boto3.client("sqs"))
        found = Outside(cloud, tmp_path / "here", {"Stacks": [described(given)]})
        for service in ("cloudformation", "secretsmanager"):
            client(service).meta.events.register("before-call", found.answer)
        yield found
        forget()
        told.cache_clear()
