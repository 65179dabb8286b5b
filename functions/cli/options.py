"""Options that several commands share, and the way into the shop that they describe."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from connectors.shared.waiting import TRIES, attended
from functions.cli.failing import JSON
from functions.cli.output import remarks
from functions.settings import moment
from functions.shop import Shop, open_shop
from personalization.models import Micros


@dataclass(frozen=True)
class Given:
    """What stands before the command. `stack` is the deployed one to work on, None for at home."""

    config: Path
    stack: str | None = None


AT_HOME = ("demo", "init", "check", "sandbox", "serve")
"""Commands that a stack has no part in, or does itself."""


def belongs(command: str | None, stack: str | None) -> None:
    """Raises BadParameter for a command that does not work on a stack."""
    if stack is not None and command in AT_HOME:
        raise typer.BadParameter(f"`{command}` works on this machine alone: leave --stack out")


def keep_json(ctx: typer.Context, value: bool) -> bool:
    """Remembers that this command prints JSON, so that its errors do too."""
    ctx.meta[JSON] = value
    return value


def a_moment(text: str) -> Micros:
    """A moment as people and programs write it."""
    try:
        return moment(text)
    except ValueError:
        raise typer.BadParameter("write 2026-03-01T09:00:00Z or UTC microseconds") from None


Json = Annotated[
    bool,
    typer.Option("--json", help="Print one JSON document and nothing else.", callback=keep_json),
]
Now = Annotated[
    int | None,
    typer.Option(
        "--now",
        metavar="T",
        parser=a_moment,
        help="Work as of this moment: ISO 8601 (UTC without an offset) or UTC microseconds.",
    ),
]
At = Annotated[
    int | None,
    typer.Option("--at", metavar="T", parser=a_moment, help="As of this past moment."),
]
To = Annotated[
    str | None,
    typer.Option(
        "--to", metavar="CONNECTOR/ACCOUNT", help="Which destination, if there are several."
    ),
]


@contextmanager
def shop_of(
    ctx: typer.Context, now: Micros | None = None, playbook: Path | None = None,
    scheduled: bool = False,
) -> Iterator[Shop]:  # fmt: skip
    """Opens the shop that --config names, or that of the --stack. What a schedule runs is as
    patient as the settings say; a person is not kept waiting for a host that is out of reach."""
    given: Given = ctx.find_root().obj
    with watched(ctx, scheduled), opened(given, now, playbook) as shop:
        yield shop


def opened(
    given: Given, now: Micros | None = None, playbook: Path | None = None
) -> AbstractContextManager[Shop]:
    """The shop at home or the deployed one. Raises BadParameter for another present than the
    account's: what is recorded there is in the order of its clock."""
    if given.stack is None:
        return open_shop(given.config, now, playbook)
    if now is not None:
        raise typer.BadParameter("a stack works as of its own clock: leave --now out")
    from functions.stack.outside import open_stack  # whoever works at home loads no client of AWS

    return open_stack(given.config, given.stack, playbook, warn)


def warn(line: str) -> None:
    """Says what should be known before what follows."""
    remarks().print(f"WARNING: {line}", style="yellow", soft_wrap=True)


@contextmanager
def watched(ctx: typer.Context, scheduled: bool = False) -> Iterator[None]:
    """Says on standard error what is waited for; with --json nothing is said."""
    console = remarks()
    quiet = bool(ctx.meta.get(JSON))

    def say(text: str) -> None:
        if not quiet:
            console.print(text, style="yellow")

    with attended(say, None if scheduled else TRIES):
        yield
