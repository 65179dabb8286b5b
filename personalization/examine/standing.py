"""How a store stands: what waits, what was left, how old things are."""

from collections.abc import Iterator

from personalization.connector import Finding
from personalization.facts import day_of
from personalization.models import DAY, MINUTE, Micros
from personalization.plan.session import EngineFactory
from personalization.playbook.model import Playbook
from personalization.store.protocol import Scope, Store

LATE = 10 * MINUTE
AHEAD = 5 * MINUTE
MANY = 100_000
SAMPLE, EVERYBODY, ENOUGH = Scope(first=0, last=7), Scope(), 200
"""One contact of 32: ids are hashes, so these are a fair sample. Of fewer, all are looked at."""


def standing(store: Store, now: Micros) -> Iterator[Finding]:
    """Findings about everything that a person may have to look after. Reads only."""
    yield clock(store, now)
    yield facts(store, now)
    yield writing(store)
    yield from plans(store)
    yield from rows(store)
    yield inbox(store)
    yield overdue(store, now)


def clock(store: Store, now: Micros) -> Finding:
    """The clock against the newest thing that the store knows."""
    ahead = store.watermark() - now
    if ahead > AHEAD:
        return Finding(about="clock", level="short",
                       said=f"the store was written {ahead // MINUTE} minutes later than now",
                       remedy="set this machine's clock, or take `now` out of the settings")  # fmt: skip
    return Finding(about="clock", level="good", said="not behind what the store knows")


def facts(store: Store, now: Micros) -> Finding:
    """How old the newest facts of the last month are."""
    for age in range(31):
        if store.facts_as_of(day_of(now) - age * DAY):
            said = "made today" if not age else f"{age} days old"
            return Finding(about="facts", level="good", said=f"{said}; each plan makes today's")
    return Finding(about="facts", level="short", said="none were made in the last month",
                   remedy="`ofone plan` makes them")  # fmt: skip


def writing(store: Store) -> Finding:
    """Whether anything may be written."""
    if store.setting("paused") == "yes":
        return Finding(about="writing", level="short", said="paused: nothing is written or sent",
                       remedy="`ofone pause --off`")  # fmt: skip
    return Finding(about="writing", level="good", said="not paused")


def plans(store: Store) -> Iterator[Finding]:
    """Plans that somebody has to end."""
    found = 0
    for name, state, _ in store.plans():
        if state == "parked":
            found += 1
            yield Finding(about="plans", level="short", said=f"{name} is parked",
                          remedy=f"look at it, then `ofone approve {name}`")  # fmt: skip
        elif state == "applying":
            found += 1
            yield Finding(about="plans", level="short", said=f"{name} was begun and not ended",
                          remedy=f"`ofone apply {name}` goes on with it")  # fmt: skip
    if not found:
        yield Finding(about="plans", level="good", said="none is parked or half done")


def rows(store: Store) -> Iterator[Finding]:
    """Sends that nobody knows the end of, and rows that were given up."""
    unsure = len(store.outbox(states=("uncertain",), most=MANY))
    failed = len(store.outbox(states=("failed",), most=MANY))
    if unsure:
        yield Finding(about="sends", level="short",
                      said=f"{unsure} may or may not have happened",
                      remedy="`ofone status` lists them; look at these contacts' history")  # fmt: skip
    if failed:
        yield Finding(about="sends", level="short", said=f"{failed} rows were given up",
                      remedy="a new `ofone plan` tries again what is still wanted")  # fmt: skip
    if not unsure and not failed:
        yield Finding(about="sends", level="good", said="none is uncertain, no row was given up")


def inbox(store: Store) -> Finding:
    """Webhooks that were accepted and not taken in."""
    waiting = len(store.waiting(MANY))
    if waiting:
        return Finding(about="inbox", level="short", said=f"{waiting:,} webhooks wait",
                       remedy="`ofone tick` takes them in: let it run every minute")  # fmt: skip
    return Finding(about="inbox", level="good", said="no webhook waits")


def overdue(store: Store, now: Micros) -> Finding:
    """Moments that passed without a tick."""
    late = len(store.due(now - LATE, MANY))
    if late:
        return Finding(about="ticks", level="short",
                       said=f"{late:,} contacts were to be looked at more than ten minutes ago",
                       remedy="let `ofone tick` run every minute, or make a plan")  # fmt: skip
    return Finding(about="ticks", level="good", said="nothing is overdue")


def zones(store: Store, make_engine: EngineFactory, playbook: Playbook, now: Micros) -> Finding:
    """How many contacts have a time zone of their own, by a sample."""
    everyone = known = 0
    with make_engine() as engine:
        for scope in (SAMPLE, EVERYBODY):
            if everyone < ENOUGH:
                store.load(engine, scope, now)
                ((everyone, known),) = engine.rows("SELECT count(*), count(zone) FROM contacts")
    said = f"{known:,} of {everyone:,} contacts looked at have their own; the rest {playbook.zone}"
    if everyone and 2 * known < everyone:
        return Finding(about="time zones", level="short", said=said,
                       remedy="where contacts live elsewhere, bring zones in: quiet hours and "
                              "send hours go by them")  # fmt: skip
    return Finding(about="time zones", level="good", said=said)
