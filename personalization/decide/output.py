"""What `decide` returns: columns in contact order, and the few rows that are few."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from personalization.models import Frozen, Micros
from personalization.render import Overlong


class Intent(Frozen):
    """A send that a trigger asks for. `key` is unique for ever: the same cause sends once. After
    `until` it is too late for it."""

    key: str
    contact: str
    trigger: str
    message: str
    event: str
    channel: str
    basis: str
    by: str = "event"
    moment: Micros
    until: Micros
    cause: str
    decision: str | None = None


class Look(NamedTuple):
    """A due row: at `moment` somebody looks again at this contact."""

    moment: Micros
    contact: str
    reason: str
    key: str


@dataclass(frozen=True)
class SlotDecisions:
    """One slot's standing decisions after deciding, a row a contact; `new` marks those made
    now. `message` is None for "none"; `picks` are lists of product ids. `better` is, where a
    decision stands although another message ranks better now, that message's place among the
    slot's `messages`, else -1. Rows of contacts in the holdout have id None: nothing was chosen for them."""

    slot: str
    id: list[str | None]
    period: np.ndarray
    message: list[str | None]
    picks: list[list[str]]
    probabilities: list[str | None]
    decided_at: np.ndarray
    standing_until: np.ndarray
    new: np.ndarray
    better: np.ndarray
    messages: tuple[str, ...]


@dataclass(frozen=True)
class Decided:
    """Everything known about the contacts of one engine session, in ascending id order."""

    contacts: list[str]
    now: np.ndarray
    arms: list[str]
    assigned: np.ndarray
    zones: list[str | None]
    traits: Mapping[str, np.ndarray]
    segments: Mapping[str, np.ndarray]
    stage: list[str | None]
    memberships: list[str]
    moved: np.ndarray
    slots: Mapping[str, SlotDecisions]
    fields: Mapping[str, Sequence[str]]
    fallbacks: Mapping[str, int]
    reasons: Mapping[str, Mapping[str, int]]
    overlong: Mapping[str, Overlong]
    looks: Sequence[Look]
    intents: Sequence[Intent]
