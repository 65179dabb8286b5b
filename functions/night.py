"""The steps of the nightly run that need the engine or the whole store. `infra/nightly.asl.json`
says in which order; each may be made again after any failure.

    {"do": "begin"}              -> whether this is the only run, and the places to pull
    {"do": "erase"}              -> who is known from shops that are gone and asked for it goes
    {"do": "compact"}            -> the event log's tail becomes Parquet
    {"do": "facts"}              -> what is learnt from everyone, as of today's start
    {"do": "begin_plan", "connector", "account"} -> a plan for one destination, and its groups
    {"do": "group", "connector", "account", "plan", "first", "last"} -> one group is decided
    {"do": "finish_plan", "connector", "account", "plan"} -> it is handed on, or parked
"""

import os
from collections.abc import Callable
from functools import partial
from typing import Any

from functions.shop import Shop, named
from functions.stack.asked import erase_shops
from functions.stack.clients import client
from functions.stack.deciding import WHO
from functions.stack.parting import begun, finished, grouped
from functions.stack.shop import at_work
from functions.stack.times import OutOfTime, watch
from personalization.plan.session import facts_of_the_day
from personalization.store.leases import CONTACTS

Step = Callable[[Shop, dict[str, Any]], dict[str, Any]]
EVENTS = int(os.environ.get("GROUP_EVENTS", "250000"))
"""How many events one function decides at a time: few enough that a group is done in minutes, and
seldom meets somebody who writes to one of its contacts meanwhile."""


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """One step."""
    steps: dict[str, Step] = {
        "begin": begin, "erase": partial(erase, context=context), "compact": compact,
        "facts": facts, "begin_plan": begin_plan, "group": grouped, "finish_plan": finished,
    }  # fmt: skip
    with at_work() as shop:
        return steps[event["do"]](shop, event)


def begin_plan(shop: Shop, event: dict[str, Any]) -> dict[str, Any]:
    """Begins a destination's plan."""
    return begun(shop, event, EVENTS)


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


def erase(shop: Shop, _event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Erases who is to go with their shop; `done` is False where there are more."""
    try:
        return {"done": True, "gone": erase_shops(shop, watch(context))}
    except OutOfTime:
        return {"done": False, "gone": 0}


def compact(shop: Shop, _event: dict[str, Any]) -> dict[str, Any]:
    """Moves the tail into the log's base; killed anywhere it loses nothing."""
    with shop.store.alone(CONTACTS, WHO):
        return {"moved": shop.store.compact(shop.clock())}


def facts(shop: Shop, _event: dict[str, Any]) -> dict[str, Any]:
    """The facts of the day; made already, they are only named."""
    return {"facts": facts_of_the_day(shop.store, shop.engines, shop.clock()).version}
