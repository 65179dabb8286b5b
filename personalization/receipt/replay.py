"""Recomputing decisions from the log as it was recorded when they were made."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from personalization.decide.output import Decided
from personalization.models import Frozen
from personalization.plan.session import EngineFactory, session
from personalization.playbook.load import from_files
from personalization.store.protocol import Scope, Store

Decision = Mapping[str, Any]
BATCH = 1_000


class Verdict(Frozen):
    """equal, differs or erased; `difference` says where."""

    verdict: str
    difference: str | None = None


def replay(store: Store, make_engine: EngineFactory, decision: Decision) -> Verdict:
    """One decision; see `replay_all`."""
    return next(replay_all(store, make_engine, [decision]))[1]


def replay_all(
    store: Store, make_engine: EngineFactory, decisions: Sequence[Decision]
) -> Iterator[tuple[Decision, Verdict]]:
    """Decides again with the playbook, facts and catalogue that each decision names, at its
    moment, from the log recorded by then, and compares id, message, picks, probabilities and
    expiry. Decisions that saw the same are recomputed in one call; they come out in the order
    of what they saw."""
    ordered = sorted(decisions, key=lambda one: (*versions(one), one["slot"], one["contact"]))
    for (*named, _), group in groupby(ordered, key=lambda one: (*versions(one), one["slot"])):
        members = list(group)
        for begin in range(0, len(members), BATCH):
            part = members[begin : begin + BATCH]
            yield from zip(part, verdicts(store, make_engine, named, part), strict=True)


def versions(decision: Decision) -> tuple[str, str, str, int]:
    """What a decision saw."""
    return (
        decision["playbook"], decision["facts"], decision["catalogue"], int(decision["seen"]),
    )  # fmt: skip


def verdicts(
    store: Store, make_engine: EngineFactory, named: Sequence[Any], part: Sequence[Decision]
) -> list[Verdict]:
    """The verdicts on decisions of one slot, one contact each, that saw the same."""
    playbook_hash, facts, catalogue, seen = named
    files = store.playbook(playbook_hash)
    if files is None or store.facts(facts) is None:
        gone = Verdict(verdict="erased", difference="its playbook or facts are no longer kept")
        return [gone] * len(part)
    moments = {one["contact"]: int(one["now"]) for one in part}
    playbook, latest = from_files(files, "replayed", strict=False), max(moments.values())
    with session(store, make_engine, playbook, latest, facts, catalogue) as run:
        decided, _ = run.decide(Scope(ids=tuple(sorted(moments))), moments, until=seen)
    place = {contact: i for i, contact in enumerate(decided.contacts)}
    return [compare(one, decided, place.get(one["contact"])) for one in part]


def compare(decision: Decision, decided: Decided, i: int | None) -> Verdict:
    """Holds a logged decision against the recomputed one."""
    if i is None:
        return Verdict(verdict="erased", difference="the contact's rows were erased")
    slot = decided.slots[decision["slot"]]
    again = {
        "id": slot.id[i],
        "message": slot.message[i],
        "picks": json.dumps(slot.picks[i], separators=(",", ":")),
        "probabilities": slot.probabilities[i],
        "standing_until": int(slot.standing_until[i]),
    }
    changed = [name for name in again if again[name] != decision[name]]
    if not changed:
        return Verdict(verdict="equal")
    said = ", ".join(f"{name}: was {decision[name]}, is {again[name]}" for name in changed)
    return Verdict(verdict="differs", difference=said)
