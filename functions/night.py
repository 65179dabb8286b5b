"""The steps of the nightly run that need the engine or the whole store. `infra/nightly.asl.json`
says in which order; each may be made again after any failure.

    {"do": "begin"}              -> whether this is the only run, and the places to pull
    {"do": "compact"}            -> the event log's tail becomes Parquet
    {"do": "facts"}              -> what is learnt from everyone, as of today's start
    {"do": "plan", "connector", "account"} -> a plan for one destination, handed on or parked
"""

import os
from typing import Any

from functions.actions.pulling import place
from functions.shop import Shop, named
from functions.stack.clients import client
from functions.stack.deciding import WHO, hand_on, note, order, unsettled
from functions.stack.measuring import measure
from functions.stack.shop import at_work
from personalization.errors import Retry
from personalization.plan.run import make_plan
from personalization.plan.session import facts_of_the_day, session
from personalization.store.leases import CONTACTS


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """One step."""
    steps = {"begin": begin, "compact": compact, "facts": facts, "plan": plan}
    with at_work() as shop:
        return steps[event["do"]](shop, event)


def begin(shop: Shop, _event: dict[str, Any]) -> dict[str, Any]:
    """Whether this run is the only one, and what there is to do."""
    running = client("stepfunctions").list_executions(
        stateMachineArn=os.environ["STATE_MACHINE"], statusFilter="RUNNING"
    )["executions"]
    return {"alone": len(running) < 2, "sources": places(shop, "source"),
            "destinations": places(shop, "destination")}  # fmt: skip


def places(shop: Shop, kind: str) -> list[dict[str, Any]]:
    """Every place of a kind, by name."""
    return [{"connector": connector, "account": account, "done": False}
            for connector, account in named(shop.settings, kind)]  # fmt: skip


def compact(shop: Shop, _event: dict[str, Any]) -> dict[str, Any]:
    """Moves the tail into the log's base; killed anywhere it loses nothing."""
    with shop.store.alone(CONTACTS, WHO):
        return {"moved": shop.store.compact(shop.clock())}


def facts(shop: Shop, _event: dict[str, Any]) -> dict[str, Any]:
    """The facts of the day; made already, they are only named."""
    return {"facts": facts_of_the_day(shop.store, shop.engines, shop.clock()).version}


def plan(shop: Shop, event: dict[str, Any]) -> dict[str, Any]:
    """Decides for everyone, and plans for one destination. Raises Retry where an apply was killed
    there: it is asked to end what it began, and this step comes again."""
    outlet = shop.destination(f"{event['connector']}/{event['account']}")
    others = [one for one in shop.destinations() if place(one) != place(outlet)]
    now = shop.clock()
    with shop.store.alone(place(outlet), WHO):
        if unsettled(shop.store, outlet):
            hand_on(outlet, {"catch_up": True})
            raise Retry("an apply that was killed has to be ended first")
        with (
            shop.store.alone(CONTACTS, WHO),
            session(shop.store, shop.engines, shop.playbook, now) as run,
        ):
            report = make_plan(run, outlet, now, attended=False, others=others)
    if report.parked:
        measure("Parked", 1)
    elif shop.store.setting("paused") != "yes":
        hand_on(outlet, order(shop, outlet, report.id))
    note(shop, outlet, "parked" if report.parked else "handed on", report.contacts)
    return {"destination": place(outlet), "plan": report.id, "parked": list(report.parked)}
