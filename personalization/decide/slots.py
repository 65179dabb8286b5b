"""Decisions by rules: which message a slot shows, and how long that stands."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from personalization.decide.output import SlotDecisions
from personalization.decide.picks import picks
from personalization.decide.show import Catalogue
from personalization.engine import Engine, literal
from personalization.facts import Facts
from personalization.hashing import digest
from personalization.playbook.model import Playbook, Slot

POLICY = "rules/1"
"""The first message, in the slot's order, whose segment holds; products by recency and
popularity. A learning policy has a name of its own and full probabilities."""


def preferred(slot: Slot, playbook: Playbook, segments: Mapping[str, np.ndarray],
              n: int) -> np.ndarray:  # fmt: skip
    """For n contacts the index of the slot's first message whose segment holds; -1 for none."""
    chosen = np.full(n, -1, dtype=np.int64)
    for index in reversed(range(len(slot.messages))):
        holds = segments[playbook.messages[slot.messages[index]].segment]
        chosen = np.where(holds, index, chosen)
    return chosen


def standing(engine: Engine, slot: Slot) -> dict[str, np.ndarray]:
    """The slot's newest decision of each contact, in contact order; id None where none was."""
    return engine.columns(
        f"""SELECT s.id AS id, COALESCE(s.period, -1) AS period, s.message AS message,
            s.picks AS picks, s.probabilities AS probabilities,
            COALESCE(s.decided_at, 0) AS decided_at, COALESCE(s.standing_until, 0) AS standing_until
        FROM contacts c LEFT JOIN standing s ON s.contact = c.id AND s.slot = {literal(slot.name)}
        ORDER BY c.i"""
    )


def stands(
    slot: Slot,
    old: Mapping[str, np.ndarray],
    best: np.ndarray,
    segments: Mapping[str, np.ndarray],
    playbook: Playbook,
    now: np.ndarray,
) -> np.ndarray:
    """Which old decisions still stand: not expired, and the message's segment not left. "none"
    stands while no message's segment holds; a message that the slot no longer has does not."""
    messages = old["message"]
    exists = np.array([one is not None for one in old["id"]], dtype=bool)
    fresh = exists & (np.asarray(old["standing_until"]) > now)
    held = np.asarray(messages == None, dtype=bool) & (best == -1)  # noqa: E711 - elementwise
    for name in slot.messages:
        held |= np.asarray(messages == name, dtype=bool) & segments[playbook.messages[name].segment]
    return np.asarray(fresh & held, dtype=bool)


def available(picks: np.ndarray, wanted: int, in_stock: Collection[str]) -> np.ndarray:
    """Which stored pick lists are still whole: as many as the slot has, all in stock."""
    verdicts: dict[str | None, bool] = {}
    for text in picks:
        if text not in verdicts:
            names = json.loads(text) if text else []
            verdicts[text] = all(name in in_stock for name in names) and len(names) <= wanted
    return np.array([verdicts[text] for text in picks], dtype=bool)


def certainty(slot: Slot) -> dict[str | None, str]:
    """The probability of every alternative for a rule's choice, as JSON text, by the choice."""
    alternatives = [*slot.messages, "none"]
    return {
        (None if chosen == "none" else chosen): json.dumps(
            {name: float(name == chosen) for name in alternatives}, separators=(",", ":")
        )
        for chosen in alternatives
    }


def identify(contact: str, slot: str, period: int, decided_at: int) -> str:
    """A decision's id: the same inputs give the same id."""
    return digest("decision", contact, slot, str(period), str(decided_at))


def choose(
    engine: Engine,
    playbook: Playbook,
    slot: Slot,
    facts: Facts,
    goods: Catalogue,
    held: Mapping[str, np.ndarray],
    treated: np.ndarray,
    now: np.ndarray,
    ids: Sequence[str],
) -> SlotDecisions:
    """One slot's decisions: those that stand, and new ones where none does."""
    old = standing(engine, slot)
    best = preferred(slot, playbook, held, len(now))
    keep = stands(slot, old, best, held, playbook, now)
    keep &= available(old["picks"], slot.picks, goods.in_stock)
    new = treated & ~keep
    period = np.asarray(old["period"], dtype=np.int64) + new
    made = make(slot, best, new, period, now, ids, chosen_products(engine, facts, slot, new))
    rows = [
        made.get(i) or (carried(old, i) if is_treated else NOTHING)
        for i, is_treated in enumerate(treated.tolist())
    ]
    return SlotDecisions(
        slot=slot.name, id=[row.id for row in rows], period=period,
        message=[row.message for row in rows], picks=[row.picks for row in rows],
        probabilities=[row.probabilities for row in rows],
        decided_at=np.where(new, now, np.asarray(old["decided_at"])),
        standing_until=np.where(new, now + slot.expires, np.asarray(old["standing_until"])),
        new=new,
    )  # fmt: skip


class Choice(NamedTuple):
    """What one contact's decision says."""

    id: str | None
    message: str | None
    picks: list[str]
    probabilities: str | None


NOTHING = Choice(None, None, [], None)


def make(
    slot: Slot,
    best: np.ndarray,
    new: np.ndarray,
    period: np.ndarray,
    now: np.ndarray,
    ids: Sequence[str],
    picked: Mapping[int, list[str]],
) -> dict[int, Choice]:
    """The decisions made now, by `i`."""
    names: list[str | None] = [*slot.messages, None]
    certain = certainty(slot)
    rows = np.flatnonzero(new)
    columns = (rows, best[rows], period[rows], now[rows])
    return {
        i: Choice(identify(ids[i], slot.name, ordinal, moment), names[choice], picked.get(i, []),
                  certain[names[choice]])
        for i, choice, ordinal, moment in zip(*(one.tolist() for one in columns), strict=True)
    }  # fmt: skip


def carried(old: Mapping[str, np.ndarray], i: int) -> Choice:
    """The decision that stands."""
    picks = old["picks"][i]
    return Choice(
        old["id"][i], old["message"][i], json.loads(picks) if picks else [],
        old["probabilities"][i],
    )  # fmt: skip


def chosen_products(
    engine: Engine, facts: Facts, slot: Slot, new: np.ndarray
) -> dict[int, list[str]]:
    """The products of the decisions made now, by `i`."""
    rows = np.flatnonzero(new)
    if not slot.picks or not len(rows):
        return {}
    return picks(engine, facts, {"i": rows, "n": np.full(len(rows), slot.picks)})
