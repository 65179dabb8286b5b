"""A night's plan by many functions: one begins it, one decides each group of contacts, one finishes it.

A group holds no lease but its own: contacts are guarded by their versions, so that whoever else
decides one of them meanwhile makes this one try again, and the minute's run goes on all night."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from functions.actions.pulling import place
from functions.shop import Shop
from functions.stack.deciding import WHO, hand_on, note, order, unsettled
from functions.stack.measuring import measure
from personalization.connector import Destination
from personalization.errors import Retry, Stop
from personalization.plan.parts import (
    Begun,
    drop_notes,
    gathered,
    keep_begun,
    keep_group,
    kept_begun,
    scopes,
    take_group,
)
from personalization.plan.run import begin_plan, finish_plan, plan_group
from personalization.plan.session import Session, session
from personalization.store.leases import CONTACTS
from personalization.store.protocol import Scope

Given = Mapping[str, Any]


def begun(shop: Shop, given: Given, events: int) -> dict[str, Any]:
    """Begins a plan; answers with its groups, each as the next step takes it. Raises Retry where an
    apply was killed there: it is asked to end what it began, and this step comes again."""
    outlet, others = outlets(shop, given)
    now = shop.clock()
    with shop.store.alone(place(outlet), WHO):
        if unsettled(shop.store, outlet):
            hand_on(outlet, {"catch_up": True})
            raise Retry("an apply that was killed has to be ended first")
        with (
            shop.store.alone(CONTACTS, WHO),
            session(shop.store, shop.engines, shop.playbook, now) as run,
        ):
            part = begin_plan(run, outlet, now, others, events)
            with shop.store.record(now) as recorder:
                keep_begun(shop.store, recorder, outlet, part)
    told = {"connector": outlet.name, "account": outlet.account, "plan": part.plan}
    groups = [{"do": "group", **told, **one} for one in scopes(part.groups)]
    return {**told, "groups": groups}


def grouped(shop: Shop, given: Given) -> dict[str, Any]:
    """Decides and plans for one group; made again, it drops what it had planned before. Nothing
    to do where it is done, or where another plan has taken this one's place."""
    outlet, others = outlets(shop, given)
    scope = Scope(first=given["first"], last=given["last"])
    with shop.store.alone(f"{place(outlet)} group {scope.first}", WHO):
        part = kept_begun(shop.store, outlet, given["plan"])
        tally = take_group(shop.store, outlet, part, scope) if part else None
        if part is None or tally is None:
            return {}
        with continued(shop, part) as run:
            plan_group(run, outlet, part, scope, tally, others, shop.clock)
        keep_group(shop.store, outlet, part, scope, tally)
    note(shop, outlet, f"group {scope.first}-{scope.last}", tally.contacts)
    return {}


def finished(shop: Shop, given: Given) -> dict[str, Any]:
    """Finishes a plan, and hands it on unless it parks. Raises Retry where a group is not done."""
    outlet, _ = outlets(shop, given)
    where = {"destination": place(outlet), "plan": given["plan"]}
    with shop.store.alone(place(outlet), WHO):
        part = kept_begun(shop.store, outlet, given["plan"])
        if part is None:
            return {**where, "parked": [], "state": "another took its place"}
        tally = gathered(shop.store, outlet, part)
        if tally is None:
            raise Retry("a group of contacts is not decided yet")
        with continued(shop, part) as run:
            report = finish_plan(run, outlet, part, tally, attended=False, at=shop.clock())
        with shop.store.record(part.now) as recorder:
            drop_notes(shop.store, recorder, outlet, part.groups)
    if report.parked:
        measure("Parked", 1)
    elif shop.store.setting("paused") != "yes":
        hand_on(outlet, order(shop, outlet, report.id))
    state = "parked" if report.parked else "handed on"
    note(shop, outlet, state, report.contacts)
    return {**where, "parked": list(report.parked), "state": state}


def outlets(shop: Shop, given: Given) -> tuple[Destination, list[Destination]]:
    """The destination that is planned for, and all others."""
    outlet = shop.destination(f"{given['connector']}/{given['account']}")
    return outlet, [one for one in shop.destinations() if place(one) != place(outlet)]


@contextmanager
def continued(shop: Shop, part: Begun) -> Iterator[Session]:
    """A run with the same versions of everything. Raises Stop where the playbook is another."""
    if shop.playbook.hash != part.playbook:
        raise Stop("the playbook was deployed anew while a plan was made: the next night's plan "
                   "has the new one")  # fmt: skip
    with session(shop.store, shop.engines, shop.playbook, part.now, part.facts,
                 part.catalogue) as run:  # fmt: skip
        yield run
