"""The demo, and the sandbox that it leaves behind."""

import signal
from collections import Counter
from contextlib import suppress
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated
from urllib.error import HTTPError

import typer

from functions.cli.failing import FINDINGS, leave
from functions.cli.options import Json
from functions.cli.output import counted, document, remarks, results, telling
from functions.settings import NAME, read
from functions.shop import wall
from personalization.errors import Stop

if TYPE_CHECKING:
    from functions.demo.sandbox import Sandbox

EVERY = 5.0
"""Seconds between two looks at this machine's clock."""
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
        Path, typer.Argument(help="Where it keeps its state: a demo's folder, or another.")
    ] = FOLDER,
    port: Annotated[
        int | None,
        typer.Option(
            min=0, max=65_535, help="The one in ofone.toml if left out; 0 takes a free one."
        ),
    ] = None,
    audience: Annotated[
        Path | None,
        typer.Option(metavar="CSV", help="Begin with the people of a contacts.csv as audience."),
    ] = None,
    json: Json = False,
) -> None:
    """Serve an audience as Mailchimp and HubSpot would, until Ctrl-C. No account is needed."""
    from functions.demo.sandbox import STATE, serving

    if audience:
        begin(folder, audience)
    elif not folder.is_dir():
        raise Stop(f"there is no folder {folder}: `ofone demo` makes one, and `ofone sandbox "
                   "FOLDER --audience export/contacts.csv` begins one of your own")  # fmt: skip
    of_the_demo = (folder / NAME).is_file()
    end_softly()
    with serving(folder, kept_port(folder) if port is None else port) as box:
        if not of_the_demo:
            keep_time(box)
        if json:
            document({"url": box.url})
        else:
            introduce(box.url, folder, of_the_demo, (folder / STATE).is_file())
        wait(None if of_the_demo else box)


def begin(folder: Path, people: Path) -> None:
    """Makes the audience that a sandbox begins with, where its folder has none yet."""
    from functions.demo.sandbox import STATE, make_audience, members_of

    if (folder / STATE).is_file():
        remarks().print(f"{folder} has an audience already, which is kept. Remove {folder / STATE} "
                        "to begin anew.")  # fmt: skip
        return
    members = members_of(people)
    folder.mkdir(parents=True, exist_ok=True)
    make_audience(folder, members, wall())
    counts = Counter(str(one["status"]) for one in members)
    said = ", ".join(f"{status} {n:,}" for status, n in sorted(counts.items()))
    remarks().print(f"{counted(len(members), 'member')} from {people}: {said or 'none'}")


def introduce(url: str, folder: Path, of_the_demo: bool, filled: bool) -> None:
    """Says where it serves, and what a shop's settings need to reach it."""
    from functions.demo.sandbox import DESTINATION, LEDGER

    console = results()
    console.print(f"The sandbox serves at {url} until Ctrl-C; its audience is kept in {folder}.")
    console.print(f"Every call and what it did: {folder / LEDGER}")
    if not of_the_demo:
        console.print("A shop's ofone.toml reaches it so:\n")
        console.print(DESTINATION.format(url=url), soft_wrap=True)
    if not filled:
        remarks().print("Nobody is in the audience yet: --audience CSV begins with somebody.")


def kept_port(folder: Path) -> int:
    """The port that the folder's settings lead to, or any where there are none."""
    from functions.demo.folder import port_of

    if not (folder / NAME).is_file():
        return 0
    accounts = read(folder / NAME).destination.get("mailchimp", {})
    urls = [str(settings.get("url", "")) for settings in accounts.values()]
    return port_of(urls[0]) if urls else 0


def end_softly() -> None:
    """Lets a termination end like Ctrl-C does, so that the sandbox keeps its state and ends too:
    also where Ctrl-C itself is ignored, as a shell has it for what it starts in the background."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def wait(box: "Sandbox | None" = None) -> None:
    """Until somebody says stop. The sandbox that is given keeps this machine's time meanwhile."""
    try:
        while box:
            Event().wait(EVERY)
            keep_time(box)
        signal.pause()
    except KeyboardInterrupt:
        remarks().print("The audience is kept.")


def keep_time(box: "Sandbox") -> None:
    """Moves the sandbox's clock to the present; one that somebody moved ahead stays there."""
    with suppress(HTTPError):
        box.move_clock(wall())
