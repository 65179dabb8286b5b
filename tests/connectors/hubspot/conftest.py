"""A HubSpot portal in the sandbox with the destination over it, and a corner shop on it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from connectors import find
from connectors.sandbox import ledger
from connectors.sandbox.server import Running, running
from personalization.models import DAY, Product, Record
from personalization.store.embedded import open_store
from tests.plan.corner import NOW, PLAYBOOK, Corner, email, event

TOKEN = "pat-eu1-00000000-1111-2222-3333-444444444444"
UPDATE, SEARCH = "/contacts/batch/update", "/contacts/search"


@dataclass
class Portal:
    """A sandbox with a destination over its contacts. Waiting moves the sandbox's clock."""

    sandbox: Running
    settings: dict[str, Any] = field(default_factory=dict)
    slept: list[float] = field(default_factory=list)
    since: int = 0

    def __post_init__(self) -> None:
        self.destination = self.another()

    def another(self, **more: Any) -> Any:
        """A destination as a new process would make it."""
        settings = {"token": TOKEN, "url": self.sandbox.url, "sleep": self.sleep,
                    "consent": {"marketing": 1001}}  # fmt: skip
        return find("hubspot").destination("main", {**settings, **self.settings, **more})

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.sandbox.control("clock", advance=seconds)

    def add(self, count: int, **more: Any) -> list[str]:
        """Imports people who have agreed to marketing; returns their record ids."""
        rows = [{"email": email(n), "subscribed": [1001], **more} for n in range(count)]
        return self.sandbox.control("hubspot/contacts", contacts=rows)["ids"]

    def people(self, count: int, **more: Any) -> list[Record]:
        """Imports people and pulls them, in the order of their numbers."""
        ids = self.add(count, **more)
        records = {one.outside_id: one for page in self.destination.pull(None)
                   for one in page.records}  # fmt: skip
        return [records[id] for id in ids]

    def person(self, n: int, action: str, **more: Any) -> None:
        """Somebody does something in the portal."""
        self.sandbox.control("hubspot/person", email=email(n), action=action, **more)

    def free(self) -> None:
        """Without rate limits, which are another test's."""
        self.sandbox.control("hubspot/settings", limits={"time": "off"})

    def fail(self, *script: dict[str, Any], **more: Any) -> None:
        """Sets what goes wrong from now on."""
        self.sandbox.control("hubspot/failures", script=list(script), **more)

    def mark(self) -> None:
        """Begins a new count of ledger entries."""
        self.since = len(self.sandbox.entries)

    @property
    def entries(self) -> list[dict[str, Any]]:
        """Ledger entries since the mark."""
        return ledger.of_api(self.sandbox.entries[self.since :], "hubspot")

    def effects(self, *kinds: str) -> list[dict[str, Any]]:
        """What our calls have done since the mark."""
        return ledger.effects(self.entries, kinds or None)

    def calls(self, method: str = "", path: str = "") -> list[dict[str, Any]]:
        """Our HTTP calls since the mark."""
        return [call for call in ledger.calls(self.entries)
                if path in call["path"] and method in ("", call["method"])]  # fmt: skip

    @property
    def counts(self) -> tuple[int, int]:
        """HTTP calls since the mark: writes and reads."""
        counted = ledger.counts(self.sandbox.entries[self.since :])
        return counted["writes"], counted["reads"]

    def values(self, id: str) -> dict[str, str]:
        """A contact's properties as the portal holds them."""
        return dict(self.sandbox.world.portal.tables["contacts"].records[int(id)].properties)


@pytest.fixture
def portal() -> Iterator[Portal]:
    with running() as sandbox:
        made = Portal(sandbox)
        yield made
        made.destination.close()


@pytest.fixture
def ready(portal: Portal, may: Callable[..., Any], told: Callable[..., Any]) -> Portal:
    """A portal with two fields, a tag and an event of ours, and no rate limits."""
    portal.free()
    rows = [may(1, "setup", {"field": "HERO", "label": "Hero (ofone)"}),
            may(2, "setup", {"field": "PICK1", "label": "Pick 1 (ofone)"}),
            may(3, "setup", {"tag": "Regulars"}), may(4, "setup", {"event": "cart_left"})]  # fmt: skip
    assert {one.result for one in told(portal.destination, rows).values()} == {"accepted"}
    return portal


class HubSpotCorner(Corner):
    """The corner shop with a portal instead of an audience."""

    def shows(self, n: int) -> dict[str, str]:
        table = self.sandbox.world.portal.tables["contacts"]
        held = table.with_email(email(n)).properties
        names = ("HEADLINE", "PICK1", "ORDERS")
        return {
            one: held[f"ofone_{one.lower()}"] for one in names if f"ofone_{one.lower()}" in held
        }

    def tagged(self, tag: str) -> int:
        lists = self.sandbox.world.portal.lists.values()
        held = {one.name: len(one.members) for one in lists if one.deleted_at is None}
        return held.get(f"{tag} (ofone)", 0)

    def sent(self) -> list[str]:
        found = ledger.effects(self.sandbox.entries, ("event_sent",))
        return sorted(one["after"]["ofone_key"] for one in found)

    def person(self, n: int, action: str, **more: Any) -> None:
        self.sandbox.control("hubspot/person", email=email(n), action=action, **more)


@contextmanager
def corner_on_hubspot(folder: Path, people: int = 10) -> Iterator[HubSpotCorner]:
    """Everybody bought once, the first three are regulars."""
    (folder / "store").mkdir(parents=True)
    with running() as sandbox:
        rows = [{"email": email(n), "subscribed": [1001], "properties": {"firstname": f"Ann {n}"}}
                for n in range(people)]  # fmt: skip
        sandbox.control("hubspot/contacts", contacts=rows)
        sandbox.control("hubspot/settings", limits={"time": "off"})
        store = open_store(folder / "store", "00" * 32)
        destination = find("hubspot").destination("main", {
            "token": TOKEN, "url": sandbox.url, "sleep": lambda _: None,
            "consent": {"marketing": 1001},
        })  # fmt: skip
        text = PLAYBOOK.replace("FNAME", "firstname")
        corner = HubSpotCorner(sandbox, folder, store, destination, text)
        with store.record(NOW - DAY) as recorder:
            recorder.products(Product(id=f"s{n}", name=f"Soap {n}") for n in range(4))
        corner.happened(NOW - DAY, *(
            event("order", n, NOW - (9 + k) * DAY, k)
            for n in range(people) for k in range(3 if n < 3 else 1)
        ))  # fmt: skip
        try:
            yield corner
        finally:
            destination.close()
            store.close()


@pytest.fixture
def corner(tmp_path: Path) -> Iterator[HubSpotCorner]:
    with corner_on_hubspot(tmp_path / "shop") as made:
        yield made


@pytest.fixture(scope="module")
def another_corner() -> Callable[..., Any]:
    """Opens a corner shop that is a test's own."""
    return corner_on_hubspot
