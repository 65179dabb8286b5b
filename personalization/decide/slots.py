"""Decisions by rules: which message a slot shows, and how long that stands."""

import json
from collections.abc import Collection, Mapping, Sequence
from hashlib import blake2b

import numpy as np

from personalization.decide.output import SlotDecisions
from personalization.decide.picks import picks
from personalization.decide.show import Catalogue
from personalization.engine import Engine, literal
from personalization.facts import Facts
from personalization.hashing import joined
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
    stands while no message's segment holds; a message that the slot no longer has does not, nor
    does one below a message that interrupts and whose segment holds."""
    messages = old["message"]
    exists = np.array([one is not None for one in old["id"]], dtype=bool)
    fresh = exists & (np.asarray(old["standing_until"]) > now)
    held = np.asarray(messages == None, dtype=bool) & (best == -1)  # noqa: E711 - elementwise
    interrupted = np.zeros(len(now), dtype=bool)
    for name in slot.messages:
        message = playbook.messages[name]
        holds = segments[message.segment]
        held |= np.asarray(messages == name, dtype=bool) & holds & ~interrupted
        if message.interrupts:
            interrupted |= holds
    return np.asarray(fresh & held, dtype=bool)


def outranked(slot: Slot, messages: np.ndarray, best: np.ndarray, stood: np.ndarray) -> np.ndarray:
    """Where a decision stands although another message ranks better now: the index of that
    message among the slot's; -1 elsewhere."""
    names = np.array([*slot.messages, None], dtype=object)  # at -1, where none is best: None
    other = np.asarray(names[best] != messages, dtype=bool)
    return np.where(stood & (best >= 0) & other, best, -1)


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
    certain = certainty(slot)
    names: list[str | None] = [*slot.messages, None]
    rows = np.flatnonzero(new)
    made = [names[choice] for choice in best[rows].tolist()]
    stood = treated & keep
    picked = chosen_products(engine, facts, slot, rows)
    return SlotDecisions(
        slot=slot.name,
        id=merged(old["id"], stood, rows, identified(slot, rows, ids, period, now)).tolist(),
        period=period,
        message=merged(old["message"], stood, rows, made).tolist(),
        picks=lists(old["picks"], stood, rows, picked),
        probabilities=merged(
            old["probabilities"], stood, rows, [certain[name] for name in made]
        ).tolist(),
        decided_at=np.where(new, now, np.asarray(old["decided_at"])),
        standing_until=np.where(new, now + slot.expires, np.asarray(old["standing_until"])),
        new=new,
        better=outranked(slot, old["message"], best, stood),
        messages=slot.messages,
    )


def merged(
    old: np.ndarray, stood: np.ndarray, rows: np.ndarray, made: Sequence[object]
) -> np.ndarray:
    """A column of the decisions that stand and those made now; None for nobody's."""
    column = only(old, stood)
    fresh = np.empty(len(rows), dtype=object)
    fresh[:] = made
    column[rows] = fresh
    return column


def only(column: np.ndarray, some: np.ndarray) -> np.ndarray:
    """A column of texts with None for everybody else."""
    kept = np.full(len(column), None, dtype=object)
    kept[some] = column[some]
    return kept


def identified(
    slot: Slot, rows: np.ndarray, ids: Sequence[str], period: np.ndarray, now: np.ndarray
) -> list[str]:
    """The ids of the decisions made now, so that the same inputs give the same id: `digest` of
    "decision", contact, slot, period and moment, with the parts that many share joined once."""
    head, place = joined(("decision",)), joined((slot.name,))
    ends: dict[tuple[int, int], bytes] = {}
    found = []
    for i, when in zip(
        rows.tolist(), zip(period[rows].tolist(), now[rows].tolist(), strict=True), strict=True
    ):
        if when not in ends:
            ends[when] = place + joined((str(when[0]), str(when[1])))
        contact = ids[i].encode()
        text = head + len(contact).to_bytes(8) + contact + ends[when]
        found.append(blake2b(text, digest_size=16).hexdigest())
    return found


def lists(
    texts: np.ndarray, stood: np.ndarray, rows: np.ndarray, made: Sequence[list[str]]
) -> list[list[str]]:
    """Picks as lists: those that stand, those made now, and none for everybody else."""
    known: dict[str | None, list[str]] = {None: []}
    found = list[list[str]]()
    for text in only(texts, stood).tolist():
        if text not in known:
            known[text] = json.loads(text)
        found.append(known[text])
    for i, picked in zip(rows.tolist(), made, strict=True):
        found[i] = picked
    return found


def chosen_products(engine: Engine, facts: Facts, slot: Slot, rows: np.ndarray) -> list[list[str]]:
    """The products of the decisions made now, in the order of `rows`."""
    if not slot.picks or not len(rows):
        return [[]] * len(rows)
    found = picks(engine, facts, {"i": rows, "n": np.full(len(rows), slot.picks)})
    return [found[i] for i in rows.tolist()]
