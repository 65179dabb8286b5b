"""One sandbox: its clock, ledger, failures and accounts, and the calls that go through them."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from connectors.sandbox.clock import Clock, fine
from connectors.sandbox.failures import Failures
from connectors.sandbox.hubspot.catalogue import new_portal
from connectors.sandbox.hubspot.state import Portal
from connectors.sandbox.ledger import Entry, Ledger, Recorder
from connectors.sandbox.mailchimp.state import Account, Audience, new_audience

LIST = "5ea5ea5ea5"
"""The id of the audience that a new sandbox has."""


@dataclass
class World:
    """`keys` are the accepted API keys; where there are none, any will do. One lock holds state,
    clock and ledger together; waiting happens outside of it."""

    ledger: Ledger = field(default_factory=Ledger)
    failures: Failures = field(default_factory=Failures)
    clock: Clock = field(default_factory=Clock)
    keys: frozenset[str] = frozenset()
    account: Account = field(default_factory=Account)
    portal: Portal = field(default_factory=new_portal)
    lock: threading.RLock = field(default_factory=threading.RLock)
    gate: threading.Lock = field(default_factory=threading.Lock)
    in_flight: int = 0

    def __post_init__(self) -> None:
        self.audience(LIST)

    def audience(self, list_id: str) -> Audience:
        """The audience with that id, made where there is none."""
        if list_id not in self.account.audiences:
            self.account.audiences[list_id] = new_audience(list_id, "Shop", self.clock.now)
        return self.account.audiences[list_id]

    def recorder(self, actor: str = "api") -> Recorder:
        """A recorder of effects that this actor causes."""
        return Recorder(self.clock.tick, actor)

    def write(self, call: Entry, recorder: Recorder) -> int:
        """Puts a call and its effects into the ledger."""
        effects = [{**effect, "moment": fine(effect["moment"])} for effect in recorder.effects]
        call = {"clock": fine(self.clock.now), "actor": recorder.actor, **call}
        return self.ledger.append(call, effects)

    def act(self, actor: str, what: str, body: Any, do: Callable[[Recorder], Any]) -> Any:
        """Lets somebody other than the API's client change the state."""
        with self.lock:
            recorder = self.recorder(actor)
            result = do(recorder)
            call = {"via": "person" if actor == "person" else "control", "method": "POST"}
            self.write({**call, "path": what, "body": body, "write": True}, recorder)
            return result

    def reset(self) -> None:
        """A new account and a new portal at the same clock. The ledger stays: it is append-only."""
        with self.lock:
            self.account = Account()
            settings, failures = self.portal.settings, self.portal.failures
            self.portal = new_portal()
            self.portal.settings = settings
            self.portal.failures = Failures(seed=failures.seed)
            self.audience(LIST)


def world(ledger: Path | None = None, **settings: Any) -> World:
    """A sandbox that keeps its ledger in that file, if one is given."""
    return World(ledger=Ledger(ledger), **settings)


def parsed(body: bytes) -> Any:
    """The JSON of a body; None for none. Raises ValueError."""
    return json.loads(body) if body else None
