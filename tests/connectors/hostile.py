"""A connector as bad as one can be: it lives beside the tests, and no list of connectors has it.

`Hostile` stands before a real destination and spoils what that says; `Given` gives whatever pages it
was made with."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from personalization.connector import Limits, Outcome, Page, Started
from personalization.models import DAY, Event, Record

TEXTS = {
    "a lone half of a pair": "An\ud83dn",
    "a NUL": "An\0n",
    "combining marks": "Z\u0334\u0341\u0355algo e\u0301",
    "right to left": "\u202eenna\u202c שלום",
    "four bytes": "👩‍👩‍👧 Ann 𓀀",
    "nothing but space": " \t\u00a0\u2028",
    "markup": "<b>{{ 1/0 }}*|IF:X|*%s'\";--",
    "long": "ä" * 30_000,
}
"""Names that people, or programs on their behalf, have."""


class Given:
    """A source, or with `write` a destination, that gives these pages, or what a function makes."""

    name, account = "hostile", "main"
    limits = Limits(fields=30, field_name=".*", value_bytes=255, tag_chars=100, writes_per_call=10,
                    tags_per_call=10)  # fmt: skip

    def __init__(self, pages: Iterable[Any] | Callable[[str | None], Iterable[Any]]) -> None:
        self.pages = pages

    def pull(self, cursor: str | None) -> Iterator[Page]:
        yield from self.pages(cursor) if callable(self.pages) else self.pages


class GivenRecords(Given):
    """The same as a destination."""

    def write(self, _permits: Any) -> Iterator[Started | Outcome]:
        return iter(())


class Hostile:
    """A destination that carries out what it is told, and spoils what it says of it by `spoil`:
    from the outcomes of a call to what is said instead."""

    def __init__(self, real: Any, spoil: Callable[[list[Any]], Iterable[Any]]) -> None:
        self.real = real
        self.spoil = spoil

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def write(self, permits: Any) -> Iterator[Any]:
        yield from self.spoil(list(self.real.write(permits)))


def event(n: Any, now: int, **more: Any) -> Event:
    """An order of somebody."""
    told = {"key": f"k{n}", "kind": "order", "alias": f"hostile/main:{n}", "occurred_at": now - DAY,
            "props": {"amount": 100, "currency": "EUR"}}  # fmt: skip
    return Event(**{**told, **more})


def record(n: Any, now: int, **more: Any) -> Record:
    """Somebody as a destination shows them."""
    told = {"alias": f"hostile/main:{n}", "outside_id": str(n), "email": f"p{n}@example.com",
            "status": "subscribed", "values": {}, "changed_at": now - DAY}  # fmt: skip
    return Record(**{**told, **more})
