"""What four shops hold, by system and kind, and what was asked of them.

Rows are in the shape of each system's webhooks; only Shopify's API shows them in another
(`shopify_nodes`). Time is the sandbox's own and stands still unless it is moved.
"""

import threading
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from connectors.sandbox.clock import Clock, micros
from connectors.sandbox.failures import Failures

Row = dict[str, Any]
SECOND = 1_000_000

READ_KINDS = ("429", "429_retry_after", "500", "502", "html", "cut", "lost_before", "slow")
"""What can go wrong with a read: refused as too many (with or without Retry-After), an answer
without a body, an HTML page of some proxy with 502 or 200, half a JSON body, no answer, a late
one."""


@dataclass
class Reply:
    """An answer; `lost` closes the connection instead."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    lost: bool = False
    delay: float = 0.0


@dataclass
class Call:
    """One call as it came in."""

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]
    body: bytes

    def one(self, name: str, otherwise: str | None = None) -> str | None:
        """A parameter's last value."""
        found = [value for key, value in self.query if key == name]
        return found[-1] if found else otherwise

    def every(self, name: str) -> list[str]:
        """All values of a parameter."""
        return [value for key, value in self.query if key == name]


@dataclass
class Bucket:
    """A leaky bucket: so much fits, and so much a second flows off."""

    size: float
    rate: float
    filled: float = 0.0
    at: int = 0

    def room(self, now: int) -> float:
        """What fits in now."""
        self.filled = max(0.0, self.filled - (now - self.at) / SECOND * self.rate)
        self.at = max(self.at, now)
        return self.size - self.filled

    def takes(self, amount: float, now: int) -> bool:
        """Whether that much fits; if so it is in."""
        if self.room(now) < amount:
            return False
        self.filled += amount
        return True


@dataclass
class Shops:
    """All four shops. `keys` are the credentials that are taken, any where there are none.
    `meanwhile` is called before each answer, for a world that changes while it is read."""

    clock: Clock = field(default_factory=Clock)
    failures: Failures = field(default_factory=Failures)
    keys: frozenset[str] = frozenset()
    rows: dict[tuple[str, str], dict[str, Row]] = field(default_factory=dict)
    calls: list[dict[str, Any]] = field(default_factory=list)
    meanwhile: Callable[[Call], None] | None = None
    points: Bucket = field(default_factory=lambda: Bucket(2_000, 100))
    reads: Bucket = field(default_factory=lambda: Bucket(25, 25))
    dearest: int = 1_000
    furthest: int = 25_000
    lock: threading.RLock = field(default_factory=threading.RLock)
    told: int = 0

    def put(self, system: str, kind: str, row: Row) -> None:
        """A row as it is now, new or changed; under its id."""
        with self.lock:
            self.rows.setdefault((system, kind), {})[str(row["id"])] = deepcopy(row)

    def drop(self, system: str, kind: str, id: str) -> None:
        """Deletes a row."""
        with self.lock:
            del self.rows[(system, kind)][str(id)]

    def of(self, system: str, kind: str) -> list[Row]:
        """The rows of one kind."""
        return list(self.rows.get((system, kind), {}).values())

    def tell(self, topic: str, thing: Row, before: Row | None = None) -> Row:
        """Puts an object of Stripe's and the event that tells of it; returns the event, which is
        the body of the webhook too."""
        with self.lock:
            self.told += 1
            kind = f"{thing.get('object') or topic.partition('.')[0]}s".removeprefix("checkout.")
            if topic.endswith(".deleted"):
                self.drop("stripe", kind, thing["id"])
            else:
                self.put("stripe", kind, thing)
            data = {"object": deepcopy(thing)}
            if before:
                data["previous_attributes"] = before
            event = {"id": f"evt_{self.told}", "object": "event", "type": topic,
                     "created": self.clock.now // SECOND, "data": data}  # fmt: skip
            self.put("stripe", "events", event)
            return event

    def allowed(self, key: str) -> bool:
        """Whether a credential is taken."""
        return key in self.keys if self.keys else bool(key)


def moment(text: Any) -> int:
    """UTC microseconds of an ISO 8601 text; 0 for anything else."""
    try:
        return micros(text) if isinstance(text, str) else 0
    except ValueError:
        return 0


def refusal(kind: str, too_many: Any) -> Reply | None:
    """The answer of a call that goes wrong; None for one that is only slow or cut."""
    if kind == "429":
        return Reply(429, too_many)
    if kind == "429_retry_after":
        return Reply(429, too_many, {"Retry-After": "2"})
    if kind == "500":
        return Reply(500, raw=b"")
    if kind in ("502", "html"):
        return Reply(502 if kind == "502" else 200, raw=b"<html>busy</html>")
    return Reply(lost=True) if kind == "lost_before" else None
