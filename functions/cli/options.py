"""Options that several commands share, and the way into the shop that they describe."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from functions.cli.failing import JSON
from functions.settings import moment
from functions.shop import Shop, open_shop
from personalization.models import Micros


@dataclass(frozen=True)
class Given:
    """What stands before the command."""

    config: Path


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
    ctx: typer.Context, now: Micros | None = None, playbook: Path | None = None
) -> Iterator[Shop]:
    """Opens the shop that --config names."""
    given: Given = ctx.find_root().obj
    with open_shop(given.config, now, playbook) as shop:
        yield shop
