"""Triggers: from a cause to a send intent, or to a moment at which to look again. Everything is
judged when it fires; nothing is ever cancelled."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from personalization.consent import Standing, unwilling
from personalization.decide.causes import Cause, causes, moot
from personalization.decide.output import Intent, Look
from personalization.decide.quiet import quiet_until
from personalization.engine import Engine
from personalization.models import Micros
from personalization.playbook.model import Limits, Playbook, Trigger


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
        event=trigger.event, channel=trigger.channel, basis=trigger.basis, by=trigger.by,
        moment=person.now, until=last, cause=cause.ref,
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
