"""A Klaviyo account in its sandbox with the destination over it. Waiting moves the sandbox's clock."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from connectors import find
from connectors.sandbox import ledger
from connectors.sandbox.klaviyo.server import Running, running
from personalization.connector import Outcome, Started
from personalization.models import Record

KEY = "pk_0123456789abcdef"


@dataclass
class Shop:
    """A sandbox with a destination over its profiles."""

    sandbox: Running
    slept: list[float] = field(default_factory=list)
    since: int = 0

    def __post_init__(self) -> None:
        self.destination = self.another()

    def another(self, **more: Any) -> Any:
        """A destination as a new process would make it."""
        settings = {"key": KEY, "url": self.sandbox.url, "sleep": self.sleep}
        return find("klaviyo").destination("main", {**settings, **more})

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.sandbox.advance(seconds)

    def people(self, count: int, **more: Any) -> list[Record]:
        """Imports people who agreed to marketing and pulls them, in the order of their numbers."""
        told = {"consent": "SUBSCRIBED", **more}
        ids = self.sandbox.add(*({"email": f"p{n}@example.com", **told} for n in range(count)))
        shown = self.shown()
        return [shown[id] for id in ids]

    def shown(self, destination: Any = None, cursor: str | None = None) -> dict[str, Record]:
        """What a pull shows, by profile id."""
        pages = list((destination or self.destination).pull(cursor))
        return {one.outside_id: one for page in pages for one in page.records}

    def cursor(self) -> str:
        """Where a pull of everything ends."""
        return list(self.destination.pull(None))[-1].cursor

    def mark(self) -> None:
        """Begins a new count of ledger entries."""
        self.since = len(self.sandbox.entries)

    @property
    def entries(self) -> list[dict[str, Any]]:
        """Ledger entries since the mark."""
        return self.sandbox.entries[self.since :]

    def effects(self, *kinds: str) -> list[dict[str, Any]]:
        """What our calls have done since the mark."""
        return ledger.effects(self.entries, kinds or None)

    @property
    def counts(self) -> tuple[int, int]:
        """HTTP calls since the mark: writes and reads."""
        counted = ledger.counts(self.entries)
        return counted["writes"], counted["reads"]

    def told(self, permits: list[Any], destination: Any = None) -> dict[int, Outcome]:
        """The outcome of each row, of which each must have exactly one."""
        written = (destination or self.destination).write(permits)
        said = [one for one in written if not isinstance(one, Started)]
        assert sorted(one.row for one in said) == sorted(one.row.id for one in permits)
        return {one.row: one for one in said}

    def results(self, permits: list[Any], destination: Any = None) -> list[str]:
        """The results of rows, by row."""
        return [one.result for _, one in sorted(self.told(permits, destination).items())]


@pytest.fixture
def shop() -> Iterator[Shop]:
    with running() as sandbox:
        made = Shop(sandbox)
        yield made
        made.destination.close()


@pytest.fixture
def ready(shop: Shop, may: Any) -> Shop:
    """One with a field and a tag of ours."""
    rows = [may(1, "setup", {"field": "HERO", "label": "Hero (ofone)"}),
            may(2, "setup", {"tag": "Regulars"})]  # fmt: skip
    assert shop.results(rows) == ["accepted", "accepted"]
    return shop
