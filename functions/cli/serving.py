"""`ofone serve`: the door and the work behind it, on one machine."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Annotated

import typer

from functions.cli.options import Json, Now, shop_of
from personalization.errors import Stop


def serve(
    ctx: typer.Context,
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="The address of this machine to listen at.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0 takes a free one.")] = 8080,
    to: Annotated[
        list[str] | None,
        typer.Option(
            "--to", metavar="CONNECTOR/ACCOUNT", help="Which destinations; all if left out."
        ),
    ] = None,
    now: Now = None,
    json: Json = False,
) -> None:
    """Take webhooks in, decide and write as `tick` does, and give decisions out."""
    from functions.door.serving import serving
    from functions.door.telling import as_json, as_text

    say = as_json(sys.stdout) if json else as_text(sys.stderr)
    with told_to_stop() as stop, shop_of(ctx, now, scheduled=True) as shop:
        try:
            with serving(shop, say, host, port, to or ()):
                stop.wait()
        except OSError:
            raise Stop(f"port {port} of {host} cannot be listened at: is it in use?") from None


@contextmanager
def told_to_stop() -> Iterator[threading.Event]:
    """Is set by the first SIGTERM or Ctrl-C, so that the work at hand ends; a second Ctrl-C does
    not wait for it."""
    stop = threading.Event()

    def ask(_signal: int, _frame: FrameType | None) -> None:
        stop.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = {one: signal.signal(one, ask) for one in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
