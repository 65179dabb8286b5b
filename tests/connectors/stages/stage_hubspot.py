"""HubSpot's stage: the sandbox with people whose changes spread over several seconds, who agreed to
marketing, and with what a source brings of each kind."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from connectors.sandbox.server import running

TOKEN = "pat-eu1-fedcba98-7654-3210-fedc-ba9876543210"
SECRETS = (TOKEN,)
WRONG = ({}, {"token": TOKEN, "unheard": 1}, {"token": TOKEN, "group": "Not A Name"})
AT = "2026-02-01T10:00:00Z"
OBJECTS = {
    "products": lambda n: {"properties": {"name": f"Soap {n}", "price": "2.50"}},
    "orders": lambda n: {"properties": {"hs_total_price": "9.90", "hs_external_created_date": AT},
                         "contact": f"p{n}@example.com"},
    "carts": lambda n: {"properties": {"hs_total_price": "5.00"}, "contact": f"p{n}@example.com"},
    "feedback_submissions": lambda n: {"properties": {"hs_value": n % 11, "hs_survey_type": "NPS"},
                                       "contact": f"p{n}@example.com"},
}  # fmt: skip


@contextmanager
def stage(_folder: Path) -> Iterator[dict[str, Any]]:
    """Settings under which the connector works. A wait moves the sandbox's clock, so that its
    rate windows pass as they would."""
    with running() as sandbox:
        for batch in range(3):
            rows = [{"email": f"p{n}@example.com", "properties": {"firstname": f"N{n}"},
                     "subscribed": [1001]} for n in range(batch * 700, batch * 700 + 700)]  # fmt: skip
            sandbox.control("hubspot/contacts", contacts=rows)
            sandbox.control("clock", advance=5)
        sandbox.control("hubspot/contacts", contacts=[
            {"email": "left@example.com", "opted_out": True}, {"email": "never@example.com"}])  # fmt: skip
        for kind, make in OBJECTS.items():
            records = [make(n) for n in range(30)]
            sandbox.control("hubspot/objects", type=kind, records=records)
        sandbox.control("hubspot/email_events", events=[
            {"type": kind, "recipient": f"p{n}@example.com"}
            for kind in ("DELIVERED", "OPEN", "CLICK") for n in range(10)])  # fmt: skip

        def sleep(seconds: float) -> None:
            sandbox.control("clock", advance=seconds)

        yield {"token": TOKEN, "url": sandbox.url, "sleep": sleep, "consent": {"marketing": 1001},
               "history": 36_500}  # fmt: skip
