"""Causes of sends: events, segments entered or left, moments, and those that wait as due rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from personalization.decide.members import crossings, quoted
from personalization.decide.quiet import instant_of_date
from personalization.engine import Engine, literal
from personalization.models import Micros
from personalization.playbook.model import Playbook, Trigger


@dataclass(frozen=True)
class Cause:
    """One reason for one send: `ref` names it (an event key, a moment), `start` is when."""

    trigger: str
    i: int
    ref: str
    start: Micros


def causes(engine: Engine, playbook: Playbook) -> list[Cause]:
    """All causes that may fire now or later: newly found ones, and those that wait as due rows
    (table `waiting(contact, key)`)."""
    found: dict[tuple[str, int, str], Cause] = {}
    for trigger in playbook.triggers.values():
        for cause in (*fresh(engine, trigger, playbook), *waiting(engine, trigger)):
            found.setdefault((cause.trigger, cause.i, cause.ref), cause)
    return sorted(found.values(), key=lambda c: (c.i, c.start, c.trigger, c.ref))


def fresh(engine: Engine, trigger: Trigger, playbook: Playbook) -> Iterable[Cause]:
    """Causes that the rows at hand show."""
    if trigger.after:
        return after_event(engine, trigger)
    if trigger.enter or trigger.leave:
        segment = trigger.enter or trigger.leave or ""
        found = crossings(engine, segment, into=trigger.enter is not None)
        nows = moments(engine, found)
        return [Cause(trigger.name, i, str(now), now) for i, now in zip(found, nows, strict=True)]
    return at_moment(engine, trigger, playbook)


def moments(engine: Engine, rows: np.ndarray) -> list[Micros]:
    """`now` of some contacts."""
    if not len(rows):
        return []
    now = np.asarray(engine.columns("SELECT now FROM contacts ORDER BY i")["now"])
    return [int(one) for one in now[rows]]


def after_event(engine: Engine, trigger: Trigger) -> list[Cause]:
    """Events of the trigger's kind young enough to matter. With a wait, a later event of the
    same kind starts the wait anew, so only the newest counts."""
    longest = trigger.wait + trigger.within
    newest = (
        "QUALIFY ROW_NUMBER() OVER (PARTITION BY i ORDER BY occurred_at DESC, key DESC) = 1"
        if trigger.wait
        else ""
    )
    rows = engine.rows(
        f"""SELECT i, key, occurred_at FROM ev WHERE kind = {literal(trigger.after or "")}
        AND age <= {longest} {newest} ORDER BY i, occurred_at, key"""
    )
    return [Cause(trigger.name, i, key, at) for i, key, at in rows]


def at_moment(engine: Engine, trigger: Trigger, playbook: Playbook) -> list[Cause]:
    """Moments given by a trait: a timestamp as it is, a date as that day's start for the
    contact."""
    trait = playbook.traits[trigger.at or ""]
    rows = engine.rows(
        f"""SELECT t.i, t.{quoted(trait.name)}, c.zone, c.now FROM traits t
        JOIN contacts c ON c.i = t.i WHERE t.{quoted(trait.name)} IS NOT NULL ORDER BY t.i"""
    )
    found = []
    for i, value, zone, now in rows:
        start = (
            int(value)
            if trait.type == "timestamp"
            else instant_of_date(str(value), str(zone or playbook.zone))
        )
        if start + trigger.wait + trigger.within >= int(now):
            found.append(Cause(trigger.name, int(i), str(value), start))
    return found


def waiting(engine: Engine, trigger: Trigger) -> list[Cause]:
    """Causes that an earlier run put off."""
    rows = engine.rows(
        f"""SELECT c.i, w.key FROM waiting w JOIN contacts c ON c.id = w.contact
        WHERE starts_with(w.key, {literal(f"trigger|{trigger.name}|")}) ORDER BY c.i, w.key"""
    )
    found = []
    for i, key in rows:
        _, _, _, start, ref = str(key).split("|", 4)
        found.append(Cause(trigger.name, int(i), ref, int(start)))
    return found


def moot(engine: Engine, trigger: Trigger, found: Sequence[Cause]) -> set[tuple[int, str]]:
    """(i, ref) of the causes after which the `unless` event has come."""
    if not trigger.unless or not found:
        return set()
    engine.table(
        "started",
        {
            "i": np.array([cause.i for cause in found], dtype=np.int64),
            "ref": np.array([cause.ref for cause in found], dtype=object),
            "start": np.array([cause.start for cause in found], dtype=np.int64),
        },
        {"ref": "VARCHAR"},
    )
    rows = engine.rows(
        f"""SELECT DISTINCT s.i, s.ref FROM started s JOIN ev e ON e.i = s.i
        WHERE e.kind = {literal(trigger.unless)} AND e.occurred_at > s.start"""
    )
    return set(rows)
