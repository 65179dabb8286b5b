"""One tick, as a schedule runs it every minute: sources, the inbox, what is due, the outbox."""

from functions.actions.applying import apply
from functions.actions.beside import others
from functions.actions.pulling import From, place, pull_sources
from functions.actions.taking_in import take_in_all
from functions.actions.telling import Tell, silent
from functions.shop import Shop
from personalization.apply.report import Applied
from personalization.connector import Destination
from personalization.errors import Retry, Stop
from personalization.installed import uninstalled
from personalization.models import Frozen
from personalization.plan.session import session
from personalization.plan.tick import Ticked, make_tick
from personalization.store.leases import CONTACTS

WHO = "`ofone tick`"


class Tick(Frozen):
    """What a tick took in, planned and wrote for one place. `applied` is None where nothing was to
    be written, the plan is parked, or writing is paused. Where this product was uninstalled a tick
    takes in and does no more."""

    place: str
    pulled: tuple[From, ...]
    ticked: Ticked
    applied: Applied | None
    paused: bool
    uninstalled: bool = False


class Ticks(Frozen):
    """A tick a destination; why the others had none: `later` ends by itself, `stopped` needs a
    person."""

    ticks: tuple[Tick, ...]
    later: tuple[str, ...]
    stopped: tuple[str, ...]


def tick(shop: Shop, destination: Destination, tell: Tell = silent) -> Tick:
    """Takes in what waits, fires due rows at their moments, drains the outbox once. A plan that
    is beyond the playbook's limits is parked and written by nobody. What changes for the shop's
    other destinations is laid down for their own ticks. Raises Busy where somebody else is at
    work on the destination or decides."""
    with shop.store.alone(place(destination), WHO):
        return ticked_alone(shop, destination, tell)


def tick_all(shop: Shop, tell: Tell = silent) -> Ticks:
    """A tick of every destination, one after another. One that somebody else is at work on, or
    that cannot be reached, keeps none of the others waiting; raises its error where all are so."""
    ticks, later, stopped = list[Tick](), list[Retry](), list[Stop]()
    for destination in shop.destinations():
        try:
            ticks.append(tick(shop, destination, tell))
        except Retry as error:
            later.append(error)
        except Stop as error:
            stopped.append(error)
    if not ticks:
        raise [*stopped, *later][0]
    return Ticks(ticks=tuple(ticks), later=tuple(map(str, later)), stopped=tuple(map(str, stopped)))


def ticked_alone(shop: Shop, destination: Destination, tell: Tell) -> Tick:
    """The tick itself."""
    now, where = shop.clock(), place(destination)
    paused = shop.store.setting("paused") == "yes"
    gone = uninstalled(shop.store, where) is not None
    pulled = pull_sources(shop, tell, look=True)
    with shop.store.alone(CONTACTS, WHO):
        touched, taken, dead, waiting = take_in_all(shop, now)
        if gone:
            ticked = Ticked(plan="", taken=taken, dead=dead, looked_at=0, report=None,
                            waiting=waiting)  # fmt: skip
            return Tick(place=where, pulled=tuple(pulled), ticked=ticked, applied=None,
                        paused=paused, uninstalled=True)  # fmt: skip
        for one in pulled:
            touched.update(one.pulled.touched)
        tell("deciding", 0, None)
        with session(shop.store, shop.engines, shop.playbook, now) as run:
            beside = others(shop, destination)
            ticked = make_tick(run, destination, now, touched, taken, dead, beside)
            ticked = ticked.model_copy(update={"waiting": waiting})
    applied = None
    if ticked.report and not ticked.report.parked and not paused:
        applied = apply(shop, ticked.plan, tell=tell, limits=shop.playbook.limits)
    return Tick(place=where, pulled=tuple(pulled), ticked=ticked, applied=applied, paused=paused)
