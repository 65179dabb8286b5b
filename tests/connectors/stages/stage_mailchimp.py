"""Mailchimp's stage: the sandbox with people whose changes spread over several seconds."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from connectors.sandbox.server import running
from connectors.sandbox.world import LIST

KEY = "fedcba9876543210fedcba9876543210-us6"
SECRETS = (KEY,)
WRONG = ({}, {"list": "abc", "key": KEY, "unheard": 1})


@contextmanager
def stage(_folder: Path) -> Iterator[dict[str, Any]]:
    """Settings under which the connector works."""
    with running(polls=(1, 1)) as sandbox:
        for batch in range(3):
            rows = [{"email": f"p{n}@example.com", "merge_fields": {"FNAME": f"N{n}"}}
                    for n in range(batch * 700, batch * 700 + 700)]  # fmt: skip
            sandbox.control("members", members=rows)
            sandbox.control("clock", advance=5)
        yield {"list": LIST, "key": KEY, "url": f"{sandbox.url}/3.0", "sleep": lambda _: None}
