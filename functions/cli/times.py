"""Commands that a schedule or an operator runs: tick, status, compact, replay."""

from typing import Annotated

import typer

from functions.actions.replaying import replay_all
from functions.actions.standing import standing
from functions.actions.ticking import tick as tick_once
from functions.actions.ticking import tick_all
from functions.cli.failing import FINDINGS, LATER, PARKED, PERSON, leave
from functions.cli.options import At, Json, Now, To, shop_of
from functions.cli.output import counted, document, results, telling
from functions.cli.show_small import show_standing, show_ticks


def tick(ctx: typer.Context, to: To = None, now: Now = None, json: Json = False) -> None:
    """Take in what waits, fire what is due at its moment, drain the outbox once."""
    with shop_of(ctx, now, scheduled=True) as shop:
        several = to is None and len(shop.destinations()) > 1
        with telling(json) as tell:
            done = tick_all(shop, tell) if several else None
            ticks = done.ticks if done else (tick_once(shop, shop.destination(to), tell),)
        if json:
            document(done or ticks[0])
        else:
            show_ticks(results(), ticks, (*done.later, *done.stopped) if done else ())
    parked = any(one.ticked.report is not None and one.ticked.report.parked for one in ticks)
    incomplete = any(one.applied is not None and not one.applied.as_asked for one in ticks)
    stopped = (done and done.stopped) or any(one.ticked.lacking for one in ticks)
    held = PERSON if stopped else LATER if done and done.later else 0
    leave(held or (PARKED if parked else FINDINGS if incomplete else 0))


def status(
    ctx: typer.Context,
    plans: Annotated[
        int, typer.Option(min=1, metavar="N", help="How many of the newest plans to list.")
    ] = 10,
    now: Now = None,
    json: Json = False,
) -> None:
    """Show plans, what is on its way, what is due, and what was set aside."""
    with shop_of(ctx, now) as shop:
        found = standing(shop, plans)
    document(found) if json else show_standing(results(), found)


def compact(ctx: typer.Context, now: Now = None, json: Json = False) -> None:
    """Move new events into the log's Parquet files, and clean up after merges and erasures."""
    with shop_of(ctx, now) as shop:
        moved = shop.store.compact(shop.clock())
    document({"moved": moved}) if json else results().print(f"{counted(moved, 'event')} moved")


def replay(
    ctx: typer.Context,
    contacts: Annotated[
        int, typer.Option(min=1, metavar="N", help="Decisions of how many contacts.")
    ] = 100,
    at: At = None,
    now: Now = None,
    json: Json = False,
) -> None:
    """Recompute logged decisions from the log as it was when they were made."""
    with shop_of(ctx, now) as shop, telling(json) as tell:
        found = replay_all(shop, contacts, at, tell)
    if json:
        document(found)
    else:
        console = results()
        console.print(f"{found.equal:,} equal, {found.differs:,} differ, {found.erased:,} erased",
                      style="red" if found.differs else "green")  # fmt: skip
        for one in found.differences[:20]:
            console.print(f"{one.contact} {one.decision}: {one.difference}")
    leave(FINDINGS if found.differs else 0)
