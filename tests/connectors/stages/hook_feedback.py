"""A feedback feed, and a call of it."""

import base64
import hmac
import json

from personalization.connector import Request

SECRET = "whsec_" + base64.b64encode(b"hush of the survey today").decode()
NEW = "whsec_" + base64.b64encode(b"hush of the survey later").decode()
SECRETS = (SECRET, NEW, SECRET[6:])
SETTINGS = {"secret": SECRET}
ROTATED = {"secret": NEW, "old_secret": SECRET}
WRONG = ({}, {"secret": ""}, {"secret": SECRET, "window": 0})
SIGNATURE, TIMED = "webhook-signature", True
NOW = 1_772_700_000_000_000
BODY = json.dumps(
    {"id": "r-1", "type": "nps", "at": "2026-03-01T10:00:00Z", "rating": 9,
     "person": {"id": "u1", "email": "ana@example.com"}}
).encode()  # fmt: skip


def request(body=BODY, secret=SECRET, at=NOW, topic="", received_at=NOW):
    stamp = str(at // 1_000_000)
    message = b"msg_1." + stamp.encode() + b"." + body
    signature = hmac.digest(base64.b64decode(secret[6:]), message, "sha256")
    headers = {"webhook-id": "msg_1", "webhook-timestamp": stamp,
               SIGNATURE: "v1," + base64.b64encode(signature).decode()}  # fmt: skip
    return Request(method="POST", url="https://hooks.example.com/feedback/main", headers=headers,
                   body=body, received_at=received_at)  # fmt: skip
