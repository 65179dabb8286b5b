"""How long work says how far it is, without knowing who listens."""

from collections.abc import Callable

Tell = Callable[[str, int, int | None], None]
"""(what is being done, how much of it is done, how much there is or None)"""


def silent(what: str, done: int, total: int | None) -> None:
    """Tells nobody."""
