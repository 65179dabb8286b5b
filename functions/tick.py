"""The function of every minute: what is due is decided at its own moment, and handed on."""

from typing import Any

from functions.stack.deciding import decide_all
from functions.stack.shop import at_work


def handler(_event: dict[str, Any], _context: object) -> None:
    """One minute's work."""
    with at_work() as shop:
        decide_all(shop, set())
