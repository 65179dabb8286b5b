"""The function of every minute: what calls have asked for is done or handed on, what is due is
decided at its own moment, and handed on."""

from dataclasses import replace
from typing import Any

from functions.actions.taking_in import take_in_all
from functions.door.telling import Line
from functions.shop import Shop
from functions.stack.asked import ask_for_pulls
from functions.stack.deciding import decide_all
from functions.stack.measuring import measure, say
from functions.stack.shop import at_work
from personalization.errors import ProductError, Retry

NO_SECRET = "whsec_" + "d2l0aGhlbGQ" * 3 + "d2l0aGhlbA=="
"""In the place of webhooks' secrets, which are not needed to read a call that was verified when it
came; some connectors want one that looks like one."""


def handler(_event: dict[str, Any], _context: object) -> None:
    """One minute's work."""
    with at_work() as shop:
        decide_all(shop, asked_for(shop))


def asked_for(shop: Shop) -> set[str]:
    """Letters that a person sent back are read again, and destinations that told of something new
    are pulled. Returns whom the letters are about. What fails keeps nothing that is due waiting."""
    touched = set[str]()
    try:
        ask_for_pulls(shop)
        blind = replace(shop, secrets=lambda _kind, _connector: lambda _name, _place: NO_SECRET)
        touched, taken, dead, _ = take_in_all(blind, shop.clock())
        if taken or dead:
            say(Line(at=shop.clock(), what="take in", count=taken, outcome=f"{dead} set aside"))
    except ProductError as problem:
        if not isinstance(problem, Retry):
            measure("Stopped", 1, function="tick")
        say(Line(at=shop.clock(), what="asked for", outcome=f"later: {problem}"))
    return touched
