"""A shop's webhook, and a call of it."""

import base64
import hmac
import json

from personalization.connector import Request

SECRET, NEW = "hush of the woo", "hush of tomorrow"
SECRETS = (SECRET, NEW)
SETTINGS = {"secret": SECRET, "currency": "EUR", "consent_meta": "newsletter"}
ROTATED = {"secret": NEW, "old_secret": SECRET}
WRONG = ({}, {"secret": ""}, {"secret": SECRET, "unheard": SECRET})
SIGNATURE, TIMED = "X-WC-Webhook-Signature", False
NOW = 1_772_700_000_000_000
BODY = json.dumps(
    {"id": 77, "status": "processing", "currency": "EUR", "customer_id": 5, "total": "12.50",
     "date_created_gmt": "2026-03-01T10:00:00", "billing": {"email": "ana@example.com"}}
).encode()  # fmt: skip


def request(body=BODY, secret=SECRET, at=NOW, topic="order.created", received_at=NOW):
    signature = base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()
    headers = {SIGNATURE: signature, "X-WC-Webhook-Topic": topic}
    return Request(method="POST", url="https://hooks.example.com/woo/main", headers=headers,
                   body=body, received_at=received_at)  # fmt: skip
