"""How long a function has still to live."""

from collections.abc import Callable
from typing import Any

from personalization.errors import Retry

RESERVE = 90_000
"""Milliseconds before its end in which a function begins nothing more."""


class OutOfTime(Retry):
    """The function's life ends soon; the rest is for the next one."""


def watch(context: Any) -> Callable[..., None]:
    """Raises OutOfTime, when asked, once the function's end is near. It takes whatever a
    progress is told."""

    def in_time(*_: object) -> None:
        if context.get_remaining_time_in_millis() < RESERVE:
            raise OutOfTime("the rest is for the next function")

    return in_time
