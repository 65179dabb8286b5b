"""The webhook destination's stage: a receiver in this process. It is a mirror: nothing can be
pulled from it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from connectors.sandbox.receiver import receiving

SECRET = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVoxMjM0NTY="
SECRETS = (SECRET, SECRET.removeprefix("whsec_"))
HOOK = "https://receiver.example.com/hook"
WRONG = (
    {},
    {"url": HOOK},
    {"url": HOOK, "secret": SECRET, "unheard": 1},
    {"url": "http://receiver.example.com/hook", "secret": SECRET},
    {"url": HOOK, "secret": SECRET.removeprefix("whsec_")},
    {"url": HOOK, "secret": "whsec_c2hvcnQ="},
    {"url": HOOK, "secret": "whsec_not base64"},
    {"url": HOOK, "secret": SECRET, "aliases": ["email:x@example.com"]},
)
MIRROR = True


@contextmanager
def stage(_folder: Path) -> Iterator[dict[str, Any]]:
    """Settings under which the connector works."""
    with receiving(SECRET) as running:
        yield {"url": running.url, "secret": SECRET, "channels": ["email"],
               "sleep": lambda _: None}  # fmt: skip
