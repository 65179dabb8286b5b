"""What calls have asked of the stack besides what they told: a destination to be pulled, a shop that
is gone to be erased. The door keeps such a wish as a setting, so that it outlives every process."""

from collections.abc import Callable

from functions.actions.pulling import place
from functions.door.keeping import stale
from functions.door.leaving import erase_shop
from functions.door.telling import Line
from functions.shop import Shop, named
from functions.stack.deciding import hand_on
from functions.stack.measuring import say
from functions.stack.pulling import HANDED


def ask_for_pulls(shop: Shop) -> None:
    """Hands on what destinations told of, to the functions that may read there. A wish that comes
    while one is carried out is a new one."""
    for one in shop.destinations():
        name = stale(place(one))
        if shop.store.setting(name) == "yes":
            hand_on(one, {"pull": name})  # first: handed on twice is pulled twice, without harm
            with shop.store.record(shop.clock()) as recorder:
                recorder.setting(name, HANDED)


def erase_shops(shop: Shop, in_time: Callable[..., None]) -> int:
    """Erases who was known from shops that are gone and asked for it; returns how many went.
    Raises what `in_time` raises: the next call goes on with the rest."""
    gone, now = 0, shop.clock()
    for hook in named(shop.settings, "webhook"):
        if went := erase_shop(shop, "/".join(hook), now, in_time):
            say(Line(at=now, what="erased", place="/".join(hook), count=went[0]))
            gone += went[0]
    return gone
