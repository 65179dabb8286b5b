"""Mailchimp's stage: the sandbox with people whose changes spread over several seconds."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from connectors.sandbox.server import Running, running
from connectors.sandbox.world import LIST

KEY = "fedcba9876543210fedcba9876543210-us6"
SECRETS = (KEY,)
WRONG = ({}, {"list": "abc", "key": KEY, "unheard": 1})


def hold(sandbox: Running) -> None:
    """A store, a campaign with its activity, a survey."""
    at = "2026-03-01T08:00:00+00:00"
    people = [{"id": f"u{n}", "email_address": f"p{n}@example.com", "updated_at": at}
              for n in range(40)]  # fmt: skip
    lines = [{"product_id": "t1", "quantity": 2, "price": 4.5}]
    orders = [{"id": f"o{n}", "customer": {"id": f"u{n % 40}"}, "order_total": 9.0, "lines": lines,
               "financial_status": "refunded" if n % 9 == 0 else "paid",
               "processed_at_foreign": at} for n in range(80)]  # fmt: skip
    carts = [{"id": f"c{n}", "customer": {"id": f"u{n}"}, "order_total": 9.0, "lines": lines,
              "updated_at": at} for n in range(10)]  # fmt: skip
    sandbox.control("mailchimp/store", customers=people, orders=orders, carts=carts,
                    products=[{"id": "t1", "title": "Tea", "variants": []}])  # fmt: skip
    emails = [f"p{n}@example.com" for n in range(1_200)]
    for id in ("c1", "c2"):
        sandbox.control("mailchimp/campaign", id=id, emails=emails)
        sandbox.control("mailchimp/activity", campaign=id, email=emails[7], action="open")
    asked = {"question_id": "q", "question_type": "pickOne", "query": "Tea?", "answer": "Green"}
    sandbox.control("mailchimp/survey", id="s1", responses=[
        {"id": f"r{n}", "at": at, "email": emails[n], "results": [asked]} for n in range(30)
    ])  # fmt: skip


@contextmanager
def stage(_folder: Path) -> Iterator[dict[str, Any]]:
    """Settings under which the connector works."""
    with running(polls=(1, 1)) as sandbox:
        for batch in range(3):
            rows = [{"email": f"p{n}@example.com", "merge_fields": {"FNAME": f"N{n}"}}
                    for n in range(batch * 700, batch * 700 + 700)]  # fmt: skip
            sandbox.control("members", members=rows)
            sandbox.control("clock", advance=5)
        sandbox.control("members", members=[{"email": f"{status}@example.com", "status": status}
                                            for status in ("unsubscribed", "transactional")])  # fmt: skip
        hold(sandbox)
        yield {"list": LIST, "key": KEY, "url": f"{sandbox.url}/3.0", "sleep": lambda _: None}
