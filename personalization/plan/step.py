"""Decide, and store what was decided: one transaction for everything that follows from it."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from personalization.connector import Destination
from personalization.decide.output import Decided, SlotDecisions
from personalization.decide.slots import POLICY
from personalization.models import Columns, Micros, Shared
from personalization.plan.arrivals import Due
from personalization.plan.diff import Target, changes
from personalization.plan.held import held_by_quiet
from personalization.plan.moments import Clock, place_in_time
from personalization.plan.sends import Outlet, sends
from personalization.plan.session import Session
from personalization.plan.tally import Tally
from personalization.store.columns import objects
from personalization.store.protocol import Recorder, Scope
from personalization.uncollected import uncollected

NOTHING: Mapping[str, Target] = {}


def step(
    run: Session,
    scope: Scope,
    now: Micros | Mapping[str, Micros],
    plan: str,
    goals: Sequence[Target],
    tally: Tally,
    waiting: Sequence[tuple[str, str]] = (),
    outlet: Destination | None = None,
    aside: Mapping[str, Target] = NOTHING,
    also: Sequence[Destination] = (),
    clock: Clock | None = None,
) -> Decided:
    """Decides for a scope and stores decisions, memberships, due rows and planned outbox rows.
    `waiting` are the due rows that fire with it; they are done afterwards. `outlet` is the
    destination that sends. `aside` are other destinations by the plans that are laid down for
    them; they get what changes there where there are `goals`, and send to whom `outlet` cannot.
    `also` are other destinations that may have to send, and nothing more. With a `clock`, others
    may be deciding too, and each contact gets its own moment from `now` on; see `moments`."""
    with uncollected():
        return stepped(run, scope, now, plan, goals, tally, waiting, outlet, aside, also, clock)


def stepped(
    run: Session,
    scope: Scope,
    now: Micros | Mapping[str, Micros],
    plan: str,
    goals: Sequence[Target],
    tally: Tally,
    waiting: Sequence[tuple[str, str]],
    outlet: Destination | None,
    aside: Mapping[str, Target],
    also: Sequence[Destination],
    clock: Clock | None,
) -> Decided:
    """The step itself."""
    still: list[Due] = []
    decided, seen = run.decide(
        scope, now, waiting=waiting,
        loaded=(lambda: still.extend(place_in_time(run.store, run.engine, newest(now), clock)))
        if clock else None,
    )  # fmt: skip
    found = [
        rows for goal in goals for rows in changes(run.store, goal, decided, scope, plan, tally)
    ]
    for other, goal in aside.items() if goals else ():
        found += changes(run.store, goal, decided, scope, other, Tally())
    outlets = [Outlet(outlet, plan)] if outlet else []
    outlets += [Outlet(goal.destination, other) for other, goal in aside.items()]
    outlets += [Outlet(one, "") for one in also]
    with run.store.record(max(newest(now), int(decided.now.max(initial=0)))) as recorder:
        recorder.done(waiting, frozenset(decided.contacts) if waiting else ())
        for rows, shared in found:
            recorder.outbox_columns(rows, shared)
        recorder.outbox(sends(run.store, run.playbook, decided, outlets))
        keep(run, recorder, decided, seen, still)
    count(tally, decided)
    tally.quiet += held_by_quiet(run.playbook, decided)
    return decided


def newest(now: Micros | Mapping[str, Micros]) -> Micros:
    """One moment for a transaction that holds several."""
    return now if isinstance(now, int) else max(now.values())


def keep(
    run: Session, recorder: Recorder, decided: Decided, seen: Micros, still: Sequence[Due]
) -> None:
    """Stores what a decide step produced, except its outbox rows. Looks of its contacts that are
    `still` due stay."""
    fresh = np.flatnonzero(decided.assigned).tolist()
    recorder.arms([decided.contacts[i] for i in fresh], [decided.arms[i] for i in fresh])
    moved = np.flatnonzero(decided.moved).tolist()
    recorder.memberships(
        [decided.contacts[i] for i in moved], [decided.memberships[i] for i in moved]
    )
    for slot in decided.slots.values():
        recorder.decisions(decision_columns(decided, slot), alike(run, slot, seen))
    mine = set(decided.contacts) if still else set()
    kept = [row for row in still if row[1] in mine]
    recorder.due([*kept, *decided.looks], instead_of=decided.contacts)


def decision_columns(decided: Decided, slot: SlotDecisions) -> Columns:
    """What differs in a slot's new decisions, as the store's columns."""
    rows = np.flatnonzero(slot.new)
    listed = rows.tolist()
    return {
        "contact": objects([decided.contacts[i] for i in listed]),
        "id": objects([slot.id[i] for i in listed]),
        "period": slot.period[rows],
        "message": objects([slot.message[i] for i in listed]),
        "picks": objects(lists_as_json([slot.picks[i] for i in listed])),
        "probabilities": objects([slot.probabilities[i] for i in listed]),
        "decided_at": slot.decided_at[rows],
        "standing_until": slot.standing_until[rows],
        "now": decided.now[rows],
    }


def alike(run: Session, slot: SlotDecisions, seen: Micros) -> Shared:
    """What is the same in all of a slot's new decisions."""
    return {
        "slot": slot.slot, "hour": None, "channel": "email", "playbook": run.playbook.hash,
        "facts": run.facts.version, "catalogue": run.goods.version, "policy": POLICY, "seen": seen,
    }  # fmt: skip


def lists_as_json(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lists of texts as JSON; each text that many lists share is written once."""
    known: dict[str, str] = {}
    for row in rows:
        for one in row:
            if one not in known:
                known[one] = json.dumps(one)
    return [f"[{','.join([known[one] for one in row])}]" for row in rows]


def count(tally: Tally, decided: Decided) -> None:
    """Adds a step's outcome to the tally."""
    tally.contacts += len(decided.contacts)
    for name, held in decided.segments.items():
        tally.sizes[name] += int(held.sum())
    for stage, times in Counter(decided.stage).items():
        tally.stages[stage or "none"] += times
    tally.arms.update(decided.arms)
    for name, times in decided.fallbacks.items():
        tally.fallbacks[name] += times
        tally.fell_back(name, decided.reasons[name], decided.overlong.get(name))
    for slot in decided.slots.values():
        tally.decisions += int(slot.new.sum())
        count_kept(tally, slot)
        known = Counter(message for message, one in zip(slot.message, slot.id, strict=True) if one)
        for message, times in known.items():
            tally.messages[f"{slot.slot}: {message or 'none'}"] += times
    tally.sends.update(intent.trigger for intent in decided.intents)


def count_kept(tally: Tally, slot: SlotDecisions) -> None:
    """Adds the decisions that stand although another message ranks better now."""
    rows = np.flatnonzero(slot.better >= 0)
    shown = objects([slot.message[i] for i in rows.tolist()])
    better = slot.better[rows]
    for message, place in sorted(set(zip(shown.tolist(), better.tolist(), strict=True))):
        some = rows[(shown == message) & (better == place)]
        tally.stood(slot.slot, message, slot.messages[place], slot.standing_until[some])
