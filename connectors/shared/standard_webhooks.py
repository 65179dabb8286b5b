"""Signing outgoing calls by Standard Webhooks 1.0 (standardwebhooks.com, "Signature scheme" and
"Webhook headers"): `webhook-id` names the message and stays the same however often it is tried,
`webhook-timestamp` is the attempt's, `webhook-signature` has one `v1` signature a secret, so that
a receiver who changes secrets takes either. Verifying is in `signatures.standard`.
"""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

import requests

from connectors.shared.signatures import sign, standard_secret
from personalization.errors import Stop
from personalization.models import SECOND, Micros

Clock = Callable[[], float]
LEAST, MOST = 24, 64
"""Bytes of a key: the specification's bounds."""


def key_of(secret: str) -> bytes:
    """A secret's key. Raises Stop, which does not repeat it, for one that is not `whsec_` and
    base64, or too short to be safe."""
    key = standard_secret(secret)
    if not secret.startswith("whsec_") or not LEAST <= len(key) <= MOST:
        raise Stop(
            f"secret: write whsec_ and the base64 of {LEAST} to {MOST} random bytes, as from "
            "`openssl rand -base64 32`"
        )
    return key


def signature(keys: Sequence[bytes], id: str, timestamp: int, body: bytes) -> str:
    """The signature header's value: one signature a key, the newest key's first."""
    message = f"{id}.{timestamp}.".encode() + body
    return " ".join(f"v1,{sign(key, message, 'base64')}" for key in keys)


def message_id(*parts: object) -> str:
    """The same id for the same parts, without a dot and without anything personal in it."""
    told = json.dumps(parts, ensure_ascii=True, default=str)
    return f"msg_{blake2b(told.encode(), digest_size=16).hexdigest()}"


def body_of(type: str, moment: Micros, data: Any) -> bytes:
    """A message as the specification lays it out. `moment` is when what it tells happened."""
    whole = datetime.fromtimestamp(moment // SECOND, UTC).isoformat(timespec="seconds")
    told = {"type": type, "timestamp": whole.replace("+00:00", "Z"), "data": data}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


class Signed(requests.auth.AuthBase):
    """Signs a call right before each attempt, so that one tried again late is not refused as
    too old."""

    def __init__(self, keys: Sequence[bytes], id: str, clock: Clock) -> None:
        self.keys, self.id, self.clock = keys, id, clock

    def __call__(self, call: requests.PreparedRequest) -> requests.PreparedRequest:
        """Puts the three headers on."""
        body = call.body if isinstance(call.body, bytes) else b""
        timestamp = int(self.clock())
        call.headers["webhook-id"] = self.id
        call.headers["webhook-timestamp"] = str(timestamp)
        call.headers["webhook-signature"] = signature(self.keys, self.id, timestamp, body)
        return call
