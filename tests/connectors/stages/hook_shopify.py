"""A shop's webhook, and a call of it."""

import base64
import hmac
import json

from personalization.connector import Request

SECRET, NEW = "hush of the shop", "hush of tomorrow"
SECRETS = (SECRET, NEW)
SETTINGS = {"secret": SECRET, "currency": "EUR"}
ROTATED = {"secret": NEW, "old_secret": SECRET}
WRONG = ({}, {"secret": ""}, {"secret": SECRET, "unheard": SECRET})
SIGNATURE, TIMED = "X-Shopify-Hmac-SHA256", False
NOW = 1_772_700_000_000_000
BODY = json.dumps(
    {"id": 77, "email": "ana@example.com", "created_at": "2026-03-01T10:00:00Z", "currency": "EUR",
     "updated_at": "2026-03-01T10:05:00Z", "total_price": "12.50", "line_items": []}
).encode()  # fmt: skip


def request(body=BODY, secret=SECRET, at=NOW, topic="orders/create", received_at=NOW):
    signature = base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()
    headers = {SIGNATURE: signature, "X-Shopify-Topic": topic, "X-Shopify-Webhook-Id": "d-1"}
    return Request(method="POST", url="https://hooks.example.com/shopify/main", headers=headers,
                   body=body, received_at=received_at)  # fmt: skip
