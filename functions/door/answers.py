"""What the door answers."""

import json
from collections.abc import Mapping

from personalization.models import Frozen


class Answer(Frozen):
    """An HTTP answer. Bodies say little: who is refused is not told what was wrong."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = {}


def said(status: int, text: str, **headers: str) -> Answer:
    """A line of text."""
    return Answer(status=status, body=f"{text}\n".encode(),
                  headers={"Content-Type": "text/plain; charset=utf-8", **headers})  # fmt: skip


def told(status: int, value: object, **headers: str) -> Answer:
    """A JSON document."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    return Answer(status=status, body=body, headers={"Content-Type": "application/json", **headers})


def later(after: float | None = None) -> Answer:
    """Nothing was kept; the sender shall try again."""
    return said(503, "try again later", **{"Retry-After": f"{after or 5:.0f}"})


NOT_FOUND = said(404, "not found")
UNAUTHORISED = said(401, "not let in")
TOO_LARGE = said(413, "too large")


def not_allowed(*methods: str) -> Answer:
    """Another method is meant."""
    return said(405, "method not allowed", Allow=", ".join(sorted(methods)))
