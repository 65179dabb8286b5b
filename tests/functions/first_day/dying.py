"""`ofone` in a process that ends itself by SIGKILL around one of its commits: `dying.py after:3
WORDS...`, or `before:3`. Pages of members are small, so that there are some
to be killed between."""

import sys
from collections.abc import Callable
from typing import Any

from connectors.shared import mailchimp_members
from functions.cli.main import app
from tests.kill import points


class Dying(points.Points):
    """Counts commits alone."""

    def __init__(self, side: str, number: int) -> None:
        super().__init__("", None)
        self.side, self.left = side, number

    def around(self, what: str, act: Callable[[], Any]) -> Any:
        """Carries out one effect, and dies before or after the commit that was asked for."""
        self.left -= what == "commit"
        last = what == "commit" and not self.left
        if last and self.side == "before":
            points.die()
        result = act()
        if last:
            points.die()
        return result


if __name__ == "__main__":
    mailchimp_members.COUNT, mailchimp_members.SHARED = 8, 2
    side, _, number = sys.argv.pop(1).partition(":")
    points.wrap_sqlite(Dying(side, int(number or 0)))
    app()
