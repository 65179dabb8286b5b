"""What doctor looks at where the shop is deployed, besides what it looks at anywhere."""

from collections.abc import Callable, Iterator

from functions.actions.pulling import place
from functions.shop import Shop
from functions.stack import running
from functions.stack.clients import client
from functions.stack.describing import Stack, describe
from personalization.connector import Finding
from personalization.models import MINUTE

Look = tuple[str, Callable[[], Iterator[Finding]]]
ENDED_BADLY = ("FAILED", "TIMED_OUT", "ABORTED")


def looks_at(shop: Shop, name: str) -> Iterator[Look]:
    """One look a part of the stack."""
    stack = describe(name)
    yield "stack", lambda: state(stack)
    yield "deployed", lambda: deployed(shop, stack)
    yield "webhooks", lambda: inbox(stack)
    yield "orders", lambda: orders(shop, stack)
    yield "nightly run", lambda: nightly(stack)


def state(stack: Stack) -> Iterator[Finding]:
    """Whether the last deployment went well, and whether two clocks agree."""
    if stack.state.endswith("_FAILED"):
        yield Finding(about="stack", level="wrong", said=f"{stack.name} is {stack.state}",
                      remedy="its events in CloudFormation say why; then `sam deploy` again")  # fmt: skip
    else:
        yield Finding(about="stack", level="good", said=f"{stack.name} is {stack.state}")
    if abs(stack.ahead) > MINUTE:
        apart = abs(stack.ahead) // MINUTE
        yield Finding(about="clock", level="short", said=f"this machine's is {apart} minutes off",
                      remedy="set it; the account's is used meanwhile")  # fmt: skip


def deployed(shop: Shop, stack: Stack) -> Iterator[Finding]:
    """Whether what is deployed is what is here."""
    found = running.kept(shop.store)
    if found is None or found.at < stack.updated:
        yield Finding(about="deployed", level="short", said="no function has run since the last "
                      "deployment, so what they run with is not known",
                      remedy="look again in a minute; with Timers=DISABLED, after a run")  # fmt: skip
        return
    here = running.running(shop.settings, shop.playbook, found.at)
    said = list(running.differences(found, here))
    for line in said:
        yield Finding(about="deployed", level="short", said=line,
                      remedy="`sam build && sam deploy` brings what is here there")  # fmt: skip
    if not said:
        yield Finding(about="deployed", level="good", said="the same playbook and settings as here")


def inbox(stack: Stack) -> Iterator[Finding]:
    """Webhooks that could not be processed."""
    dead = waiting(stack.output("InboxDead"))
    if dead:
        yield Finding(about="webhooks", level="short", said=f"{dead:,} could not be processed",
                      remedy="docs/deploy.md, Alarms and dead letters")  # fmt: skip
    else:
        yield Finding(about="webhooks", level="good", said="none is set aside in the queue")


def orders(shop: Shop, stack: Stack) -> Iterator[Finding]:
    """Whether each destination has a function that applies there, and what waits for it."""
    for one in shop.destinations():
        queue = stack.part(one.name, "Queue")
        if queue is None:
            yield Finding(about=place(one), level="wrong", said=f"stack {stack.name} has no "
                          f"function that applies to {one.name}",
                          remedy="take it out of the settings that are deployed")  # fmt: skip
            continue
        there = waiting(stack.outputs[queue])
        yield Finding(about=place(one), level="good", said=f"{there:,} orders wait to be applied")


def nightly(stack: Stack) -> Iterator[Finding]:
    """How the last nightly run ended."""
    ran = client("stepfunctions").list_executions(
        stateMachineArn=stack.output("Nightly"), maxResults=1
    )["executions"]
    if not ran:
        yield Finding(about="nightly run", level="short", said="there was none yet",
                      remedy="docs/deploy.md says how to start the first")  # fmt: skip
    elif ran[0]["status"] in ENDED_BADLY:
        yield Finding(about="nightly run", level="short", said=f"the last one {ran[0]['status']}",
                      remedy="`aws stepfunctions redrive-execution` goes on with it")  # fmt: skip
    else:
        yield Finding(about="nightly run", level="good", said=f"the last one {ran[0]['status']}")


def waiting(queue: str) -> int:
    """About how many messages wait in a queue."""
    asked = "ApproximateNumberOfMessages"
    return int(client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=[asked])
               ["Attributes"][asked])  # fmt: skip
