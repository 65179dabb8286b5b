"""An audience's webhook, and a call of it: signed, and with a word in its address."""

import hmac
from urllib.parse import urlencode

from personalization.connector import Request

SECRET, NEW = "hush of the audience", "hush of tomorrow"
WORD = "a-word-at-the-end-of-the-address"
SECRETS = (SECRET, NEW, WORD)
SETTINGS = {"secret": SECRET, "url_secret": WORD}
ROTATED = {"secret": NEW, "old_secret": SECRET, "url_secret": "another-word-than-before",
           "old_url_secret": WORD}  # fmt: skip
WRONG = ({}, {"secret": ""}, {"url_secret": "short"}, {"secret": SECRET, "window": 0})
SIGNATURE, TIMED = "X-Mailchimp-Signature", True
NOW = 1_772_700_000_000_000
URL = f"https://hooks.example.com/hooks/mailchimp/main/{WORD}"
TOLD = {"type": "unsubscribe", "fired_at": "2026-03-01 10:00:00", "data[action]": "unsub",
        "data[id]": "8a25ff1d98", "data[list_id]": "a6b5da1054", "data[email]": "ana@example.com",
        "data[merges][EMAIL]": "ana@example.com"}  # fmt: skip


def made(told):
    """A body, of whatever a test makes of TOLD."""
    return urlencode(told if isinstance(told, dict) else {"type": told}).encode()


BODY = made(TOLD)


def request(body=BODY, secret=SECRET, at=NOW, topic="", received_at=NOW, url=URL):
    stamp = str(at // 1_000_000)
    signature = hmac.digest(secret.encode(), stamp.encode() + b"." + body, "sha256").hex()
    return Request(method="POST", url=url, headers={SIGNATURE: f"t={stamp},v1={signature}"},
                   body=body, received_at=received_at)  # fmt: skip
