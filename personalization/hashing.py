"""Hashes and canonical text: the same value gives the same bytes everywhere and for ever."""

import hmac
import json
import math
from collections.abc import Sequence
from hashlib import blake2b, sha256
from typing import Any

from pydantic_core import to_json

_encoder = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
)
# What `_encoder.encode` makes anew for every value, made once: that takes two fifths off. The
# arguments are those of JSONEncoder.iterencode, without its watch for circular values.
_pieces = vars(json.encoder)["c_make_encoder"](
    None, _encoder.default, json.encoder.encode_basestring, None, ":", ",", True, False, False
)


def _encode(value: object) -> str:
    return "".join(_pieces(value, 0))


def canonical(value: object) -> str:
    """JSON with sorted keys and no spaces, always valid: what JSON cannot hold (NaN, infinities)
    becomes null, and half a surrogate pair becomes U+FFFD."""
    try:
        text = _encode(value)
        if not text.isascii():
            text.encode()
    except ValueError:
        return _encode(cleaned(value))
    return text


def encoded(texts: Sequence[str]) -> list[str]:
    """Each text as `canonical` writes it, without the quotes around it. A list is written whole, a
    text a line, and taken apart again at the line breaks, which no text written as JSON has: that
    takes two thirds of what writing them one by one does."""
    if not texts:
        return []
    try:
        return to_json(texts, indent=1).decode()[4:-3].split('",\n "')
    except ValueError:
        return [canonical(one)[1:-1] for one in texts]


def cleaned(value: Any) -> Any:
    """A JSON value without what JSON or UTF-8 cannot hold."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {cleaned(name): cleaned(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [cleaned(one) for one in value]
    return value


def content_hash(kind: str, alias: str, occurred_at: int, props: str) -> int:
    """63 bits over all that an event says besides its key; `props` is canonical JSON. It decides
    between two events of one key at one moment, and tells duplicates from conflicts."""
    body = f"{len(kind)} {len(alias)} {occurred_at} {kind}{alias}{props}"
    return int.from_bytes(blake2b(body.encode(), digest_size=8).digest()) >> 1


def short(text: str) -> int:
    """A text as a signed 64-bit number, for compact indexes that confirm a match elsewhere."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), signed=True)


def digest(*parts: str) -> str:
    """32 hex digits over the parts, told apart by their lengths."""
    return blake2b(joined(parts), digest_size=16).hexdigest()


def point(*parts: str) -> int:
    """A number from 0 to 2**32 - 1, evenly spread: a choice that is the same every time."""
    return int.from_bytes(blake2b(joined(parts), digest_size=4).digest())


def keyed(key: str, *parts: str) -> str:
    """64 hex digits of HMAC-SHA256: not to be guessed from the parts by who lacks the key."""
    return hmac.digest(key.encode(), joined(parts), sha256).hex()


def joined(parts: tuple[str, ...]) -> bytes:
    """Parts as bytes that no other list of parts gives."""
    return b"".join(len(part).to_bytes(8) + part for part in (one.encode() for one in parts))
