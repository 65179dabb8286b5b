"""A shop whose people stand in an audience and in a portal, with its door; for what must hold
across both."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.sandbox import ledger
from connectors.sandbox.server import running
from tests.functions.conftest import Corner, built
from tests.functions.door.conftest import SECRETS, Open, hooks_of, opened
from tests.functions.portal import filled, portal
from tests.functions.settled import settled

MAILCHIMP, HUBSPOT = "mailchimp/main", "hubspot/main"
IN_BOTH = (0, 3, 4, 5, 6, 7, 8)


def email(n: int) -> str:
    """The address of person n."""
    return f"p{n}@example.com"


class Both(Corner):
    """The corner with a portal beside its audience."""

    def unsubscribe(self, n: int) -> None:
        """Somebody leaves the audience."""
        self.sandbox.control("person", email=email(n), action="unsubscribe")

    def opt_out(self, n: int) -> None:
        """Somebody opts out in the portal."""
        self.sandbox.control("hubspot/person", email=email(n), action="opt_out")

    def carts(self, *people: int) -> None:
        """These people leave carts behind at 12:30."""
        self.add_events("carts", *(f"c{n},cart,{n},2026-03-02T12:30:00Z" for n in people))

    def sends(self) -> list[dict[str, Any]]:
        """Everything that was sent by either, as the ledger has it."""
        return ledger.sends(self.sandbox.entries)

    def hear_mailchimp(self, door: Open, after: int = 0) -> set[int]:
        """The audience tells what happened after that ledger entry; the door's answers."""
        url = f"{door.url}/hooks/mailchimp/main/{SECRETS['MAILCHIMP_WORD']}"
        secret = SECRETS["MAILCHIMP_SECRET"]
        return set(self.sandbox.control("deliver", url=url, secret=secret, after=after)["statuses"])

    def hear_hubspot(self, door: Open) -> set[int]:
        """The portal tells all that ever happened, each call twice; the door's answers."""
        told = self.sandbox.control(
            "hubspot/deliver", url=f"{door.url}/hooks/hubspot/main", repeat=2,
            now="2026-03-02T12:00:00+00:00", secret=SECRETS["HUBSPOT_SECRET"])  # fmt: skip
        return set(told["statuses"])


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Both]:
    """`IN_BOTH` stand in both, everybody else in the audience alone. Nobody is held out, nothing
    was planned yet."""
    for name, secret in {**SECRETS, "CORNER_KEY": "corner-secret-us1"}.items():
        monkeypatch.setenv(name, secret)
    monkeypatch.chdir(tmp_path)
    with running() as sandbox:
        corner = Both(built(tmp_path, sandbox).folder, sandbox)
        file = corner.folder / "ofone.toml"
        file.write_text(file.read_text() + portal(sandbox.url, "HUBSPOT_SECRET") + hooks_of(corner))
        playbook = corner.folder / "playbook" / "playbook.yaml"
        playbook.write_text(playbook.read_text().replace("holdout: 20%", "holdout: 0%"))
        filled(sandbox, IN_BOTH)
        yield corner


@pytest.fixture
def both(fresh: Both) -> Both:
    """The same, both as planned."""

    def planned() -> None:
        for place in (MAILCHIMP, HUBSPOT):
            fresh("apply", fresh.json("plan", "--to", place)["id"])

    settled("both", fresh.folder, fresh.sandbox, planned)
    return fresh


@pytest.fixture
def door(both: Both) -> Iterator[Open]:
    """Its door, settled."""
    with opened(both) as found:
        found.turn()
        yield found
