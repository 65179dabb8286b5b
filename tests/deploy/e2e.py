"""`make e2e`: the template is linted, built and deployed to an emulator on this machine, and then
used over HTTP as a shop would. It needs no account; what the emulator cannot tell (permissions,
limits, what a bundle lacks) `tests/deploy` holds the template and the bundles to.
"""

import json
import shutil
import sys
import time
from collections.abc import Callable

from e2e_shop import SECRET, TOKEN, order, prepared
from e2e_stack import HERE, SAM, Stack, deploy, emulator, environment, run, until

from connectors.sandbox import ledger
from connectors.sandbox.server import Running, running

BEGUN = time.monotonic()


def say(what: str) -> None:
    """A line of progress."""
    print(f"{time.monotonic() - BEGUN:6.1f} s  {what}", flush=True)


def lint() -> None:
    """The linters. Each check that is skipped has its reason beside it in the template."""
    run(SAM / "sam", "validate", "--lint")
    run(SAM / "cfn-lint", "template.yaml")
    run(SAM / "checkov", "-f", "template.yaml", "--framework", "cloudformation", "--compact",
        "--quiet", "--skip-download")  # fmt: skip
    say("linted: sam validate, cfn-lint, checkov")


def main() -> None:
    """All of it, in order; the first thing that is not as it should be ends it."""
    shutil.rmtree(HERE, ignore_errors=True)
    HERE.mkdir(parents=True)
    if "--no-lint" not in sys.argv:
        lint()
    with running() as sandbox, emulator() as endpoint:
        shop = prepared(HERE / "shop", sandbox)
        run(SAM / "sam", "build", env=environment(SHOP=str(shop.folder)))
        say("built")
        stack = deploy(endpoint, "shop", "Timers=DISABLED")
        stack.put_secret("WebhookSecret", SHOPIFY_SECRET=SECRET)
        stack.put_secret("HubSpotSecret", HUBSPOT_TOKEN=TOKEN)
        stack.put_secret("DecisionSecret", DECISION_KEY="key of the site")
        say("deployed")
        try:
            for check in CHECKS:
                check(stack, sandbox)
                say(check.__doc__ or check.__name__)
        except BaseException:
            print("\n".join(stack.said()))
            raise
    say("all as it should be")


def first_night(stack: Stack, sandbox: Running) -> None:
    """the first night pulls the portal and makes our properties there"""
    done = night(stack)
    assert done["status"] == "SUCCEEDED", done
    until(lambda: ledger.effects(sandbox.entries, ["property_created"]), 120,
          "no property was made in the portal")  # fmt: skip
    idle(stack)


def an_order(stack: Stack, sandbox: Running) -> None:
    """a signed order becomes a changed property and one triggered send"""
    assert stack.shopify("orders/create", order(1), "a guess") == 401
    assert stack.shopify("orders/create", order(1), SECRET) == 200
    until(lambda: sandbox_sends(sandbox), 120, "nothing was sent")
    idle(stack)
    assert len(sandbox_sends(sandbox)) == 1
    assert "Thank you" in json.dumps(ledger.effects(sandbox.entries)), "no property was changed"
    assert stack.shopify("orders/create", order(1), SECRET) == 200  # as senders do
    idle(stack)
    stack.function("Tick")
    idle(stack)
    assert len(sandbox_sends(sandbox)) == 1


def a_decision(stack: Stack, _sandbox: Running) -> None:
    """the decision API tells what they are shown, to who has the key"""
    path = "/v1/contacts/email:p1@example.com/decision"
    assert stack.call("GET", path)[0] == 401
    status, body = stack.call("GET", path, Authorization="Bearer key of the site")
    assert status == 200, (status, body)
    assert "buyers" in json.loads(body)["segments"], body


def a_poisoned_message(stack: Stack, _sandbox: Running) -> None:
    """a message that cannot be read is set aside with its reason"""
    stack.client("sqs").send_message(QueueUrl=stack.outputs["InboxQueue"], MessageBody="{poison")
    (letter,) = until(lambda: stack.messages("InboxDead"), 60, "nothing was set aside")
    assert "cannot be read" in letter["MessageAttributes"]["reason"]["StringValue"]


def a_second_deployment(stack: Stack, _sandbox: Running) -> None:
    """a second deployment changes nothing"""
    cloud = stack.client("cloudformation")
    before = {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in
              cloud.describe_stack_resources(StackName=stack.name)["StackResources"]}  # fmt: skip
    said = run(SAM / "sam", "deploy", "--stack-name", stack.name, "--resolve-s3", "--region",
               "us-east-1", "--no-confirm-changeset", "--no-fail-on-empty-changeset",
               "--capabilities", "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND",
               "--parameter-overrides", "Timers=DISABLED", env=environment(stack.endpoint))  # fmt: skip
    after = {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in
             cloud.describe_stack_resources(StackName=stack.name)["StackResources"]}  # fmt: skip
    assert before == after, said


def deletion(stack: Stack, _sandbox: Running) -> None:
    """deleting the stack leaves what holds data, and nothing else"""
    table, bucket = stack.outputs["Table"], stack.outputs["Bucket"]
    stack.client("cloudformation").delete_stack(StackName=stack.name)
    until(lambda: not functions(stack), 120, "functions are left")
    assert table in stack.client("dynamodb").list_tables()["TableNames"]
    assert bucket in [one["Name"] for one in stack.client("s3").list_buckets()["Buckets"]]


def functions(stack: Stack) -> list[str]:
    """The stack's functions."""
    found = stack.client("lambda").list_functions()["Functions"]
    return [one["FunctionName"] for one in found if one["FunctionName"].startswith(stack.name)]


def night(stack: Stack) -> dict[str, str]:
    """One nightly run, to its end."""
    steps = stack.client("stepfunctions")
    begun = steps.start_execution(stateMachineArn=stack.outputs["Nightly"], input="{}")

    def ended() -> dict[str, str] | None:
        found = steps.describe_execution(executionArn=begun["executionArn"])
        return None if found["status"] == "RUNNING" else found

    return until(ended, 300, "the nightly run does not end")


def idle(stack: Stack) -> None:
    """Waits until no queue has a message."""
    sqs, names = stack.client("sqs"), ("InboxQueue", "HubSpotQueue")
    asked = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]

    def empty() -> bool:
        told = [sqs.get_queue_attributes(QueueUrl=stack.resource(one), AttributeNames=asked)
                ["Attributes"] for one in names]  # fmt: skip
        return not any(int(number) for one in told for number in one.values())

    until(empty, 120, "messages wait")


def sandbox_sends(sandbox: Running) -> list[object]:
    """What the portal was told to send."""
    return ledger.effects(sandbox.entries, ["event_sent"])


CHECKS: tuple[Callable[[Stack, Running], None], ...] = (
    first_night, an_order, a_decision, a_poisoned_message, a_second_deployment, deletion,
)  # fmt: skip

if __name__ == "__main__":
    main()
