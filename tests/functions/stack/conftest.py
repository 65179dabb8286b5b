"""A deployed stack in this process, as somebody has it who works on it from outside: its functions run
over an emulated account, what CloudFormation says of it is written here, and the command line is
told its name. The folder of this machine is a copy of the deployed one."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from functions.cli.main import app
from functions.stack.clients import client
from functions.stack.shop import told
from tests.deploy.emulated import Cloud, account, forget, furnished
from tests.deploy.laid import laid
from tests.functions.conftest import Said

NAME = "corner-shop"
ACCOUNT = "210987654321"
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
    with account(monkeypatch) as sandbox:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        laid(tmp_path / "deployed", sandbox, PLAYBOOK, "EUR", 3, now)
        cloud = furnished(monkeypatch, sandbox, tmp_path / "deployed")
        shutil.copytree(tmp_path / "deployed", tmp_path / "here")
        forget()
        told.cache_clear()
        found = Outside(cloud, tmp_path / "here", {"Stacks": [described(cloud.queues)]})
        for service in ("cloudformation", "secretsmanager"):
            client(service).meta.events.register("before-call", found.answer)
        yield found
        forget()
        told.cache_clear()
