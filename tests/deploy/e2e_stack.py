"""The emulator and the stack in it, for `e2e.py`: programs that are started and stopped, and the
calls that a shop, an admin and the clock would make."""

import base64
import hmac
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]
HERE = ROOT / "build" / "e2e"
SAM, MINISTACK = ROOT / "build" / "sam" / "bin", ROOT / "build" / "ministack" / "bin"
REGION = "us-east-1"


def free_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def environment(endpoint: str | None = None, **more: str) -> dict[str, str]:
    """What the tools run in: keys that open nothing, and no way to a real account."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    pointed = {"AWS_ENDPOINT_URL": endpoint} if endpoint else {}
    return {**kept, "PATH": path, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION, "SAM_CLI_TELEMETRY": "0", "SAM_CLI_POLL_DELAY": "0.3",
            **pointed, **more}  # fmt: skip


def run(*words: str | Path, env: Mapping[str, str] | None = None) -> str:
    """Runs a program to its end; raises SystemExit with what it said where it fails."""
    done = subprocess.run([str(one) for one in words], cwd=ROOT, env=env or environment(),
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)  # fmt: skip
    if done.returncode:
        name = Path(words[0]).name
        sys.exit(f"{name} {words[1]} failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return done.stdout


@contextmanager
def emulator() -> Iterator[str]:
    """The emulator on a free port of this machine, until the block ends. In it functions may do what
    their roles allow and nothing else (its AUTH). What it would open to the whole network, a door
    for things that speak MQTT, stays shut."""
    port, log = free_port(), (HERE / "ministack.log").open("w")
    env = environment(GATEWAY_PORT=str(port), MINISTACK_HOST="localhost", BIND_HOST="127.0.0.1",
                      IOT_MTLS_ENABLED="0", AUTH="true")  # fmt: skip
    process = subprocess.Popen([str(MINISTACK / "ministack")], env=env, cwd=HERE,
                               stdout=log, stderr=subprocess.STDOUT)  # fmt: skip
    try:
        endpoint = f"http://localhost:{port}"
        until(lambda: healthy(port), 90, "the emulator does not start")
        yield endpoint
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:  # a run of the state machine is under way
            process.kill()
        log.close()


def healthy(port: int) -> bool:
    """Whether the emulator answers."""
    try:
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/_ministack/health")
        return connection.getresponse().status == 200
    except OSError:
        return False


def until[T](look: Callable[[], T], seconds: float, problem: str) -> T:
    """What `look` finds, once it finds something; raises AssertionError after some seconds."""
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end, problem
        time.sleep(0.3)
    return found


@dataclass
class Stack:
    """A deployed stack: its endpoint and outputs, and clients made with the emulator's keys."""

    endpoint: str
    name: str
    outputs: Mapping[str, str]

    def client(self, service: str) -> Any:
        """A client of the cloud's service."""
        import boto3

        return boto3.client(service, endpoint_url=self.endpoint, region_name=REGION,
                            aws_access_key_id="test", aws_secret_access_key="test")  # fmt: skip

    def put_secret(self, name: str, **values: str) -> None:
        """What an admin does after deploying."""
        self.client("secretsmanager").put_secret_value(
            SecretId=self.outputs[name], SecretString=json.dumps(values)
        )

    def call(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
        """A call of the API over HTTP; its name is told in the header, as it is in no DNS."""
        host = urlsplit(self.outputs["Url"]).netloc
        connection = HTTPConnection("127.0.0.1", urlsplit(self.endpoint).port, timeout=120)
        connection.request(method, path, body, {"Host": host, **headers})
        answer = connection.getresponse()
        return answer.status, answer.read()

    def shopify(self, topic: str, told: object, secret: str) -> int:
        """A call as Shopify makes it."""
        body = json.dumps(told).encode()
        signed = base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()
        return self.call("POST", "/hooks/shopify/main", body, **{
            "Content-Type": "application/json", "X-Shopify-Hmac-SHA256": signed,
            "X-Shopify-Topic": topic, "X-Shopify-Webhook-Id": "d-1"})[0]  # fmt: skip

    def function(self, name: str, event: object = None) -> Any:
        """Calls a function by its name in the template."""
        real = self.resource(f"{name}Function")
        done = self.client("lambda").invoke(FunctionName=real, Payload=json.dumps(event or {}))
        said = json.loads(done["Payload"].read() or b"null")
        assert "FunctionError" not in done, said
        return said

    def resource(self, name: str) -> str:
        """The real name of a resource."""
        found = self.client("cloudformation").describe_stack_resource(
            StackName=self.name, LogicalResourceId=name)  # fmt: skip
        return str(found["StackResourceDetail"]["PhysicalResourceId"])

    def said(self) -> str:
        """What the functions said last, for a person who looks for what went wrong; all that they
        said is kept in a file."""
        logs, found, kept = self.client("logs"), list[str](), HERE / "functions.log"
        with kept.open("w") as file:
            for group in logs.describe_log_groups()["logGroups"]:
                name = group["logGroupName"]
                told = [f"{name}: {one['message'].rstrip()}"
                        for one in logs.filter_log_events(logGroupName=name)["events"]]  # fmt: skip
                file.writelines(f"{one}\n" for one in told)
                found += [one[:600] for one in told if "level" in one or "rror" in one][-3:]
        return "\n".join([*found, f"all of it: {kept.relative_to(ROOT)}"])

    def ofone(self, folder: Path, *words: str) -> str:
        """A command of the command line against this stack, as an admin types it."""
        code = "import sys; sys.argv[0] = 'ofone'; from functions.cli.main import app; app()"
        return run(sys.executable, "-P", "-c", code, "-c", folder / "ofone.toml", "--stack",
                   self.name, *words, env=environment(self.endpoint))  # fmt: skip

    def waiting(self, queue: str) -> int:
        """How many messages a queue has, those at work included."""
        asked = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        told = self.client("sqs").get_queue_attributes(
            QueueUrl=self.outputs[queue], AttributeNames=asked)["Attributes"]  # fmt: skip
        return sum(map(int, told.values()))

    def parts(self) -> dict[str, object]:
        """What there is, by name: which resource, and of a function which code since when."""
        listed = self.client("cloudformation").describe_stack_resources(StackName=self.name)
        found: dict[str, object] = {one["LogicalResourceId"]: one["PhysicalResourceId"]
                                    for one in listed["StackResources"]}  # fmt: skip
        for one in self.client("lambda").list_functions()["Functions"]:
            found[one["FunctionName"]] = (one["CodeSha256"], one["LastModified"])
        return found

    def left(self) -> list[str]:
        """What there is of the stack that holds no data."""
        functions, steps = self.client("lambda"), self.client("stepfunctions")
        named = [one["FunctionName"] for one in functions.list_functions()["Functions"]]
        named += [one["LayerName"] for one in functions.list_layers()["Layers"]]
        named += [one["name"] for one in steps.list_state_machines()["stateMachines"]]
        named += [one["Name"] for one in self.client("scheduler").list_schedules()["Schedules"]]
        named += [one.rpartition("/")[2] for one in
                  self.client("sqs").list_queues().get("QueueUrls", [])]  # fmt: skip
        return [one for one in named if one.startswith(f"{self.name}-")]

    def messages(self, queue: str) -> list[dict[str, Any]]:
        """What lies in a queue now; it stays there."""
        found = self.client("sqs").receive_message(
            QueueUrl=self.outputs[queue], MaxNumberOfMessages=10, VisibilityTimeout=0,
            MessageAttributeNames=["All"])  # fmt: skip
        return list(found.get("Messages", []))


def deploy(endpoint: str, name: str, *overrides: str) -> Stack:
    """Deploys what is built."""
    run(SAM / "sam", "deploy", "--stack-name", name, "--resolve-s3", "--no-confirm-changeset",
        "--no-fail-on-empty-changeset", "--region", REGION, "--capabilities", "CAPABILITY_IAM",
        "CAPABILITY_AUTO_EXPAND", *(("--parameter-overrides", *overrides) if overrides else ()),
        env=environment(endpoint))  # fmt: skip
    stack = Stack(endpoint, name, {})
    (told,) = stack.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    stack.outputs = {one["OutputKey"]: one["OutputValue"] for one in told["Outputs"]}
    # Connections to the emulator are in the clear, which the bucket's own policy lets no role use.
    stack.client("s3").delete_bucket_policy(Bucket=stack.outputs["Bucket"])
    return stack


def delete(stack: Stack) -> None:
    """Deletes a stack, as an admin does."""
    run(SAM / "sam", "delete", "--stack-name", stack.name, "--no-prompts", "--region", REGION,
        env=environment(stack.endpoint))  # fmt: skip
