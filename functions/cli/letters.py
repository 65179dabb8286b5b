"""`ofone letters`: what could not be processed, and what becomes of it."""

from typing import Annotated

import typer

from functions.actions.standing import drop, messages, open_letters, replay
from functions.cli.options import Json, Now, shop_of
from functions.cli.output import counted, document, results
from functions.cli.show_small import show_letters

TICK, AWAY = "`ofone tick` reads them", "within minutes the stack reads them"


def letters(
    ctx: typer.Context,
    again: Annotated[
        bool,
        typer.Option("--replay", help="Put webhooks back: the next tick reads them."),
    ] = False,
    dropped: Annotated[
        list[int] | None,
        typer.Option("--drop", metavar="ID", help="Drop this one; may be repeated."),
    ] = None,
    everything: Annotated[bool, typer.Option("--drop-all", help="Drop all of them.")] = False,
    now: Now = None,
    json: Json = False,
) -> None:
    """List what could not be processed, with its reason; read it again, or drop it."""
    with shop_of(ctx, now) as shop:
        stored = open_letters(shop)
        listed = stored if again else (*stored, *messages(shop))
        ids = [one.id for one in stored] if everything else dropped or []
        gone = drop(shop, ids) if ids else 0
        rows = sum(not one.again for one in stored)
        put_back, away = replay(shop) if again else 0, shop.away is not None
    if json:
        document({"letters": listed, "replayed": put_back, "dropped": gone})
        return
    console = results()
    if not (again or ids):
        show_letters(console, listed)
    if ids:
        console.print(f"{counted(gone, 'letter')} dropped")
    if again:
        console.print(f"{counted(put_back, 'webhook')} put back: {AWAY if away else TICK} again")
        if rows:
            console.print(f"{counted(rows, 'row')} left: put right at their source and pulled again, "
                          "they come by themselves; then --drop takes them off this list")  # fmt: skip
