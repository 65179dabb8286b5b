"""A portal's webhook, and a call of it."""

import base64
import hmac
import json

from personalization.connector import Request

SECRET, NEW = "hush of the app", "hush of tomorrow"
SECRETS = (SECRET, NEW)
SETTINGS = {"secret": SECRET, "portal": 42, "consent": {"marketing": 7}}
ROTATED = {"secret": NEW, "old_secret": SECRET}
WRONG = ({}, {"secret": ""}, {"secret": SECRET, "window": 0}, {"secret": SECRET, "unheard": SECRET})
SIGNATURE, TIMED = "X-HubSpot-Signature-v3", True
NOW = 1_772_700_000_000_000
URL = "https://hooks.example.com/hooks/hubspot/main"


def row(what="propertyChange", at=NOW - 60_000_000, **more):
    """One event of a call."""
    return {"eventId": 1, "subscriptionId": 1, "portalId": 42, "appId": 9, "attemptNumber": 0,
            "occurredAt": at // 1_000, "objectId": 501, "changeSource": "CRM_UI",
            "subscriptionType": f"contact.{what}", **more}  # fmt: skip


BODY = json.dumps(
    [row(propertyName="email", propertyValue="ana@example.com"),
     row(propertyName="city", propertyValue="Lyon")]
).encode()  # fmt: skip


def request(body=BODY, secret=SECRET, at=NOW, topic="", received_at=NOW, url=URL):
    stamp = str(at // 1_000)
    told = b"POST" + url.encode() + body + stamp.encode()
    signature = base64.b64encode(hmac.digest(secret.encode(), told, "sha256")).decode()
    return Request(method="POST", url=url, body=body, received_at=received_at,
                   headers={SIGNATURE: signature, "X-HubSpot-Request-Timestamp": stamp})  # fmt: skip
