"""A receipt: why a contact got what they got, as plain values that print on one page."""

from collections.abc import Mapping
from typing import Any

from personalization.models import Frozen, Micros


class TraitLine(Frozen):
    """A trait's value, its rule in words, and the newest events behind it (`events` of
    `count`)."""

    name: str
    value: Any
    rule: str
    events: tuple[str, ...] = ()
    count: int = 0


class SegmentLine(Frozen):
    """A segment, whether it holds, and the values that decided it. `since` if it is held;
    `nearest` is the smallest change of one value alone that would flip it, in words, or that
    none does."""

    name: str
    holds: bool
    source: str
    values: Mapping[str, Any]
    since: Micros | None = None
    nearest: str | None = None


class PickLine(Frozen):
    """A product chosen, with the parts of its score and the orders behind it."""

    product: str
    name: str
    own: int
    popular: int
    orders: tuple[str, ...] = ()


class ClickLine(Frozen):
    """An event that carries a decision's token: what kind of, when, and its key."""

    kind: str
    at: Micros
    event: str


class DecisionLine(Frozen):
    """A slot's decision. It `stands` if it is still in force; `instead` is the message that would
    be shown without it, where that is another, and if it stands no longer, what is decided now
    ("none" for no message). `replayed` is "equal" or "differs" (with `difference`), from recomputing
    it from the log as it was recorded when it was made; "erased" where that is gone. `clicked` are
    the first events that came by a link of it, of `clicks`."""

    slot: str
    id: str
    message: str | None
    alternatives: Mapping[str, float]
    picks: tuple[PickLine, ...]
    decided_at: Micros
    standing_until: Micros
    playbook: str
    facts: str
    catalogue: str
    policy: str
    replayed: str
    difference: str | None = None
    stands: bool = True
    instead: str | None = None
    clicked: tuple[ClickLine, ...] = ()
    clicks: int = 0


class WaitLine(Frozen):
    """A trigger that has its cause and waits, for what, until a moment, on the clock of a zone."""

    trigger: str
    until: Micros
    why: str
    zone: str


class FieldLine(Frozen):
    """A field: its template, the inputs that it read, what it shows, what is in the destination
    by the last pull. `reason` says why it shows its fallback, if it does."""

    name: str
    template: str | None
    inputs: Mapping[str, Any]
    value: str
    fallback: bool
    there: str | None
    reason: str | None = None


class Receipt(Frozen):
    """Everything about one contact as of one moment."""

    contact: str
    at: Micros
    arm: str | None
    zone: str
    zone_from: str
    language: str | None
    consent: Mapping[str, str]
    stage: str | None
    traits: tuple[TraitLine, ...]
    segments: tuple[SegmentLine, ...]
    decisions: tuple[DecisionLine, ...]
    fields: tuple[FieldLine, ...]
    sends: tuple[Mapping[str, Any], ...]
    waits: tuple[WaitLine, ...] = ()
    simulated: int = 0
    """How many of the events behind it are marked as simulated (the demo's)."""
