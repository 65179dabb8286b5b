"""Bringing in a place's past: everything that a source or a destination has."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from functools import partial
from itertools import islice

from functions.actions.telling import Tell, silent
from functions.shop import Shop, named
from personalization.backfill import (
    Backfilled,
    Past,
    Progress,
    Progressed,
    backfill,
    setting_name,
)
from personalization.connector import Destination, Source
from personalization.errors import Stop
from personalization.models import Frozen, Micros
from personalization.pull import cursor_name
from personalization.store.leases import CONTACTS, Busy

WHO = "`ofone backfill`"
PAUSE, TRIES = 0.2, 600
"""Seconds between two tries for a turn, and how many there are: two minutes."""


class Estimate(Frozen):
    """What a place says of its size before anything is stored. `rows` is what its first page, or
    the next one, holds; `total` how many rows there are, None where it does not say; `done` how
    many were read by earlier runs."""

    place: str
    rows: int
    total: int | None
    done: int


def backfill_from(
    shop: Shop, name: str, since: Micros | None = None, again: bool = False, tell: Tell = silent
) -> tuple[Backfilled, ...]:
    """Takes in the past of one place; of both where it is a source and a destination. Raises Stop
    for a place that the settings do not name, and for `since` with a destination; Busy where
    somebody else is at work."""
    pasts = [past(shop, connector, shadows, since) for connector, shadows in places(shop, name)]
    if since is not None and any(one.shadows for one in pasts):
        raise Stop(f"{name} holds contacts, and each of them is read as it is now: leave --from "
                   "out")  # fmt: skip
    found = []
    for one in pasts:
        # A destination's own work waits until its contacts are known; a source has none.
        alone = shop.store.alone(one.place, WHO) if one.shadows else nullcontext()
        with alone:
            found.append(backfill(one, again, counter(one, tell)))
    return tuple(found)


def estimate(shop: Shop, name: str) -> tuple[Estimate, ...]:
    """Reads the next page of a place and stores nothing."""
    found = []
    for connector, _ in places(shop, name):
        cursor = shop.store.setting(cursor_name(connector)) or None
        pages = list(islice(connector.pull(cursor), 1))
        rows = sum(one.taken + len(one.set_aside) for one in pages)
        kept = shop.store.setting(setting_name(f"{connector.name}/{connector.account}"))
        done = Progressed.model_validate_json(kept).rows if kept else 0
        total = pages[0].total if pages else 0
        found.append(Estimate(place=name, rows=rows, total=total, done=done))
    return tuple(found)


def places(shop: Shop, name: str) -> Sequence[tuple[Source | Destination, Destination | None]]:
    """What the settings call by that name, each with itself where it holds contacts. A connector's
    name alone will do where it has one account."""
    known = {kind: named(shop.settings, kind) for kind in ("source", "destination")}
    wanted = {(kind, *one) for kind, pairs in known.items() for one in pairs
              if name in ("/".join(one), one[0])}  # fmt: skip
    everywhere = sorted({"/".join(one) for pairs in known.values() for one in pairs})
    if not wanted:
        raise Stop(f"{shop.settings.file} names no {name}. There are: {', '.join(everywhere)}.")
    if len({account for _, _, account in wanted}) > 1:
        fitting = ", ".join(one for one in everywhere if one.startswith(f"{name}/"))
        raise Stop(f"there are several accounts of {name}: name one: {fitting}")
    found: list[tuple[Source | Destination, Destination | None]] = []
    for kind, connector, account in sorted(wanted, reverse=True):  # sources before destinations
        if kind == "source":
            found.append((shop.source(connector, account), None))
        else:
            holder = shop.destination(f"{connector}/{account}")
            found.append((holder, holder))
    return found


def past(
    shop: Shop, connector: Source | Destination, shadows: Destination | None, since: Micros | None
) -> Past:
    """One backfill of this shop."""
    return Past(store=shop.store, engines=shop.engines, playbook=shop.playbook, now=shop.clock(),
                connector=connector, shadows=shadows, since=since,
                turn=partial(turn, shop))  # fmt: skip


@contextmanager
def turn(shop: Shop, wait: Callable[[float], None] = time.sleep) -> Iterator[None]:
    """A moment at which nobody decides, waited for as long as a large tick may take. Raises Busy
    after that; what came until then is kept."""
    with ExitStack() as stack:
        for left in reversed(range(TRIES)):
            try:
                stack.enter_context(shop.store.alone(CONTACTS, WHO))
                break
            except Busy:
                if not left:
                    raise
                wait(PAUSE)
        yield


def counter(one: Past, tell: Tell) -> Progress:
    """Tells how many rows have come, of how many."""

    def page(done: int, total: int | None) -> None:
        # What a place says counts one of its listings: beyond it, nobody knows how many there are.
        tell(f"backfilling {one.place}", done, total if total and total >= done else None)

    return page
