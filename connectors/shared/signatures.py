"""Whether a webhook call is from who it says: signatures over raw bytes, compared in constant
time against every secret that is valid, and a window of time in both directions.

What is compared is the text of the signature, not the bytes it decodes to: base64 has several
texts for the same bytes, and only the one that the sender makes is taken.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Callable, Iterable
from typing import Literal

from personalization.connector import Request
from personalization.errors import Skip, Stop
from personalization.models import SECOND

Why = Literal["missing header", "malformed header", "wrong signature", "too old", "too new",
              "too large"]  # fmt: skip
Coding = Literal["base64", "hex"]
Decode = Callable[[str], bytes]
STAMP = re.compile(r"[0-9]{1,14}")


class Refused(Skip):
    """A call that is not let in. `reason` is one of a few texts, the same for everyone."""

    def __init__(self, reason: Why) -> None:
        super().__init__(f"webhook refused: {reason}")
        self.reason = reason


def fits(request: Request, most: int) -> None:
    """Raises Refused where the body has more bytes than are taken."""
    if len(request.body) > most:
        raise Refused("too large")


def header(request: Request, name: str) -> str | None:
    """A header's value, whatever the case of its name. Raises Refused where it comes twice: which
    of the two was meant is not ours to guess."""
    found = [value for key, value in request.headers.items() if key.lower() == name.lower()]
    if len(found) > 1:
        raise Refused("malformed header")
    return found[0] if found else None


def needed(request: Request, name: str) -> str:
    """A header's value. Raises Refused without one."""
    value = header(request, name)
    if not value:
        raise Refused("missing header")
    return value


def sign(secret: bytes, message: bytes, coding: Coding, digest: str = "sha256") -> str:
    """The signature of a message, as text."""
    made = hmac.digest(secret, message, digest)
    return made.hex() if coding == "hex" else base64.b64encode(made).decode()


def signed(
    given: Iterable[str], secrets: Iterable[bytes], message: bytes, coding: Coding,
    digest: str = "sha256",
) -> None:  # fmt: skip
    """Raises Refused unless one of the signatures given is by one of the secrets. All are
    compared, however early one fits, so that the time taken tells nothing."""
    same(given, (sign(secret, message, coding, digest) for secret in secrets))


def same(given: Iterable[str], right: Iterable[str]) -> None:
    """Raises Refused unless one text is one of the right ones; in constant time."""
    rights = [each.encode() for each in right]
    fit = False
    for text in given:
        raw = text.encode("utf-8", "surrogateescape")
        for each in rights:
            fit |= hmac.compare_digest(raw, each)
    if not fit:
        raise Refused("wrong signature")


def in_time(stamp: str, request: Request, window: int, unit: int = SECOND) -> None:
    """Raises Refused for a stamp (unix time, counted in `unit` microseconds) more than `window`
    seconds before or after the call came in."""
    if not STAMP.fullmatch(stamp):
        raise Refused("malformed header")
    late = request.received_at - int(stamp) * unit
    if abs(late) > window * SECOND:
        raise Refused("too old" if late > 0 else "too new")


def plain(secret: str) -> bytes:
    """A secret that is used as it is written."""
    return secret.encode()


def standard_secret(secret: str) -> bytes:
    """A secret of Standard Webhooks: base64, behind `whsec_`. Raises Stop for anything else; the
    message does not repeat it."""
    if not secret.startswith("whsec_"):
        raise Stop("secret: it has to begin with whsec_, followed by the key in base64. "
                   'Make one: echo "whsec_$(openssl rand -base64 32)"')  # fmt: skip
    try:
        made = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        made = b""
    if not made:
        raise Stop("secret: what follows whsec_ is no base64. Write it as the sender shows it, or "
                   'make one: echo "whsec_$(openssl rand -base64 32)"')  # fmt: skip
    return made


def standard(request: Request, secrets: Iterable[bytes], window: int) -> None:
    """Standard Webhooks 1.0 (standardwebhooks.com, symmetric `v1`): base64 of HMAC-SHA256 over
    id.timestamp.body, several signatures divided by spaces. Raises Refused."""
    delivery, stamp = needed(request, "webhook-id"), needed(request, "webhook-timestamp")
    parts = needed(request, "webhook-signature").split(" ")
    if "" in parts:
        raise Refused("malformed header")
    given = [one.removeprefix("v1,") for one in parts if one.startswith("v1,")]
    message = delivery.encode("utf-8", "surrogateescape") + b"." + stamp.encode(
        "utf-8", "surrogateescape") + b"." + request.body  # fmt: skip
    signed(given, secrets, message, "base64")
    in_time(stamp, request, window)
