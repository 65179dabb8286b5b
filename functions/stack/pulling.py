"""A destination told by a webhook that it holds something new: it is pulled by the function that may
read there, and whom that is about is decided by the next minute's run."""

from collections.abc import Callable

from functions.door.telling import Line
from functions.stack.measuring import say
from personalization.connector import Destination
from personalization.models import Micros
from personalization.pull import pull_destination
from personalization.store.protocol import Store

HANDED, DONE = "busy", "no"
"""What becomes of a wish ("yes"): it is in the queue, it is carried out."""


def pull_again(
    store: Store, outlet: Destination, wish: str, now: Micros, in_time: Callable[..., None]
) -> None:
    """Pulls what is new there, and makes due whom it is about, with each page: whoever goes on after
    a kill hears of nobody twice. `wish` is the setting that asks for it; one that was made again
    meanwhile stays. Raises what `in_time` raises; what was pulled so far is kept, with the place to
    go on at."""
    where = f"{outlet.name}/{outlet.account}"
    found = pull_destination(store, outlet, now, in_time, look=True)
    with store.record(now) as recorder:
        if store.setting(wish) == HANDED:
            recorder.setting(wish, DONE)
    say(Line(at=now, what="pulled", place=where, count=found.records))
