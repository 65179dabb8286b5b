"""The demo, and the sandbox that it leaves behind."""

import signal
from pathlib import Path
from typing import Annotated

import typer

from functions.cli.failing import FINDINGS, leave
from functions.cli.options import Json
from functions.cli.output import document, remarks, results, telling
from functions.settings import NAME, read
from personalization.errors import Stop

FOLDER = Path(".ofone") / "demo"


def demo(
    folder: Annotated[
        Path, typer.Option(metavar="DIR", help="Where the demo keeps its things.")
    ] = FOLDER,
    fast: Annotated[bool, typer.Option("--fast", help="A quarter of the households.")] = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave the sandbox running until Ctrl-C.")
    ] = False,
    json: Json = False,
) -> None:
    """Run the main job on a real shop's data, against a sandbox of Mailchimp."""
    from functions.demo.run import FEW
    from functions.demo.run import demo as run

    end_softly()
    console = remarks() if json else results()
    with telling(json) as tell, run(folder, console, tell, FEW if fast else None) as (wrong, box):
        if json:
            document({"folder": str(folder), "wrong": wrong, "url": box.url})
        if keep:
            remarks().print(f"The sandbox serves at {box.url} until Ctrl-C.")
            wait()
    leave(FINDINGS if wrong else 0)


def sandbox(
    folder: Annotated[
        Path, typer.Argument(help="A folder that the demo made, or an empty one.")
    ] = FOLDER,
    port: Annotated[
        int | None,
        typer.Option(min=0, help="The one in ofone.toml if left out; 0 takes a free one."),
    ] = None,
    json: Json = False,
) -> None:
    """Serve the demo's audience again, as Mailchimp would, until Ctrl-C."""
    from functions.demo.sandbox import serving

    if not folder.is_dir():
        raise Stop(f"there is no folder {folder}: `ofone demo` makes it")
    end_softly()
    with serving(folder, kept_port(folder) if port is None else port) as box:
        if json:
            document({"url": box.url})
        else:
            results().print(f"The sandbox serves at {box.url} until Ctrl-C; its audience is kept in "
                            f"{folder}.")  # fmt: skip
        wait()


def kept_port(folder: Path) -> int:
    """The port that the folder's settings lead to, or any where there are none."""
    from functions.demo.folder import port_of

    if not (folder / NAME).is_file():
        return 0
    accounts = read(folder / NAME).destination.get("mailchimp", {})
    urls = [str(settings.get("url", "")) for settings in accounts.values()]
    return port_of(urls[0]) if urls else 0


def end_softly() -> None:
    """Lets a termination end like Ctrl-C does, so that the sandbox keeps its state and ends too."""
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))


def wait() -> None:
    """Until somebody says stop."""
    try:
        signal.pause()
    except KeyboardInterrupt:
        remarks().print("The audience is kept.")
