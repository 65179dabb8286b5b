"""The next moment to look again at a contact: when something changes by the passing of time."""

from collections.abc import Mapping, Sequence

import numpy as np

from personalization.decide.output import Look, SlotDecisions
from personalization.engine import Engine
from personalization.playbook.model import Playbook
from personalization.traits.flips import next_change
from personalization.traits.thresholds import shown_by

NEVER = np.iinfo(np.int64).max


def next_looks(
    engine: Engine,
    playbook: Playbook,
    ids: Sequence[str],
    now: np.ndarray,
    chosen: Mapping[str, SlotDecisions],
) -> list[Look]:
    """One due row a contact: the first moment after `now` at which a trait may change or a
    standing decision expires. None where nothing ever will."""
    at = np.full(len(now), NEVER, dtype=np.int64)
    changes = next_change(engine, playbook, seen(playbook, len(now), chosen))
    at[np.asarray(changes["i"], dtype=np.int64)] = np.asarray(changes["at"], dtype=np.int64)
    for slot in chosen.values():
        decided = np.array([one is not None for one in slot.id], dtype=bool)
        expires = np.where(decided & (slot.standing_until > now), slot.standing_until, NEVER)
        at = np.minimum(at, expires)
    rows = np.flatnonzero(at != NEVER)
    return [
        Look(moment, ids[i], "look", f"look|{ids[i]}")
        for i, moment in zip(rows.tolist(), at[rows].tolist(), strict=True)
    ]


def seen(
    playbook: Playbook, count: int, chosen: Mapping[str, SlotDecisions]
) -> dict[str, np.ndarray]:
    """For each trait that a message shows, which contacts are told such a message now."""
    found: dict[str, np.ndarray] = {}
    for slot in playbook.slots.values():
        said = np.array(chosen[slot.name].message, dtype=object)
        for message, traits in shown_by(playbook, slot).items():
            for name in traits:
                told = np.asarray(said == message, dtype=bool)
                found[name] = found.get(name, np.zeros(count, dtype=bool)) | told
    return found
