"""An account's webhook, and a call of it."""

import hmac
import json

from personalization.connector import Request

SECRET, NEW = "whsec_of_today", "whsec_of_tomorrow"
SECRETS = (SECRET, NEW)
SETTINGS = {"secret": SECRET}
ROTATED = {"secret": NEW, "old_secret": SECRET}
WRONG = ({}, {"secret": ""}, {"secret": SECRET, "window": 0})
SIGNATURE, TIMED = "Stripe-Signature", True
NOW = 1_772_700_000_000_000
CHARGE = {"id": "ch_1", "object": "charge", "status": "succeeded", "captured": True,
          "payment_intent": "pi_1", "customer": "cus_1", "amount": 1250, "currency": "eur",
          "created": 1_772_359_200, "billing_details": {"email": "ana@example.com"}}  # fmt: skip
BODY = json.dumps(
    {"id": "evt_1", "type": "charge.succeeded", "created": 1_772_359_201, "data": {"object": CHARGE}}
).encode()  # fmt: skip


def request(body=BODY, secret=SECRET, at=NOW, topic="", received_at=NOW):
    stamp = str(at // 1_000_000)
    signature = hmac.digest(secret.encode(), stamp.encode() + b"." + body, "sha256").hex()
    return Request(method="POST", url="https://hooks.example.com/stripe/main",
                   headers={SIGNATURE: f"t={stamp},v1={signature}"}, body=body,
                   received_at=received_at)  # fmt: skip
