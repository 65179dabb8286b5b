"""Commands that change a destination: pull, plan, apply, approve, undo, pause."""

from pathlib import Path
from typing import Annotated

import typer

from functions.actions.applying import apply as apply_it
from functions.actions.beginning import stop_for_lacks
from functions.actions.planning import approve as approve_it
from functions.actions.planning import newest, report, unapplied
from functions.actions.planning import plan as make
from functions.actions.planning import undo as take_back
from functions.actions.pulling import pull_all
from functions.cli.failing import FINDINGS, PARKED, leave
from functions.cli.options import Json, Now, To, shop_of
from functions.cli.output import counted, document, remarks, results, telling
from functions.cli.show_applied import show_applied
from functions.cli.show_plan import show_next, show_plan
from functions.cli.show_small import show_pulled, waits
from personalization.plan.report import PlanReport

Plan = Annotated[str, typer.Argument(help="The plan's name, such as plan-3.")]


def pull(ctx: typer.Context, now: Now = None, json: Json = False) -> None:
    """Bring in what sources and destinations have that is new."""
    with shop_of(ctx, now) as shop:
        stop_for_lacks(shop)
        with telling(json) as tell:
            pulled = pull_all(shop, tell)
        document({"pulled": pulled}) if json else show_pulled(results(), pulled)


def plan(
    ctx: typer.Context,
    playbook: Annotated[
        Path | None,
        typer.Argument(help="Another playbook than that of ofone.toml.", metavar="[FOLDER]"),
    ] = None,
    to: To = None,
    pull: Annotated[
        bool, typer.Option("--pull/--no-pull", help="Pull first, or take what is here.")
    ] = True,
    now: Now = None,
    json: Json = False,
) -> None:
    """Show what would change in a destination, and keep it to be applied."""
    with shop_of(ctx, now, playbook) as shop:
        stop_for_lacks(shop)
        destination = shop.destination(to)
        with telling(json) as tell:
            pulled = pull_all(shop, tell, destination) if pull else []
            made = make(shop, destination, tell)
        if json:
            document(made)
        else:
            show_pulled(remarks(), pulled)
            show_plan(results(), made)
            show_next(remarks(), made)
        leave(PARKED if made.parked else 0)


def apply(
    ctx: typer.Context,
    name: Annotated[
        str | None, typer.Argument(metavar="[PLAN]", help="The newest ready plan if left out.")
    ] = None,
    to: To = None,
    first: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Only the first N contacts.")
    ] = None,
    only: Annotated[
        str | None, typer.Option(metavar="TAG", help="Only contacts who carry this tag.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing.")] = False,
    now: Now = None,
    json: Json = False,
) -> None:
    """Write exactly what a plan shows, and read it back."""
    if name and to:
        raise typer.BadParameter(f"{name} is for one destination already", param_hint="--to")
    with shop_of(ctx, now) as shop:
        chosen = name or newest(shop, to)
        if not (yes or json):
            confirm(report(shop, chosen), first, only)
        with telling(json) as tell:
            applied = apply_it(shop, chosen, first, only, tell)
        document(applied) if json else show_applied(results(), applied, bool(first or only))
        leave(0 if applied.as_asked else FINDINGS)


def confirm(shown: PlanReport, first: int | None, only: str | None) -> None:
    """Asks on a terminal; elsewhere, calling apply is the answer."""
    if not remarks().is_terminal:
        return
    part = f", the first {first} of them" if first else ""
    part += f", those tagged {only}" if only else ""
    many = shown.touched or max(shown.written, shown.tagged)  # an undo does not count whom both
    what = (f"{shown.id}: write to {counted(many, 'contact')}{part} of "
            f"{shown.destination}/{shown.account}, "
            f"{counted(sum(shown.sends.values()), 'send')}?")  # fmt: skip
    typer.confirm(what, abort=True, err=True)


def approve(ctx: typer.Context, name: Plan, now: Now = None, json: Json = False) -> None:
    """Let a parked plan be applied."""
    with shop_of(ctx, now) as shop:
        shown, elsewhere = approve_it(shop, name), shop.away is not None
    if json:
        document({"plan": name, "state": "handed on" if elsewhere else "ready"})
    else:
        then = "is handed on, and applied within minutes: `ofone status` shows how far"
        what = then if elsewhere else f"is ready: `ofone apply {name}`"
        results().print(f"{name} {what} ({'; '.join(shown.parked)})")


def undo(ctx: typer.Context, name: Plan, now: Now = None, json: Json = False) -> None:
    """Make a plan that takes another back. It writes nothing by itself."""
    with shop_of(ctx, now) as shop:
        made = take_back(shop, name)
    if json:
        document(made)
    else:
        show_plan(results(), made)
        show_next(remarks(), made)
    leave(PARKED if made.parked else 0)


def pause(
    ctx: typer.Context,
    off: Annotated[bool, typer.Option("--off", help="Let writing go on.")] = False,
    now: Now = None,
    json: Json = False,
) -> None:
    """Stop all writing to destinations, until `pause --off`."""
    with shop_of(ctx, now) as shop:
        with shop.store.record(shop.clock()) as recorder:
            recorder.setting("paused", "no" if off else "yes")
        waiting = unapplied(shop) if off else ()
    if json:
        document({"paused": False, "to_apply": waiting} if off else {"paused": True})
        return
    results().print("Writing goes on." if off else "All writing is paused.")
    for plan in waiting:
        results().print(waits(plan), style="yellow")
