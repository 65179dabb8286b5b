"""The dead letters of the webhooks' queue: why they are there, and their way back. SQS shows a part
of a queue at a time and hides what it has shown for a while (Amazon SQS: "Visibility timeout")."""

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from functions.actions.standing import Letter
from functions.shop import Shop
from functions.stack.clients import client
from functions.stack.describing import Stack
from personalization.models import Micros

AT_ONCE, MOST = 10, 200
HIDDEN = 60
"""Seconds in which a message that was shown is hidden from others."""
UNSAID = "its function ended without a word each time: its log says how"


def listed(stack: Stack, shop: Shop) -> tuple[Letter, ...]:
    """The messages that were set aside, the oldest first; many are not all listed."""
    queue, now = stack.output("InboxDead"), shop.clock()
    found = list(shown(queue))
    for one in found:
        unhide(queue, one)
    return tuple(sorted((letter(one, now) for one in found), key=lambda one: one.recorded_at))


def back(stack: Stack, begun: Micros) -> int:
    """Moves what was set aside until now into the webhooks' queue; returns how many. What is killed
    between is moved twice, and taken once: events have keys."""
    dead, queue, moved = stack.output("InboxDead"), stack.output("InboxQueue"), 0
    while found := received(dead):
        fresh = [one for one in found if sent_at(one) > begun]
        for one in found:
            if one in fresh:  # it has just been set aside again
                unhide(dead, one)
                continue
            client("sqs").send_message(QueueUrl=queue, MessageBody=one["Body"])
            client("sqs").delete_message(QueueUrl=dead, ReceiptHandle=one["ReceiptHandle"])
            moved += 1
        if fresh:
            break
    return moved


def shown(queue: str) -> Iterator[dict[str, Any]]:
    """Messages of a queue, each once."""
    count = 0
    while count < MOST and (found := received(queue)):
        count += len(found)
        yield from found


def received(queue: str) -> list[dict[str, Any]]:
    """A few messages, hidden from others for a while."""
    told = client("sqs").receive_message(
        QueueUrl=queue, MaxNumberOfMessages=AT_ONCE, VisibilityTimeout=HIDDEN, WaitTimeSeconds=1,
        AttributeNames=["SentTimestamp"], MessageAttributeNames=["reason"],
    )  # fmt: skip
    return list(told.get("Messages", ()))


def unhide(queue: str, one: dict[str, Any]) -> None:
    """Shows a message again."""
    client("sqs").change_message_visibility(
        QueueUrl=queue, ReceiptHandle=one["ReceiptHandle"], VisibilityTimeout=0
    )


def sent_at(one: dict[str, Any]) -> Micros:
    """When a message was laid there; SQS counts milliseconds."""
    return int(one["Attributes"]["SentTimestamp"]) * 1_000


def letter(one: dict[str, Any], now: Micros) -> Letter:
    """A message as a letter. It has no number: nothing drops it but its age."""
    reason = one.get("MessageAttributes", {}).get("reason", {}).get("StringValue", UNSAID)
    place = ""
    with suppress(ValueError, KeyError, TypeError):
        said = json.loads(one["Body"])
        place = f"{said['connector']}/{said['account']}"
    at = sent_at(one)
    return Letter(id=0, place=place, reason=reason, recorded_at=at, age=max(0, now - at),
                  characters=len(one["Body"]), again=True)  # fmt: skip
