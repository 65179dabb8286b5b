"""What an account holds, and the functions that change it, each with its ledger entry."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from connectors.sandbox.clock import Clock
from connectors.sandbox.failures import Failures
from connectors.sandbox.ledger import Ledger, Recorder

SECOND = 1_000_000
type Row = dict[str, Any]


@dataclass
class Profile:
    """One person. `consent` and `suppressed` are of e-mail marketing; `updated` is a moment."""

    id: str
    email: str | None
    updated: int
    consent: str = "NEVER_SUBSCRIBED"
    suppressed: str | None = None
    sms: str | None = None
    own: Row = field(default_factory=dict)
    location: Row = field(default_factory=dict)
    properties: Row = field(default_factory=dict)

    @property
    def standing(self) -> str | None:
        """How the ledger calls it."""
        if self.consent == "UNSUBSCRIBED" or self.suppressed:
            return "opted_out"
        return "subscribed" if self.consent == "SUBSCRIBED" else None


@dataclass
class Account:
    """One account. Seconds: `late` until an event shows, `processing` until a call for many events
    is processed. `lists_move_updated`: whether being put on a list moves `updated` (unverified).
    `scopes` are what the key may do, None for everything. `limits`: "clock" counts by the sandbox's
    clock, "off" not at all."""

    keys: frozenset[str] = frozenset()
    ledger: Ledger = field(default_factory=Ledger)
    failures: Failures = field(default_factory=Failures)
    clock: Clock = field(default_factory=Clock)
    lock: threading.Lock = field(default_factory=threading.Lock)
    scopes: frozenset[str] | None = None
    limits: str = "clock"
    late: int = 0
    lists_move_updated: bool = False
    profiles: dict[str, Profile] = field(default_factory=dict)
    lists: dict[str, Row] = field(default_factory=dict)
    members: dict[str, dict[str, int]] = field(default_factory=dict)
    tags: dict[str, Row] = field(default_factory=dict)
    metrics: dict[str, str] = field(default_factory=dict)
    events: dict[tuple[str, str, str], Row] = field(default_factory=dict)
    calls: dict[str, list[int]] = field(default_factory=dict)
    made: int = 0

    def new_id(self, prefix: str) -> str:
        """An id, never the same twice."""
        self.made += 1
        return f"{prefix}{self.made:08d}"

    def find(self, email: str) -> Profile | None:
        """Who has that address."""
        return next((one for one in self.profiles.values() if one.email == email), None)

    def recorder(self, actor: str = "api") -> Recorder:
        """Collects the effects of one call."""
        return Recorder(self.clock.tick, actor)


def noted(recorder: Recorder, kind: str, undo: Callable[[], object], **facts: Any) -> int:
    """One effect in the ledger; its moment."""
    return recorder.record(kind, undo, api="klaviyo", **facts)


def write(recorder: Recorder, profile: Profile, new: Row, unset: list[str]
          ) -> None:  # fmt: skip
    """Changes properties of a profile; what is so already is not written."""
    before, moved = dict(profile.properties), profile.updated
    after = {name: value for name, value in {**before, **new}.items() if name not in unset}
    if after == before:
        return

    def undo() -> None:
        profile.properties, profile.updated = before, moved

    changed = {name: after.get(name) for name in {*before, *after}
               if before.get(name) != after.get(name)}  # fmt: skip
    profile.properties = after
    profile.updated = noted(recorder, "field_written", undo, profile=profile.id,
                            standing=profile.standing, after=changed)  # fmt: skip


def move(account: Account, recorder: Recorder, list_id: str, profile: Profile, on: bool) -> None:
    """Puts somebody on a list or takes them off."""
    members = account.members[list_id]
    if (profile.id in members) == on:
        return
    before, moved = members.get(profile.id), profile.updated

    def undo() -> None:
        profile.updated = moved
        members.pop(profile.id, None)
        if before is not None:
            members[profile.id] = before

    kind = "tag_added" if on else "tag_removed"
    at = noted(recorder, kind, undo, profile=profile.id, standing=profile.standing,
               after=account.lists[list_id]["name"])  # fmt: skip
    if on:
        members[profile.id] = at
    else:
        members.pop(profile.id)
    if account.lists_move_updated:
        profile.updated = at


def happen(account: Account, recorder: Recorder, profile_id: str, told: Row) -> None:
    """Records an event, once for a profile, a metric and an id. An event of an id that nobody has
    makes a profile, without address (unverified)."""
    profile = account.profiles.get(profile_id)
    if profile is None:
        profile = account.profiles[profile_id] = Profile(profile_id, None, account.clock.now)
        noted(recorder, "created", lambda: account.profiles.pop(profile_id), profile=profile_id,
              standing=None, after={})  # fmt: skip
    name = told["metric"]["data"]["attributes"]["name"]
    metric = next((id for id, one in account.metrics.items() if one == name), None)
    if metric is None:
        metric = account.new_id("M")
        account.metrics[metric] = name
    key = (profile_id, metric, str(told["unique_id"]))
    if key in account.events:
        return
    at = noted(recorder, "event_sent", lambda: account.events.pop(key), profile=profile_id,
               standing=profile.standing, key=told["unique_id"], after=told["properties"])  # fmt: skip
    account.events[key] = {
        "id": account.new_id("E"), "metric": metric, "profile": profile_id,
        "properties": told["properties"], "time": told["at"] if told["at"] is not None else at,
        "shown": account.clock.now + account.late * SECOND,
    }  # fmt: skip
