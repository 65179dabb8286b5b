"""Commands of an admin's first day, and of the last: doctor, backfill, uninstall."""

from typing import Annotated

import typer

from functions.actions.backfilling import backfill_from
from functions.actions.backfilling import estimate as estimate_of
from functions.actions.examining import examine
from functions.actions.uninstalling import uninstall as remove
from functions.cli.failing import FINDINGS, PARKED, leave
from functions.cli.options import Given, Json, Now, a_moment, shop_of, watched
from functions.cli.output import document, remarks, results, telling
from functions.cli.show_first_day import (
    counting,
    show_backfilled,
    show_estimates,
    show_examined,
    show_removal,
)

Place = Annotated[
    str, typer.Argument(metavar="CONNECTOR/ACCOUNT", help="An account that the settings name.")
]


def doctor(ctx: typer.Context, now: Now = None, json: Json = False) -> None:
    """Look at everything that an admin may have got wrong. Nothing is changed."""
    given: Given = ctx.find_root().obj
    with watched(ctx), telling(json) as tell:
        found = examine(given.config, now, tell, given.stack)
    document(found) if json else show_examined(results(), found)
    leave(FINDINGS if found.count("wrong") else 0)


def backfill(
    ctx: typer.Context,
    name: Place,
    since: Annotated[
        int | None,
        typer.Option("--from", metavar="T", parser=a_moment, help="Leave out older events."),
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Begin anew. What is known already is not doubled.")
    ] = False,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Say how much there is, and store nothing.")
    ] = False,
    now: Now = None,
    json: Json = False,
) -> None:
    """Bring in the past of a source or a destination. Killed, it goes on where it was."""
    with shop_of(ctx, now) as shop:
        if estimate:
            sizes = estimate_of(shop, name)
            document({"estimates": sizes}) if json else show_estimates(results(), sizes)
            return
        with counting(json) as tell:
            found = backfill_from(shop, name, since, again, tell)
    document({"backfilled": found}) if json else show_backfilled(results(), found)


def uninstall(
    ctx: typer.Context,
    name: Place,
    keep: Annotated[
        list[str] | None,
        typer.Option("--keep", metavar="NAME", help="A field or tag to leave; may be repeated."),
    ] = None,
    now: Now = None,
    json: Json = False,
) -> None:
    """Plan to remove what was made in a destination. It writes nothing by itself."""
    with shop_of(ctx, now) as shop:
        with telling(json) as tell:
            made = remove(shop, shop.destination(name), keep or (), tell)
        document(made) if json else show_removal(results(), remarks(), made)
        leave(PARKED if made.parked else 0)
