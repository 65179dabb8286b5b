"""Triggers: from a cause (an event, a segment entered or left, a moment) to a send intent, or to
a moment at which to look again. Everything is judged when it fires; nothing is ever cancelled."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from personalization.consent import Standing, unwilling
from personalization.decide.members import crossings, quoted
from personalization.decide.output import Intent, Look
from personalization.decide.quiet import instant_of_date, quiet_until
from personalization.engine import Engine, literal
from personalization.models import Micros
from personalization.playbook.model import Limits, Playbook, Trigger


@dataclass(frozen=True)
class Cause:
    """One reason for one send: `ref` names it (an event key, a moment), `start` is when."""

    trigger: str
    i: int
    ref: str
    start: Micros


@dataclass(frozen=True)
class Person:
    """What judging a trigger needs to know of a contact."""

    id: str
    now: Micros
    zone: str
    consent: Mapping[str, str]
    sends: list[Micros]
    keys: frozenset[str]
    treated: bool


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


def judge(
    cause: Cause,
    trigger: Trigger,
    limits: Limits,
    person: Person,
    holds: bool,
    moot: bool,
) -> Intent | Look | None:
    """What becomes of one cause now. `holds`: the trigger's segment does; `moot`: the event
    that makes it pointless is there."""
    key = f"{trigger.name}|{person.id}|{cause.ref}"
    if key in person.keys or not person.treated or moot:
        return None
    ready = cause.start + trigger.wait
    last = ready + trigger.within
    if ready > person.now:
        return look_again(cause, person, ready)
    if not holds or unwilling(told(person), trigger.channel, trigger.basis):
        return None
    later = max(
        free_of_caps(limits, person.sends, person.now),
        quiet_until(limits.quiet, person.now, person.zone),
    )
    if later > person.now:
        return look_again(cause, person, later) if later <= last else None
    if person.now > last:
        return None
    return Intent(
        key=key, contact=person.id, trigger=trigger.name, message=trigger.send,
        event=trigger.event, channel=trigger.channel, basis=trigger.basis,
        moment=person.now, cause=cause.ref,
    )  # fmt: skip


def look_again(cause: Cause, person: Person, moment: Micros) -> Look:
    """A due row that carries the cause in its key."""
    key = f"trigger|{cause.trigger}|{person.id}|{cause.start}|{cause.ref}"
    return Look(moment=moment, contact=person.id, reason="trigger", key=key)


def told(person: Person) -> Standing:
    """The consent rule's view of a contact before any destination is asked."""
    return Standing("subscribed", person.id, None, consent=person.consent)


def free_of_caps(limits: Limits, sends: Sequence[Micros], now: Micros) -> Micros:
    """The earliest moment, now or later, at which every cap allows one more send."""
    free = now
    for cap in limits.caps:
        inside = sorted(moment for moment in sends if moment > now - cap.window)
        if len(inside) >= cap.count:
            free = max(free, inside[len(inside) - cap.count] + cap.window)
    return free


def people(
    engine: Engine, rows: Sequence[int], treated: np.ndarray, zone: str
) -> dict[int, Person]:
    """The contacts that have causes, by `i`."""
    if not rows:
        return {}
    engine.table("asked", {"i": np.array(sorted(set(rows)), dtype=np.int64)})
    sends: dict[int, list[tuple[str, Micros]]] = {}
    for i, key, moment in engine.rows(
        "SELECT c.i, s.key, s.moment FROM sends s JOIN contacts c ON c.id = s.contact "
        "JOIN asked a ON a.i = c.i ORDER BY c.i, s.moment, s.key"
    ):
        sends.setdefault(i, []).append((key, moment))
    return {
        i: Person(
            id=id_, now=now, zone=own or zone,
            consent=json.loads(consent or "{}"),
            sends=[moment for _, moment in sends.get(i, [])],
            keys=frozenset(key for key, _ in sends.get(i, [])),
            treated=bool(treated[i]),
        )
        for i, id_, now, own, consent in engine.rows(
            "SELECT c.i, c.id, c.now, c.zone, c.consent FROM contacts c JOIN asked a ON a.i = c.i"
        )
    }  # fmt: skip


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


def fire(
    engine: Engine,
    playbook: Playbook,
    segments: Mapping[str, np.ndarray],
    treated: np.ndarray,
) -> tuple[list[Intent], list[Look]]:
    """Judges every cause, contact by contact in the order of their start, so that a send made
    now counts against the caps of the next."""
    found = causes(engine, playbook)
    crowd = people(engine, [cause.i for cause in found], treated, playbook.zone)
    pointless = {
        name: moot(engine, trigger, [cause for cause in found if cause.trigger == name])
        for name, trigger in playbook.triggers.items()
    }
    intents: list[Intent] = []
    looks: list[Look] = []
    for cause in found:
        trigger, person = playbook.triggers[cause.trigger], crowd[cause.i]
        became = judge(
            cause, trigger, playbook.limits, person, still_holds(trigger, segments, cause.i),
            (cause.i, cause.ref) in pointless[cause.trigger],
        )  # fmt: skip
        if isinstance(became, Intent):
            intents.append(became)
            person.sends.append(became.moment)
        elif became:
            looks.append(became)
    return intents, looks


def still_holds(trigger: Trigger, segments: Mapping[str, np.ndarray], i: int) -> bool:
    """Whether the trigger's segments hold when it fires: the one that narrows it, the one whose
    entry started it, and not the one whose leaving did."""
    wanted = [name for name in (trigger.segment, trigger.enter) if name]
    left = trigger.leave is not None and bool(segments[trigger.leave][i])
    return all(bool(segments[name][i]) for name in wanted) and not left
