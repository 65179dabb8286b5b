"""The functions that apply, one per destination: they take orders from their queue, and in the
nightly run they pull what has changed there. They load no engine and no playbook.

Only one works on a destination at a time (the store's lease). Work that is longer than a function
may live is laid into the queue again and goes on where it was."""

import json
import os
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from functions.door.telling import Line
from functions.stack.clients import client
from functions.stack.measuring import measure, say
from functions.stack.orders import unpacked
from functions.stack.outlines import keep
from functions.stack.pulling import pull_again
from functions.stack.secrets import Secrets
from functions.stack.store import clock, destination, opened
from functions.stack.times import OutOfTime, watch
from personalization.apply.readback import catch_up
from personalization.apply.report import Applied
from personalization.apply.run import apply_plan
from personalization.apply.standing import Known
from personalization.apply.write import Chosen, Work, everyone
from personalization.errors import Retry, Stop, TokenRefused
from personalization.models import OutboxRow
from personalization.pull import pull_destination
from personalization.store.protocol import Store

WHO = "the stack's apply"
AGAIN = 30
"""Seconds until an order comes again that met somebody at work."""


@lru_cache(maxsize=1)
def secrets() -> Secrets:
    """The destination's tokens."""
    return Secrets(client("secretsmanager"), os.environ["SECRET"])


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Orders of the queue, or one step of the nightly run."""
    secrets().fresh()
    in_time = watch(context)
    if "Records" not in event:
        try:
            return {**event, "done": pulled(event, in_time)}
        except Stop as problem:
            measure(kind_of(problem), 1)
            raise
    failed = []
    for record in event["Records"]:
        try:
            done(unpacked(record["body"], os.environ["BUCKET"]), in_time)
        except OutOfTime:
            client("sqs").send_message(QueueUrl=os.environ["QUEUE"], MessageBody=record["body"])
        except Retry as problem:
            note(json.loads(record["body"]), f"later: {problem}")
            put_off(record, problem.after or AGAIN)
            failed.append({"itemIdentifier": record["messageId"]})
        except Stop as problem:
            note(json.loads(record["body"]), f"stopped: {problem}")
            measure(kind_of(problem), 1)
    return {"batchItemFailures": failed}


def done(order: dict[str, Any], in_time: Callable[..., None]) -> None:
    """Carries an order out."""
    connector, account, store = order["connector"], order["account"], opened()
    outlet = destination(connector, account)
    with store.alone(f"{connector}/{account}", WHO):
        if order.get("catch_up"):
            catch_up(Work(store, outlet, "", clock()))
            return
        if order.get("pull"):
            pull_again(store, outlet, order["pull"], clock(), in_time)
            return
        if order.get("approved"):
            approve(store, order["plan"])
        found = store.plan(order["plan"])
        if found is None or found[0] in ("superseded", "building", "parked"):
            return  # something newer has taken its place
        work = Work(store, outlet, order["plan"], clock(), chosen(order), order["keep_edits"])
        applied = apply_plan(work, in_time)
    told(order, applied)


def approve(store: Store, plan: str) -> None:
    """Makes a parked plan ready, as a person has decided. That it happens here, with nobody else at
    work on the destination, keeps the next minute's run from taking its place first. Raises Stop
    while writing is paused: the plan stays parked, so that it can be approved again."""
    found = store.plan(plan)
    if found and found[0] == "parked":
        if store.setting("paused") == "yes":
            raise Stop(f"{plan} stays parked, because writing is paused: `ofone pause --off`, "
                       "then approve it again")  # fmt: skip
        with store.record(clock()) as recorder:
            recorder.plan(plan, "ready", found[1])


def chosen(order: dict[str, Any]) -> Chosen:
    """Which rows, where the playbook's limits say `only`."""
    if "contacts" in order:
        inside = frozenset(order["contacts"])
        return lambda row, _: not row.contact or row.contact in inside
    if "tag" in order:
        return lambda row, known: tagged(row, known, order["tag"])
    return everyone


def tagged(row: OutboxRow, known: Known, tag: str) -> bool:
    """Whether a row's contact carries a tag; what concerns no contact is always done."""
    return not row.contact or tag in known.tags


def told(order: dict[str, Any], applied: Applied) -> None:
    """Says what was done; sends that may or may not have happened are for a person."""
    if applied.uncertain:
        measure("Uncertain", len(applied.uncertain))
    # Of work that was longer than a function's life only the last one tells, and tells of it all.
    written = applied.written + applied.earlier.written
    sent = applied.sends + applied.earlier.sends
    measure("Written", written, destination=order["connector"])
    measure("Sent", sent, destination=order["connector"])
    note(order, f"{written} written, {sent} sent")


def pulled(event: dict[str, Any], in_time: Callable[..., None]) -> bool:
    """Pulls what has changed; False where there is more."""
    connector, account, store = event["connector"], event["account"], opened()
    try:
        with store.alone(f"{connector}/{account}", WHO):
            outlet = destination(connector, account)
            pull_destination(store, outlet, clock(), in_time)
            keep(store, outlet, clock())
    except OutOfTime:
        return False
    return True


def kind_of(problem: Stop) -> str:
    """The number that alarms for a problem."""
    return "TokenRefused" if isinstance(problem, TokenRefused) else "ApplyStopped"


def put_off(record: dict[str, Any], seconds: float) -> None:
    """Lets a message come again sooner than the queue's own time."""
    client("sqs").change_message_visibility(
        QueueUrl=os.environ["QUEUE"], ReceiptHandle=record["receiptHandle"],
        VisibilityTimeout=min(int(seconds) + 1, 43_200),
    )  # fmt: skip


def note(order: Mapping[str, Any], outcome: str) -> None:
    """Says what became of an order."""
    say(Line(at=clock(), what="apply", place=f"{order['connector']}/{order['account']}",
             outcome=outcome))  # fmt: skip
