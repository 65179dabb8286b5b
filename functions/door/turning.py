"""The work behind the door: at most once a second, and only where something waits, one round of
what `ofone tick` does, for each destination. It runs in one thread and ends between two steps."""

import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from functions.actions.ticking import tick
from functions.door.hearing import Hooks
from functions.door.keeping import stale
from functions.door.leaving import DONE, erase_shop
from functions.door.reopening import reopen
from functions.door.telling import Line, Say
from functions.settings import Settings
from functions.shop import Shop, named
from personalization.connector import Destination
from personalization.errors import ProductError, Retry
from personalization.models import MINUTE, SECOND, Micros
from personalization.plan.arrivals import arrivals
from personalization.plan.tick import take_in
from personalization.pull import pull_destination, pull_source
from personalization.store.leases import CONTACTS

WHO = "`ofone serve`"
A_ROUND = 1.0
"""Seconds between two looks whether something waits."""
BUSY = "busy"
REST = 60.0
"""Seconds of rest after a round that did not end well."""


@dataclass
class Work:
    """What rounds are made of. `last` is the moment of the newest round: the next one's is later,
    so that each has a plan of its own. `chores` are done in every round; `ticked` and
    `pulled` say when that was done last."""

    shop: Shop
    destinations: Sequence[Destination]
    hooks: Hooks
    say: Say
    chores: Sequence[Callable[[Micros], object]] = ()
    last: Micros = 0
    ticked: Micros = 0
    pulled: dict[str, Micros] = field(default_factory=dict)

    def moment(self) -> Micros:
        """Now, and later than any moment before."""
        self.last = max(self.shop.clock(), self.last + 1)
        return self.last


def run(work: Work, stop: threading.Event, a_round: float = A_ROUND) -> None:
    """Works until it is told to stop; the round at hand is finished. A round that fails is told
    and tried again later, while the door goes on taking calls: they are durable."""
    pause = a_round
    while not stop.wait(pause):
        pause = a_round
        try:
            turn(work, stop)
        except ProductError as error:
            pause = max(a_round, (error.after or 0) if isinstance(error, Retry) else REST)
            work.say(Line(at=work.last, what="work", outcome=f"later: {error}"))
        except Exception as error:  # noqa: BLE001  taking calls must outlive any mistake of ours
            pause = max(a_round, REST)
            work.say(Line(at=work.last, what="work", outcome=f"failed: {where(error)}"))


def where(error: Exception) -> str:
    """What went wrong and where, without the error's own words, which may be somebody's."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {last.name}, line {last.lineno} of {last.filename}"


def turn(work: Work, stop: threading.Event) -> None:
    """One round. What fails in one place keeps none of the others waiting; the first problem is
    raised at the end."""
    moment = work.moment()
    problems: list[ProductError] = []
    for piece in (*asked_for(work, moment), *brought_in(work, moment)):
        attempt(problems, piece)
    if waits(work, work.moment()):
        work.ticked = moment
        for destination in work.destinations:
            if not stop.is_set():
                attempt(problems, partial(tick_one, work, destination))
    if problems:
        raise problems[0]


Piece = Callable[[], object]


def asked_for(work: Work, now: Micros) -> Iterator[Piece]:
    """What calls have asked for: to be read again, to erase a shop, to answer a workflow."""
    yield partial(reopen, work.shop, now)
    for connector, account in work.hooks:
        yield partial(erase_one, work, f"{connector}/{account}", now)
    for chore in work.chores:
        yield partial(chore, now)


def brought_in(work: Work, now: Micros) -> Iterator[Piece]:
    """What is new outside. Without a destination nobody ticks, and the inbox is taken in here."""
    for connector, account in named(work.shop.settings, "source"):
        yield partial(pull_one, work, connector, account, now)
    for destination in work.destinations:
        yield partial(pull_if_stale, work, destination, now)
    if not work.destinations:
        yield partial(take_in_alone, work, now)


def take_in_alone(work: Work, now: Micros) -> None:
    """Takes the inbox into the log."""
    with work.shop.store.alone(CONTACTS, WHO):
        take_in(work.shop.store, now)


def erase_one(work: Work, place: str, now: Micros) -> None:
    """Erases an outside shop that is gone, if one is."""
    if went := erase_shop(work.shop, place, now):
        work.say(Line(at=now, what="erased", place=place, count=went[0]))


def attempt(problems: list[ProductError], piece: Piece) -> None:
    """Does a piece of work; what it raises on purpose is kept for later."""
    try:
        piece()
    except ProductError as error:
        problems.append(error)


def waits(work: Work, now: Micros) -> bool:
    """Whether a tick has something to do: webhooks, due rows, or a minute gone by, after which
    the outbox is looked through."""
    store = work.shop.store
    return bool(store.waiting(1) or store.due(now, 1) or now - work.ticked >= MINUTE)


def without_sources(work: Work) -> Settings:
    """The shop's settings for a tick, which would pull its sources first: that is done apart, so
    that one that fails keeps no webhook waiting."""
    return work.shop.settings.model_copy(update={"source": {}})


def tick_one(work: Work, destination: Destination) -> None:
    """A tick for one destination, and what is said of it."""
    moment = work.moment()
    done = tick(replace(work.shop.at(moment), settings=without_sources(work)), destination)
    report = done.ticked.report
    state = "paused" if done.paused else "parked" if report and report.parked else ""
    if done.applied is not None:
        told = f"{done.applied.written} written, {done.applied.sends} sent"
        state = told if done.applied.complete else f"{told}, not complete"
    if lacking := ", ".join(done.ticked.lacking):
        state = f"{state and state + '; '}lacking {lacking}: `ofone plan` and `ofone apply` once"
    if done.ticked.lag >= MINUTE:
        state = f"{state and state + '; '}oldest moment {done.ticked.lag // SECOND} s late"
    if done.ticked.waiting:
        state = f"{state and state + '; '}{done.ticked.waiting} refunds wait for their orders"
    if done.ticked.looked_at or done.ticked.taken or done.ticked.dead or state:
        place = f"{destination.name}/{destination.account}"
        work.say(Line(at=moment, what="tick", place=place, count=done.ticked.looked_at,
                      outcome=state))  # fmt: skip


def pull_one(work: Work, connector: str, account: str, now: Micros) -> None:
    """Pulls a source, at most once a minute: a round a second must not ask it each time."""
    place = f"{connector}/{account} source"
    if now - work.pulled.get(place, -MINUTE) < MINUTE:
        return
    work.pulled[place] = now
    found = pull_source(work.shop.store, work.shop.source(connector, account), now, look=True)
    if found.events or found.products or found.skipped:
        work.say(Line(at=now, what="pulled", place=place, count=found.events))


def pull_if_stale(work: Work, destination: Destination, now: Micros) -> None:
    """Pulls a destination that told of something new, at most once a minute. A pull that does not
    end, killed or not, is made again."""
    place, store = f"{destination.name}/{destination.account}", work.shop.store
    asked = store.setting(stale(place)) in ("yes", BUSY)
    if not asked or now - work.pulled.get(place, -MINUTE) < MINUTE:
        return
    work.pulled[place] = now
    with store.record(now) as recorder:
        recorder.setting(stale(place), BUSY)
    with store.alone(place, WHO):
        found = pull_destination(store, destination, now)
    with store.record(now) as recorder:
        recorder.due(arrivals(found.touched, now))
        if store.setting(stale(place)) == BUSY:
            recorder.setting(stale(place), DONE)
    work.say(Line(at=now, what="pulled", place=place, count=found.records))
