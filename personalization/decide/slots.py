"""Decisions by rules: which message a slot shows, and how long that stands."""

import json
from collections.abc import Collection, Mapping, Sequence

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
    return fresh & held


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
    shown = old["picks"].tolist()
    fresh = chosen_products(engine, facts, slot, new)
    names = [*slot.messages, None]
    certain = certainty(slot)
    best_list, new_list, treated_list = best.tolist(), new.tolist(), treated.tolist()
    period = np.asarray(old["period"], dtype=np.int64) + new
    decided_at = np.where(new, now, np.asarray(old["decided_at"]))
    columns: tuple[list[str | None], ...] = ([], [], [])
    picked: list[list[str]] = []
    for i in range(len(now)):
        if new_list[i]:
            message = names[best_list[i]]
            row = (identify(ids[i], slot.name, int(period[i]), int(now[i])), message,
                   certain[message])  # fmt: skip
            picked.append(fresh.get(i, []))
        elif treated_list[i]:
            row = (old["id"][i], old["message"][i], old["probabilities"][i])
            picked.append(json.loads(shown[i]) if shown[i] else [])
        else:
            row = (None, None, None)
            picked.append([])
        for column, value in zip(columns, row, strict=True):
            column.append(value)
    until = np.where(new, now + slot.expires, np.asarray(old["standing_until"]))
    return SlotDecisions(
        slot=slot.name, id=columns[0], period=period, message=columns[1], picks=picked,
        probabilities=columns[2], decided_at=decided_at, standing_until=until, new=new,
    )  # fmt: skip


def chosen_products(
    engine: Engine, facts: Facts, slot: Slot, new: np.ndarray
) -> dict[int, list[str]]:
    """The products of the decisions made now, by `i`."""
    rows = np.flatnonzero(new)
    if not slot.picks or not len(rows):
        return {}
    return picks(engine, facts, {"i": rows, "n": np.full(len(rows), slot.picks)})
