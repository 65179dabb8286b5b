"""The function behind the webhooks' queue: takes a batch into the log, decides who it is about, and
hands on what changes. What one message is wrong with costs no other message anything.

A message is done once it is in the log: what follows from it is due there, and is done by whoever
comes next should this process end. One that fails comes again; at its last time it is laid into the
dead-letter queue with its reason."""

import os
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from functions.cloud.clients import Clash
from functions.door.telling import Line
from functions.shop import Shop
from functions.stack.clients import client
from functions.stack.deciding import decide_all
from functions.stack.measuring import measure, say
from functions.stack.parcels import Parcel, unpacked
from functions.stack.reasons import reason_of
from functions.stack.shop import at_work
from functions.stack.taking import take
from personalization.errors import Skip
from personalization.models import Micros

MOST_TIMES = int(os.environ.get("MOST_TIMES", "5"))
"""How often a message is tried; the queue's own count of receives is one greater."""
CLASHES = 2
"""How often a batch that met another writer is tried again as it is."""
Record = Mapping[str, Any]


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """A batch of messages; answers with those that failed."""
    with at_work() as shop:
        now = shop.clock()
        failed, good = list[Record](), list[tuple[Record, Parcel]]()
        for record in event["Records"]:
            try:
                good.append((record, opened(record)))
            except (ValidationError, Skip) as problem:  # it says the same however often it is read
                failed += unhappy(record, f"it cannot be read: {reason_of(problem)}", True)
            except Exception as problem:  # noqa: BLE001  one message costs the others nothing
                failed += unhappy(record, f"it cannot be read: {reason_of(problem)}")
        touched, bad = taken(shop, good, now)
        say(Line(at=now, what="take in", count=len(good) - len(bad)))
        decide_all(shop, touched)
    return {"batchItemFailures": [{"itemIdentifier": one["messageId"]} for one in failed + bad]}


def opened(record: Record) -> Parcel:
    """A message's parcel."""
    return unpacked(record["body"], client("s3"), os.environ["BUCKET"])


def taken(
    shop: Shop, good: list[tuple[Record, Parcel]], now: Micros
) -> tuple[set[str], list[Record]]:
    """Takes parcels in, together if all goes well, else by halves: one bad message of a hundred
    costs some transactions more and not a hundred. Returns the contacts touched, and the messages
    to come again."""
    try:
        return take_again(shop, [parcel for _, parcel in good], now), []
    except Exception as problem:  # noqa: BLE001  which of them it was is found out below
        if len(good) < 2:
            return set(), [
                one
                for record, _ in good
                for one in unhappy(record, f"taking it in failed: {reason_of(problem)}")
            ]
    touched, bad = set[str](), list[Record]()
    half = len(good) // 2
    for some in (good[:half], good[half:]):
        more, worse = taken(shop, some, now)
        touched |= more
        bad += worse
    return touched, bad


def take_again(shop: Shop, parcels: list[Parcel], now: Micros) -> set[str]:
    """Takes parcels in; where somebody else has written to one of the contacts meanwhile, the
    whole batch once more before it is split. Raises what the store raises."""
    for _ in range(CLASHES):
        try:
            return take(shop.store, parcels, now)
        except Clash:
            continue
    return take(shop.store, parcels, now)


def unhappy(record: Record, reason: str, for_good: bool = False) -> list[Record]:
    """A message that failed: it comes again, or, for good or at its last time, is laid into the
    dead-letter queue with its reason. Returns it if it is to come again."""
    times = int(record.get("attributes", {}).get("ApproximateReceiveCount", "1"))
    if not for_good and times < MOST_TIMES:
        return [record]
    client("sqs").send_message(
        QueueUrl=os.environ["DEAD"], MessageBody=record["body"],
        MessageAttributes={"reason": {"DataType": "String", "StringValue": reason}},
    )  # fmt: skip
    measure("DeadLetter", 1)
    return []
