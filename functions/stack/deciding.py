"""Deciding in the stack: contacts for whom something is due are decided, their writes planned into
the outbox, and the plan handed on to the function that applies to that destination."""

import os

from functions.actions.pulling import place
from functions.door.telling import Line
from functions.shop import Shop
from functions.stack.measuring import measure, say
from functions.stack.orders import sent
from personalization.apply.members import members
from personalization.apply.pages import pages
from personalization.apply.write import Work
from personalization.connector import Destination
from personalization.errors import ProductError, Retry, Stop
from personalization.facts import day_of
from personalization.models import DAY, Micros
from personalization.plan.session import session
from personalization.plan.tick import Ticked, make_tick
from personalization.store.leases import CONTACTS, Busy
from personalization.store.protocol import Store

WHO = "the stack"
DAYS = 7
"""How old facts may be before the webhook way makes its own: the nightly run makes them."""
TRIES = 3


def decide_all(shop: Shop, touched: set[str]) -> None:
    """Decides for every destination. What cannot be done now stays due, and the next minute's
    run does it; nothing that was taken in is ever waited for here."""
    for destination in shop.destinations():
        try:
            decided(shop, destination, touched)
        except Busy:
            note(shop, destination, "busy: what is due waits for the next minute")
        except Retry as problem:
            note(shop, destination, f"later: {problem}")
        except ProductError as problem:
            measure("Stopped", 1, function="decide")
            note(shop, destination, f"stopped: {problem}")


def decided(shop: Shop, destination: Destination, touched: set[str]) -> None:
    """Decides and hands on; somebody else who was faster is followed a few times."""
    for left in reversed(range(TRIES)):
        try:
            with shop.store.alone(place(destination), WHO):
                if unsettled(shop.store, destination):
                    hand_on(destination, {"catch_up": True})
                    return
                ticked = planned(shop, destination, touched)
                break
        except Retry as problem:
            if isinstance(problem, Busy) or not left:
                raise
    if ticked.report is None:
        return
    if ticked.report.parked:
        measure("Parked", 1)
    elif shop.store.setting("paused") != "yes":
        hand_on(destination, order(shop, destination, ticked.plan))
    state = "parked" if ticked.report.parked else "handed on"
    if ticked.lacking:
        state += f"; lacking {', '.join(ticked.lacking)}: the nightly run's plan makes them"
    note(shop, destination, state, ticked.looked_at)


def planned(shop: Shop, destination: Destination, touched: set[str]) -> Ticked:
    """Decides what is due, and plans."""
    now = shop.clock()
    others = [one for one in shop.destinations() if place(one) != place(destination)]
    with (
        shop.store.alone(CONTACTS, WHO),
        session(shop.store, shop.engines, shop.playbook, now, recent(shop.store, now)) as run,
    ):
        lag = shop.store.due(now, 1)
        measure("DueLagSeconds", max(0, now - lag[0][0]) / 1_000_000 if lag else 0)
        return make_tick(run, destination, now, touched, 0, 0, others)


def recent(store: Store, now: Micros) -> str | None:
    """The newest facts of the last days; None lets them be made."""
    days = (store.facts_as_of(day_of(now) - back * DAY) for back in range(DAYS))
    return next((one for one in days if one), None)


def unsettled(store: Store, destination: Destination) -> bool:
    """Whether an apply that was killed left calls whose outcome only the destination knows."""
    return any(pages(store, destination, None, (), ("sent",), 1))


def order(shop: Shop, destination: Destination, plan: str) -> dict[str, object]:
    """What the applying function has to know of a plan and of the playbook's limits: it loads no
    playbook and no engine."""
    limits = shop.playbook.limits
    said: dict[str, object] = {"plan": plan, "keep_edits": limits.edits == "keep"}
    for name, segment in shop.playbook.segments.items():
        if limits.only in (name, segment.tag) and limits.only:
            work = Work(shop.store, destination, plan, shop.clock())
            return {**said, "contacts": sorted(members(work, shop.engines, name))}
    return {**said, "tag": limits.only} if limits.only else said


def hand_on(destination: Destination, what: dict[str, object]) -> None:
    """Lays an order into the destination's queue. Raises Stop where the stack has none for it."""
    name = f"APPLY_{destination.name.upper()}"
    if name not in os.environ:
        raise Stop(f"this stack has no function that applies to {destination.name}")
    sent(os.environ[name], os.environ["BUCKET"], destination, what)


def note(shop: Shop, destination: Destination, outcome: str, count: int | None = None) -> None:
    """Says what became of it."""
    say(Line(at=shop.clock(), what="decide", place=place(destination), count=count,
             outcome=outcome))  # fmt: skip
