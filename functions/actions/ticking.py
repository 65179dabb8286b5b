"""One tick, as a schedule runs it every minute: sources, the inbox, what is due, the outbox."""

from functions.actions.applying import apply
from functions.actions.pulling import From, pull_sources
from functions.actions.telling import Tell, silent
from functions.shop import Shop
from personalization.apply.report import Applied
from personalization.connector import Destination
from personalization.models import Frozen
from personalization.plan.session import session
from personalization.plan.tick import Ticked, make_tick, take_in


class Tick(Frozen):
    """What a tick took in, planned and wrote. `applied` is None where nothing was to be written,
    the plan is parked, or writing is paused."""

    pulled: tuple[From, ...]
    ticked: Ticked
    applied: Applied | None
    paused: bool


def tick(shop: Shop, destination: Destination, tell: Tell = silent) -> Tick:
    """Takes in what waits, fires due rows at their moments, drains the outbox once. A plan that
    is beyond the playbook's limits is parked and written by nobody."""
    now = shop.clock()
    pulled = pull_sources(shop, tell, look=True)
    touched, taken, dead = take_in(shop.store, now)
    for one in pulled:
        touched.update(one.pulled.touched)
    tell("deciding", 0, None)
    with session(shop.store, shop.engines, shop.playbook, now) as run:
        ticked = make_tick(run, destination, now, touched, taken, dead)
    paused = shop.store.setting("paused") == "yes"
    applied = None
    if ticked.report and not ticked.report.parked and not paused:
        applied = apply(shop, ticked.plan, tell=tell, limits=shop.playbook.limits)
    return Tick(pulled=tuple(pulled), ticked=ticked, applied=applied, paused=paused)
