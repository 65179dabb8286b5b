"""Commands about single contacts: explain, preview, forget, export."""

from typing import Annotated

import typer

from functions.actions.finding import contact
from functions.actions.forgetting import erase
from functions.actions.previewing import preview as preview_of
from functions.actions.seeding import write_to
from functions.cli.failing import FINDINGS, leave
from functions.cli.options import At, Json, Now, To, shop_of
from functions.cli.output import document, remarks, results, telling
from functions.cli.show_plan import listing
from functions.cli.show_receipt import show_receipt
from functions.cli.show_small import show_previews, show_seeded
from functions.shop import named
from personalization.receipt.run import explain as receipt_of

Who = Annotated[
    str, typer.Argument(metavar="CONTACT", help="A contact's id, an address, or an alias.")
]


def explain(ctx: typer.Context, who: Who, at: At = None, to: To = None, now: Now = None,
            json: Json = False) -> None:  # fmt: skip
    """Print why a contact got what they got, down to event ids."""
    with shop_of(ctx, now) as shop:
        moment = at if at is not None else max(shop.clock(), shop.store.watermark())
        known = to or named(shop.settings, "destination")
        receipt = receipt_of(
            shop.store, shop.engines, shop.playbook, contact(shop.store, who), moment,
            shop.destination(to) if known else None,
        )  # fmt: skip
        document(receipt) if json else show_receipt(results(), receipt, shop.playbook)


def preview(
    ctx: typer.Context,
    contacts: Annotated[
        int, typer.Option(min=1, metavar="N", help="How many contacts to choose.")
    ] = 6,
    who: Annotated[
        list[str] | None,
        typer.Option("--contact", metavar="CONTACT", help="Show this one; may be repeated."),
    ] = None,
    to: Annotated[
        list[str] | None,
        typer.Option(
            "--to",
            metavar="SEED",
            help="Write them to these test contacts, in order; may be repeated.",
        ),
    ] = None,
    destination: Annotated[
        str | None,
        typer.Option(
            "--destination", metavar="CONNECTOR/ACCOUNT", help="Which, if there are several."
        ),
    ] = None,
    now: Now = None,
    json: Json = False,
) -> None:
    """Show whole rendered contacts side by side; with --to, on test contacts only."""
    with shop_of(ctx, now) as shop, telling(json):
        shown = preview_of(shop, contacts, who or ())
        seeded = (
            write_to(shop, shop.destination(destination, "--destination"), shown, to)
            if to
            else None
        )
    if json:
        document({"contacts": shown, "seeded": seeded})
    else:
        show_previews(results(), shown)
        show_seeded(results(), seeded)
    incomplete = seeded and seeded.applied and not seeded.applied.complete
    leave(FINDINGS if incomplete else 0)


def forget(
    ctx: typer.Context,
    who: Who,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing.")] = False,
    now: Now = None,
    json: Json = False,
) -> None:
    """Erase a contact from the store, leaving only what stops older records from coming back."""
    with shop_of(ctx, now) as shop:
        found = contact(shop.store, who)
        if not (yes or json):
            certain(found)
        removed = erase(shop, found)
    if json:
        document({"contact": found, "removed": removed})
        return
    results().print(f"contact {found} is erased here. {listing('rows removed', removed)}")
    remarks().print("A destination keeps its own record: delete the contact there too.")


def certain(found: str) -> None:
    """Asks on a terminal. Where nobody can be asked, `--yes` has to say so: it is for good."""
    if not remarks().is_terminal:
        raise typer.BadParameter("erasing cannot be taken back: add --yes where nobody is asked")
    typer.confirm(f"Erase contact {found} for good?", abort=True, err=True)


def export(ctx: typer.Context, who: Who, json: Json = False) -> None:
    """Print everything kept about a contact, as JSON."""
    del json  # it is JSON either way
    with shop_of(ctx) as shop:
        document(shop.store.export(contact(shop.store, who)))
