"""What a webhook said, as a message of the queue. SQS takes 1 MiB in a message (Amazon SQS message
quotas); a larger one lies in the bucket under `inbox/` and the message says where."""

import json
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from functions.cloud.clients import codes
from personalization.connector import Received
from personalization.errors import Retry, Skip
from personalization.models import Frozen, Micros

MOST_BYTES = 200_000
"""Above this a message goes by way of the bucket: ten of them must fit into one answer of SQS."""
INBOX = "inbox/"


class Parcel(Frozen):
    """One call's news: from where, when it came, what it said."""

    connector: str
    account: str
    received_at: Micros
    heard: Received


@dataclass(frozen=True)
class Post:
    """Where parcels go: clients, and the names of queue and bucket."""

    sqs: Any
    s3: Any
    queue: str
    bucket: str

    def keep(self, connector: str, account: str, heard: Received, received_at: Micros) -> None:
        """Makes what a call says durable. Raises Retry where the queue does not take it."""
        parcel = Parcel(connector=connector, account=account, received_at=received_at, heard=heard)
        try:
            self.sqs.send_message(QueueUrl=self.queue, MessageBody=self.packed(parcel))
        except Exception as error:
            raise Retry(f"the queue took nothing: {type(error).__name__}", after=5) from error

    def packed(self, parcel: Parcel) -> str:
        """A parcel as a message's body; a large one is put into the bucket first."""
        text = parcel.model_dump_json()
        if len(text.encode()) <= MOST_BYTES:
            return text
        name = f"{INBOX}{blake2b(text.encode(), digest_size=16).hexdigest()}.json"
        self.s3.put_object(Bucket=self.bucket, Key=name, Body=text.encode())
        return json.dumps({"object": name})


def unpacked(body: str, s3: Any, bucket: str) -> Parcel:
    """The parcel of a message. Raises pydantic's ValidationError for what is none, Skip where the
    bucket has not got what the message names."""
    if body.startswith('{"object":'):
        name = str(json.loads(body)["object"])
        try:
            body = s3.get_object(Bucket=bucket, Key=name)["Body"].read().decode()
        except Exception as error:
            if "NoSuchKey" not in codes(error):
                raise
            raise Skip(f"{name} is not in the bucket: put it there again, from an older version, "
                       "and move the message back") from None  # fmt: skip
    return Parcel.model_validate_json(body)
