"""Commands about the playbook: init, check, snippets."""

from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from functions.actions.checking import check as check_it
from functions.actions.pasting import snippets as snippets_of
from functions.actions.starting import start
from functions.cli.failing import FINDINGS, leave
from functions.cli.options import Given, Json, To, shop_of
from functions.cli.output import document, results, telling
from functions.cli.show_small import show_checked, show_snippets
from functions.settings import read
from functions.shop import playbook_folder


def init(
    folder: Annotated[Path, typer.Argument(help="Where to begin.")] = Path(),
    json: Json = False,
) -> None:
    """Write an ofone.toml and a starter playbook. Nothing that is there is changed."""
    folder.mkdir(parents=True, exist_ok=True)
    started = start(folder)
    if json:
        document(started)
        return
    console = results()
    for name in started.written:
        console.print(f"wrote {name}", style="green")
    for name in started.kept:
        console.print(f"kept {name} as it is")
    there = "" if folder.resolve() == Path.cwd() else f"go there (cd {quote(str(folder))}), "
    console.print(f"Next: {there}put your export into export/ and your audience's id into ofone.toml. "
                  "Then `ofone doctor` says what is still missing, and `ofone plan` what would "
                  "change. No account yet? docs/sandbox.md")  # fmt: skip


def check(
    ctx: typer.Context,
    folder: Annotated[
        Path | None, typer.Argument(help="The playbook; that of ofone.toml if left out.")
    ] = None,
    json: Json = False,
) -> None:
    """Load a playbook, point at every mistake, and run the playbook's own tests."""
    given: Given = ctx.find_root().obj
    chosen = folder or playbook_folder(read(given.config))
    with telling(json) as tell:
        checked, mistakes = check_it(chosen, tell)
    document(checked) if json else show_checked(results(), checked, mistakes)
    leave(FINDINGS if mistakes else 0)


def snippets(ctx: typer.Context, to: To = None, json: Json = False) -> None:
    """Print the merge tags to paste and the tags to pick."""
    with shop_of(ctx) as shop:
        found = snippets_of(shop, shop.destination(to))
    document(found) if json else show_snippets(results(), found)
