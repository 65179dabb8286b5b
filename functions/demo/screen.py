"""The demo's screens. The first says in full which part of the data is real and which is simulated,
every other one in a line."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from rich.console import Console

from functions.demo.simulate import NOTE
from personalization.models import Micros
from personalization.zones import moment

AUDIENCE = "The audience's addresses and statuses are simulated too."
SHORTLY = "Simulated: all but purchases, products, prices, campaigns, coupons, demographics"


@dataclass
class Screen:
    """Where the demo tells its story; `wrong` is everything that did not come out as it must."""

    console: Console
    wrong: list[str]
    said_in_full: bool = False

    def begin(self, title: str) -> None:
        """A new screen."""
        self.console.print()
        self.console.rule(title, align="left", style="cyan")
        self.console.print(SHORTLY if self.said_in_full else f"{NOTE} {AUDIENCE}", style="dim")
        self.said_in_full = True

    def say(self, text: str, style: str = "") -> None:
        """A sentence of the story."""
        self.console.print(text, style=style)

    def command(self, text: str) -> None:
        """The command that does the same."""
        self.console.print(f"$ ofone {text}", style="bold")

    def check(self, holds: bool, what: str) -> None:
        """One promise, and whether it was kept."""
        self.console.print(f"{'✓' if holds else '✗'} {what}", style="green" if holds else "red")
        if not holds:
            self.wrong.append(what)


def local(at: Micros, zone: str) -> str:
    """A moment on a wall clock, with its zone: `Mon 1 Jan 10:00 EST`."""
    wall = moment(at).astimezone(ZoneInfo(zone))
    return f"{wall:%a} {wall.day} {wall:%b %H:%M %Z}"
