"""A plan as a value: what people read, and what `apply` may rely on."""

import json
from collections.abc import Mapping
from typing import Any, Literal

from personalization.connector import Cost, Destination
from personalization.models import Frozen, Micros
from personalization.render import Overlong


class FieldChange(Frozen):
    """One field: how many contacts change, with examples of old and new values. Of all contacts
    decided for, `fallbacks` see the fallback for the `reasons`; where a text was too long,
    `overlong` says how long."""

    name: str
    contacts: int
    emptied: int
    fallbacks: int
    examples: tuple[tuple[str, str], ...]
    reasons: Mapping[str, int] = {}
    overlong: Overlong | None = None


class SegmentSize(Frozen):
    """One segment now and in the run before (None for the first), and its tag's movement."""

    name: str
    contacts: int
    before: int | None
    tag: str | None = None
    added: int = 0
    removed: int = 0


class Kept(Frozen):
    """So many contacts keep a slot's `message` by a decision that still stands, the last of them
    until `until`, although the message `better` ranks better for them now."""

    slot: str
    message: str
    better: str
    contacts: int
    until: Micros


class Removal(Frozen):
    """A field or tag that goes from a destination with what so many contacts hold of it. No undo
    brings that back."""

    kind: Literal["field", "tag"]
    name: str
    contacts: int


class PlanReport(Frozen):
    """Everything that `ofone plan` prints. `unseen` says what cannot be previewed, `warnings` what
    should be known before it is applied. Fields change for `written` contacts, tags for `tagged`,
    either for `touched` (0 where that was not counted). `quiet` sends wait for quiet hours to end. An
    undo decides nothing and so knows no segments: `tags`
    says how many contacts get each tag by it and how many lose it."""

    id: str
    destination: str
    account: str
    now: Micros
    seen: Micros
    playbook: str
    facts: str
    catalogue: str
    contacts: int
    reachable: int
    absent: int
    left_alone: Mapping[str, int]
    arms: Mapping[str, int]
    rows: int
    written: int
    fields: tuple[FieldChange, ...]
    segments: tuple[SegmentSize, ...]
    stages: Mapping[str, int]
    messages: Mapping[str, int]
    decisions: int
    sends: Mapping[str, int]
    create: tuple[str, ...]
    rename: tuple[tuple[str, str], ...]
    remove: tuple[str, ...]
    cost: Cost
    unseen: tuple[str, ...]
    parked: tuple[str, ...] = ()
    undoes: str | None = None
    warnings: tuple[str, ...] = ()
    tags: Mapping[str, tuple[int, int]] = {}
    kept: tuple[Kept, ...] = ()
    tagged: int = 0
    touched: int = 0
    removals: tuple[Removal, ...] = ()
    quiet: int = 0

    @property
    def empty(self) -> bool:
        """Whether applying it would change nothing."""
        return self.rows == 0


def begun(destination: Destination) -> str:
    """The body of a plan that is not finished: only whom it is for."""
    return json.dumps({"destination": destination.name, "account": destination.account})


def concerns(body: str, destination: Destination) -> bool:
    """Whether a plan of that body is for a destination."""
    told: dict[str, Any] = json.loads(body)
    place = {"destination": destination.name, "account": destination.account}
    return all(told.get(name, value) == value for name, value in place.items())


def approved(state: str, body: str) -> bool:
    """Whether a plan in a state is one that a person let go on: it was parked, and its reasons
    stay in its body."""
    return state in ("ready", "applying") and bool(json.loads(body).get("parked"))


def finished(body: str) -> PlanReport | None:
    """A plan as it was shown; None where its making never came to an end."""
    return PlanReport.model_validate(told) if "id" in (told := json.loads(body)) else None
