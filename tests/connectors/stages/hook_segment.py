"""A feed's webhook, and a call of it, signed and with its write key."""

import base64
import hmac
import json

from personalization.connector import Request

SECRET, NEW = "shared hush", "hush of tomorrow"
KEY = "writekey123"
SECRETS = (SECRET, NEW, KEY)
SETTINGS = {"secret": SECRET, "write_key": KEY, "currency": "EUR", "consent_trait": "newsletter"}
ROTATED = {"secret": NEW, "old_secret": SECRET, "write_key": "next", "old_write_key": KEY}
WRONG = ({}, {"secret": ""}, {"write_key": KEY, "digest": SECRET})
SIGNATURE, TIMED = "X-Signature", False
NOW = 1_772_700_000_000_000
BODY = json.dumps(
    {"type": "track", "event": "Order Completed", "userId": "u1", "messageId": "m-1",
     "timestamp": "2026-03-01T10:00:00.000Z",
     "properties": {"order_id": "77", "total": 12.5, "email": "ana@example.com"}}
).encode()  # fmt: skip


def request(body=BODY, secret=SECRET, at=NOW, topic="v1/track", received_at=NOW, key=KEY):
    headers = {SIGNATURE: hmac.digest(secret.encode(), body, "sha1").hex(),
               "Authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode()}  # fmt: skip
    return Request(method="POST", url=f"https://hooks.example.com/segment/main/{topic}",
                   headers=headers, body=body, received_at=received_at)  # fmt: skip
