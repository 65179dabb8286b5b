"""A Mailchimp account in the sandbox and the destination over it, for every test here."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from connectors import find
from connectors.sandbox import ledger
from connectors.sandbox.server import Running, running
from connectors.sandbox.world import LIST
from personalization.connector import Outcome, Started
from personalization.consent import Permit, Standing, permit
from personalization.models import OutboxRow, Record


@dataclass
class Shop:
    """A sandbox with a destination over its audience. `slept` collects what it would have slept."""

    sandbox: Running
    slept: list[float] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.destination = self.another()
        self.since = 0

    def another(self, **more: Any) -> Any:
        """A destination as a new process would make it."""
        settings = {"list": LIST, "key": "0123456789abcdef0123456789abcdef-us6",
                    "url": f"{self.sandbox.url}/3.0", "sleep": self.slept.append}  # fmt: skip
        return find("mailchimp").destination("main", {**settings, **self.settings, **more})

    def people(self, count: int, **more: Any) -> list[Record]:
        """Imports people and pulls them; in the order of their numbers."""
        rows = [{"email": f"p{n}@example.com", **more} for n in range(count)]
        self.sandbox.control("members", members=rows)
        records = {r.email: r for page in self.destination.pull(None) for r in page.records}
        return [records[row["email"]] for row in rows]

    def fail(self, *script: dict[str, Any], **more: Any) -> None:
        """Sets what goes wrong from now on."""
        self.sandbox.control("failures", script=list(script), **more)

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

    def calls(self, method: str = "", path: str = "") -> list[dict[str, Any]]:
        """Our HTTP calls since the mark."""
        return [
            call
            for call in ledger.calls(self.entries)
            if path in call["path"] and method in ("", call["method"])
        ]


@pytest.fixture
def shop() -> Iterator[Shop]:
    with running(polls=(1, 1)) as sandbox:
        made = Shop(sandbox)
        yield made
        made.destination.close()


Write = Callable[..., Permit]


@pytest.fixture
def may() -> Write:
    """A permit for one row on one record, by the only function that makes them."""

    def make(row: int, kind: str, new: dict[str, Any], record: Record | None = None,
             **more: Any) -> Permit:  # fmt: skip
        wanted = OutboxRow(id=row, plan="p", destination="mailchimp", account="main", contact="c",
                           kind=kind, old={}, new=new, **more)  # fmt: skip
        standing = Standing(
            status=record.status if record else "gone",
            outside_id=record.outside_id if record else None,
            email=record.email if record else None,
            consent={"mailchimp/main email marketing": "in"},
        )
        allowed = permit(wanted, standing)
        assert isinstance(allowed, Permit)
        return allowed

    return make


@pytest.fixture
def told() -> Callable[..., dict[int, Outcome]]:
    """Writes permits and returns the outcome of each row, checking that each has exactly one."""

    def write(destination: Any, permits: list[Permit]) -> dict[int, Outcome]:
        said = [one for one in destination.write(permits) if not isinstance(one, Started)]
        outcomes = {outcome.row: outcome for outcome in said}
        assert sorted(outcome.row for outcome in said) == sorted(one.row.id for one in permits)
        return outcomes

    return write


@pytest.fixture
def ready(shop, may, told):
    """A shop that has the field and the tag."""
    made = [may(1, "setup", {"field": "HERO", "label": "Hero (ofone)"}),
            may(2, "setup", {"tag": "Regulars"})]  # fmt: skip
    assert {one.result for one in told(shop.destination, made).values()} == {"accepted"}
    return shop
