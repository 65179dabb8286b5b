"""HubSpot's stage: the sandbox with people whose changes spread over several seconds."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from connectors.sandbox.server import running

TOKEN = "pat-eu1-fedcba98-7654-3210-fedc-ba9876543210"
SECRETS = (TOKEN,)
WRONG = ({}, {"token": TOKEN, "unheard": 1}, {"token": TOKEN, "group": "Not A Name"})


@contextmanager
def stage(_folder: Path) -> Iterator[dict[str, Any]]:
    """Settings under which the connector works. A wait moves the sandbox's clock, so that its
    rate windows pass as they would."""
    with running() as sandbox:
        for batch in range(3):
            rows = [{"email": f"p{n}@example.com", "properties": {"firstname": f"N{n}"}}
                    for n in range(batch * 700, batch * 700 + 700)]  # fmt: skip
            sandbox.control("hubspot/contacts", contacts=rows)
            sandbox.control("clock", advance=5)

        def sleep(seconds: float) -> None:
            sandbox.control("clock", advance=seconds)

        yield {"token": TOKEN, "url": sandbox.url, "sleep": sleep}
