"""Orders to the functions that apply, as messages of their queue. SQS takes 1 MiB in a message (Amazon
SQS message quotas); a longer order, one that names very many contacts, lies in the bucket under
`orders/` and the message says where."""

import json
from hashlib import blake2b
from typing import Any

from functions.cloud.clients import codes
from functions.stack.clients import client
from personalization.connector import Destination
from personalization.errors import Stop

MOST_BYTES = 1_000_000
ORDERS = "orders/"
"""Kept for 15 days, which is longer than the queue keeps the message."""


def sent(queue: str, bucket: str, destination: Destination, what: dict[str, object]) -> None:
    """Lays an order into a destination's queue."""
    place = {"connector": destination.name, "account": destination.account}
    text = json.dumps({**place, **what})
    if len(text) > MOST_BYTES:
        name = f"{ORDERS}{blake2b(text.encode(), digest_size=16).hexdigest()}.json"
        client("s3").put_object(Bucket=bucket, Key=name, Body=text.encode())
        text = json.dumps({**place, "object": name})
    client("sqs").send_message(QueueUrl=queue, MessageBody=text)


def unpacked(body: str, bucket: str) -> dict[str, Any]:
    """The order of a message. Raises Stop where the bucket has not got what it names."""
    order: dict[str, Any] = json.loads(body)
    if "object" not in order:
        return order
    try:
        found = client("s3").get_object(Bucket=bucket, Key=order["object"])
    except Exception as error:
        if "NoSuchKey" not in codes(error):
            raise
        raise Stop(f"{order['object']} is not in the bucket any more: the next night's plan takes "
                   "the place of the one that it was for") from None  # fmt: skip
    whole: dict[str, Any] = json.loads(found["Body"].read())
    return whole
