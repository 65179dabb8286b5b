"""Klaviyo's stage: the sandbox with people whose changes spread over several minutes. A wait moves
the sandbox's clock, so that its rate windows pass as they would."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from connectors.sandbox.klaviyo.server import running

KEY = "pk_fedcba9876543210fedcba98765432"
SECRETS = (KEY,)
WRONG = ({}, {"key": KEY, "unheard": 1}, {"key": KEY, "revision": "latest"})


@contextmanager
def stage(_folder: Path) -> Iterator[dict[str, Any]]:
    """Settings under which the connector works."""
    with running(keys=frozenset({KEY})) as sandbox:
        for batch in range(3):
            sandbox.add(*({"email": f"p{n}@example.com", "consent": "SUBSCRIBED",
                           "first_name": f"N{n}"} for n in range(batch * 250, batch * 250 + 250)))  # fmt: skip
            sandbox.advance(100)
        sandbox.add({"email": "left@example.com", "consent": "UNSUBSCRIBED"},
                    {"email": "never@example.com"})  # fmt: skip
        yield {"key": KEY, "url": sandbox.url, "sleep": sandbox.advance}
