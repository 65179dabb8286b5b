"""A seller's webhook, and a call of it."""

import base64
import hmac
import json

from personalization.connector import Request

SECRET, NEW = "key of today", "key of tomorrow"
SECRETS = (SECRET, NEW)
URL = "https://hooks.example.com/square/main"
SETTINGS = {"secret": SECRET}
ROTATED = {"secret": NEW, "old_secret": SECRET}
WRONG = ({}, {"secret": ""}, {"secret": SECRET, "unheard": SECRET})
SIGNATURE, TIMED = "x-square-hmacsha256-signature", False
NOW = 1_772_700_000_000_000
PAYMENT = {"id": "pay1", "status": "COMPLETED", "customer_id": "CU1", "order_id": "or1",
           "created_at": "2026-03-01T10:00:00.120Z", "updated_at": "2026-03-01T10:00:01.500Z",
           "buyer_email_address": "ana@example.com",
           "total_money": {"amount": 1250, "currency": "EUR"}}  # fmt: skip
BODY = json.dumps(
    {"type": "payment.updated", "event_id": "e-1", "created_at": "2026-03-01T10:00:02Z",
     "data": {"type": "payment", "id": "pay1", "object": {"payment": PAYMENT}}}
).encode()  # fmt: skip


def request(body=BODY, secret=SECRET, at=NOW, topic="", received_at=NOW, url=URL):
    signature = hmac.digest(secret.encode(), url.encode() + body, "sha256")
    return Request(method="POST", url=url, body=body, received_at=received_at,
                   headers={SIGNATURE: base64.b64encode(signature).decode()})  # fmt: skip
