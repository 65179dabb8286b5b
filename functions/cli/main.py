"""`ofone`: the command line. Each command is a function in a file of its group."""

from pathlib import Path
from typing import Annotated

import typer

from functions.cli import demos, first_day, letters, people, plans, playbooks, serving, times
from functions.cli.calling import GIVEN
from functions.cli.failing import CODES, Commands
from functions.cli.options import Given, belongs
from functions.settings import NAME
from personalization.uncollected import collect_rarely

EPILOG = "Exit codes: " + "; ".join(f"{code} {meaning}" for code, meaning in CODES.items()) + "."

app = typer.Typer(
    name="ofone",
    cls=Commands,
    no_args_is_help=True,
    epilog=EPILOG,
    pretty_exceptions_show_locals=False,
    rich_markup_mode=None,
)


@app.callback()
def main(
    ctx: typer.Context,
    config: Annotated[
        Path,
        typer.Option("--config", "-c", metavar="PATH", help="The settings file, or its folder."),
    ] = Path(NAME),
    stack: Annotated[
        str | None,
        typer.Option(
            "--stack",
            metavar="NAME",
            help="Work on this deployed stack, with your AWS credentials.",
        ),
    ] = None,
) -> None:
    """Segments and individual decisions for a shop's contacts, planned before they are applied."""
    file = config / NAME if config.is_dir() else config
    GIVEN.set((*(() if file == Path(NAME) else ("-c", str(config))),
               *(("--stack", stack) if stack else ())))  # fmt: skip
    belongs(ctx.invoked_subcommand, stack)
    ctx.obj = Given(file, stack)
    collect_rarely()


for group in (
    (demos.demo, playbooks.init, playbooks.check, first_day.doctor, first_day.backfill),
    (plans.pull, plans.plan, plans.apply, plans.approve, plans.undo, plans.pause, times.tick),
    (people.explain, people.preview, playbooks.snippets, times.status, letters.letters),
    (times.replay, people.forget, people.export, times.compact, demos.sandbox),
    (serving.serve,),
    (first_day.uninstall,),
):
    for command in group:
        # Its first sentence, whole: the list of commands would cut it.
        said = " ".join((command.__doc__ or "").split()).partition(". ")[0].removesuffix(".")
        app.command(short_help=said)(command)
