"""`make e2e`: the template is linted, built and deployed to an emulator on this machine, and then
used over HTTP as a shop would. It needs no account; what the emulator cannot tell (permissions,
limits, what a bundle lacks) `tests/deploy` holds the template and the bundles to.
"""

import json
import shutil
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property

from e2e_build import build, held, lint
from e2e_grocery import exported, laid, members
from e2e_night import grouped, night, stopped
from e2e_shop import KEY, Shop, cart, changed, moment, order, parcel, prepared
from e2e_stack import HERE, Stack, delete, deploy, emulator, until
from e2e_twin import opened, same_bytes

from connectors.sandbox import ledger
from connectors.sandbox.server import Running, running
from functions.cloud.store import CloudStore
from tests.deploy.laid import SECRET
from tests.functions.portal import TOKEN

GROUPS = "GroupEvents=1500"
"""A few groups of contacts instead of one."""
LEFT = 60
"""Seconds that a cart's moment is still away when we tell of the cart: more than taking it in takes."""
QUEUES = ("InboxQueue", "HubSpotQueue", "MailchimpQueue")
BEGUN = time.monotonic()


def say(what: str) -> None:
    """A line of progress."""
    print(f"{time.monotonic() - BEGUN:6.1f} s  {what}", flush=True)


def main() -> None:
    """All of it, in order; the first thing that is not as it should be ends it."""
    shutil.rmtree(HERE, ignore_errors=True)
    HERE.mkdir(parents=True)
    began = moment(3600)
    with running() as sandbox, emulator() as endpoint, ThreadPoolExecutor(1) as pool:
        linting = pool.submit(lint)
        shop = prepared(HERE / "shop", sandbox, True, began)
        events = exported(HERE / "year", HERE / "shop" / "export")
        households = members(HERE / "shop" / "export", sandbox, began)
        say(f"a grocer's files: {events} events, {households} households to write to")
        build(shop)
        say("built")
        stack = deploy(endpoint, "shop", "Timers=DISABLED", GROUPS)
        stack.put_secret("WebhookSecret", SHOPIFY_SECRET=SECRET)
        stack.put_secret("HubSpotSecret", HUBSPOT_TOKEN=TOKEN)
        stack.put_secret("MailchimpSecret", MAILCHIMP_KEY=KEY)
        stack.put_secret("DecisionSecret", DECISION_KEY="key of the site")
        say("deployed")
        say(linting.result())
        checked(Try(stack, sandbox, shop, began, households))
    say(held())  # once the machine has nothing else to do for this test
    say("all as it should be")


@dataclass
class Try:
    """What each check works on: the stack, the outside world, the shop's folder, when the sandbox's
    clock stood still, how many households may be written to, and the first night's plans."""

    stack: Stack
    sandbox: Running
    shop: Shop
    began: str
    households: int
    plans: list[str] = field(default_factory=list)

    @cached_property
    def store(self) -> CloudStore:
        """The deployed store, as somebody has it who works on it from outside."""
        return opened(self.stack, HERE / "desk")

    def state(self, plan: str) -> str:
        """What has become of a plan."""
        return (self.store.plan(plan) or ("",))[0]


def first_night(it: Try) -> str:
    """the first night pulls files, portal and audience; beyond its limits it parks and writes nothing"""
    laid(it.stack, it.shop.folder / "export")
    done = night(it.stack)
    assert done["status"] == "SUCCEEDED", done
    came_to = json.loads(done["output"])
    planned = {one["destination"]: one for one in came_to["planned"]}
    assert planned["mailchimp/main"]["parked"], planned
    assert came_to["reported"]["it"]["reports"]["plans"].keys() == planned.keys()
    assert came_to["learnt"]["it"]["facts"] == came_to["facts"]["it"]["facts"]
    it.plans += [one["plan"] for one in planned.values()]
    groups = grouped(it.stack, done["executionArn"])
    assert len(groups) == len(planned)
    assert max(groups) > 1, groups
    idle(it.stack)
    assert not effects(it, "field_written"), "a parked plan was written"
    return f"groups of contacts: {groups}; " + "; ".join(planned["mailchimp/main"]["parked"])


def approval(it: Try) -> str:
    """approved from outside, the night goes on: the audience is updated"""
    for plan in it.plans:
        if it.state(plan) == "parked":
            it.stack.ofone(it.shop.folder, "approve", plan)
    until(lambda: all(it.state(one) == "applied" for one in it.plans), 900,
          "the plans are not applied")  # fmt: skip
    idle(it.stack)
    written = len({one["member"] for one in effects(it, "field_written")})
    assert written == it.households, f"{written} of {it.households} households were written to"
    assert effects(it, "property_created"), "no property was made in the portal"
    return f"{written} households"


def at_home(it: Try) -> str:
    """the same events at home end in the same bytes"""
    return same_bytes(it.store, it.sandbox, it.shop.folder / "export", it.plans, it.began)


def a_stopped_night(it: Try) -> str:
    """a night that is stopped in its middle, and the next one at once, write nothing again"""
    plans = stopped(it.stack, it.sandbox)
    assert all(it.state(one) == "applied" for one in plans), [it.state(one) for one in plans]
    return f"{len(plans)} plans"


def an_order(it: Try) -> None:
    """a signed order becomes a changed property and one triggered send"""
    assert it.stack.shopify("orders/create", order(1), "a guess") == 401
    assert it.stack.shopify("orders/create", order(1), SECRET) == 200
    until(lambda: effects(it, "event_sent"), 300, "nothing was sent")
    idle(it.stack)
    assert len(effects(it, "event_sent")) == 1
    assert "Thank you" in json.dumps(effects(it, "property_written")), "no property was changed"
    assert it.stack.shopify("orders/create", order(1), SECRET) == 200  # as senders do
    idle(it.stack)
    it.stack.function("Tick")
    idle(it.stack)
    assert len(effects(it, "event_sent")) == 1


def a_decision(it: Try) -> None:
    """the decision API tells what they are shown, to who has the key"""
    path = "/v1/contacts/email:p1@example.com/decision"
    assert it.stack.call("GET", path)[0] == 401
    assert "buyers" in json.loads(decision(it, 1))["segments"]


def poisoned_messages(it: Try) -> str:
    """what cannot be taken is set aside with its reason, costs its batch nothing, and is taken when replayed after the fix"""
    stack, name = it.stack, "inbox/lost.json"
    for body in ("{poison", json.dumps({"object": name})):
        stack.client("sqs").send_message(QueueUrl=stack.outputs["InboxQueue"], MessageBody=body)
    assert stack.shopify("orders/create", order(2), SECRET) == 200
    until(lambda: len(stack.messages("InboxDead")) == 2, 120, "nothing was set aside")
    reasons = sorted(one["MessageAttributes"]["reason"]["StringValue"]
                     for one in stack.messages("InboxDead"))  # fmt: skip
    assert f"{name} is not in the bucket" in reasons[1], reasons
    assert "Invalid JSON" in reasons[0], reasons
    until(lambda: b"buyers" in decision(it, 2), 120, "the message beside them was not taken")
    stack.client("s3").put_object(Bucket=stack.outputs["Bucket"], Key=name, Body=parcel(order(5)))
    assert "2 webhooks put back" in stack.ofone(it.shop.folder, "letters", "--replay")
    until(lambda: b"buyers" in decision(it, 5), 120, "it was not taken after the fix")
    until(lambda: len(stack.messages("InboxDead")) == 1, 120, "what is still wrong is still there")
    idle(stack)
    stack.function("Tick")  # what was due while another function was at work
    idle(stack)
    assert len(effects(it, "event_sent")) == 3, "of three orders each is thanked for once"
    return "; ".join(reasons)


def a_second_deployment(it: Try) -> None:
    """a second deployment changes nothing"""
    before = it.stack.parts()
    deploy(it.stack.endpoint, it.stack.name, "Timers=DISABLED", GROUPS)
    assert it.stack.parts() == before


def an_upgrade(it: Try) -> None:
    """a changed playbook is deployed and goes on; a cart's moment fires by the minute's schedule"""
    changed(it.shop)
    build(it.shop)
    deploy(it.stack.endpoint, it.stack.name, "Timers=ENABLED", GROUPS)
    sent, moment_at = len(effects(it, "event_sent")), time.time() + LEFT
    assert it.stack.shopify("checkouts/create", cart(3, 3600 - LEFT), SECRET) == 200
    assert it.stack.shopify("orders/create", order(4), SECRET) == 200
    until(lambda: "Thanks a lot" in json.dumps(effects(it, "property_written")), 300,
          "the new playbook's words are not written")  # fmt: skip
    until(lambda: len(effects(it, "event_sent")) > sent, 300, "the order was not thanked for")
    early = len(effects(it, "event_sent")) - sent
    assert early == 1 or time.time() > moment_at, "the cart's was sent before its moment"
    until(lambda: len(effects(it, "event_sent")) == sent + 2, 400, "the moment did not fire")


def deletion(it: Try) -> None:
    """`sam delete` leaves what holds data, and nothing else"""
    stack = it.stack
    table, bucket = stack.outputs["Table"], stack.outputs["Bucket"]
    assert stack.left(), "nothing to delete"
    delete(stack)
    assert not stack.left(), stack.left()
    assert table in stack.client("dynamodb").list_tables()["TableNames"]
    assert bucket in [one["Name"] for one in stack.client("s3").list_buckets()["Buckets"]]


def idle(stack: Stack) -> None:
    """Waits until no queue has a message."""
    until(lambda: not any(map(stack.waiting, QUEUES)), 300, "messages wait")


def decision(it: Try, n: int) -> bytes:
    """What the web site is told of customer n."""
    status, body = it.stack.call("GET", f"/v1/contacts/email:p{n}@example.com/decision",
                                 Authorization="Bearer key of the site")  # fmt: skip
    assert status == 200, (status, body)
    return body


def effects(it: Try, kind: str) -> list[ledger.Entry]:
    """What was done outside, of one kind."""
    return ledger.effects(it.sandbox.entries, [kind])


CHECKS: tuple[Callable[[Try], str | None], ...] = (
    first_night, approval, at_home, a_stopped_night, an_order, a_decision, poisoned_messages,
    a_second_deployment, an_upgrade, deletion,
)  # fmt: skip


def checked(it: Try) -> None:
    """Every check; where one fails, what the functions said is told too."""
    try:
        for check in CHECKS:
            said = check(it)
            say((check.__doc__ or check.__name__) + (f" ({said})" if said else ""))
    except BaseException:
        print(it.stack.said(), file=sys.stderr)
        raise


if __name__ == "__main__":
    main()
