"""The stage of files: a folder with one of each kind."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SECRETS = ("private",)
WRONG = ({}, {"folder": "private", "unheard": 1}, {"folder": ".", "currency": "private"})


@contextmanager
def stage(folder: Path) -> Iterator[dict[str, Any]]:
    """Settings under which the connector works."""
    contacts = [f"{n},p{n}@example.com,Paris,in" for n in range(40)]
    events = [f"o{n},order,{n % 40},2026-03-01T10:00:{n % 60:02}Z,{n}.50" for n in range(100)]
    for name, heading, rows in (
        ("contacts", "id,email,city,consent.email.marketing", contacts),
        ("events", "key,kind,id,occurred_at,amount", events),
        ("lines", "key,product,quantity", [f"o{n},p{n % 5},1" for n in range(100)]),
        ("products", "id,name,price", [f"p{n},Product {n},1.00" for n in range(5)]),
    ):
        (folder / f"{name}.csv").write_text("\n".join([heading, *rows, ""]), encoding="utf-8")
    yield {"folder": folder, "currency": "EUR", "page": 30}
