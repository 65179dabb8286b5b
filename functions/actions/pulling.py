"""Bringing in what sources and destinations have that the store has not."""

from collections.abc import Callable
from functools import partial

from functions.actions.backfilling import past
from functions.actions.telling import Tell, silent
from functions.shop import Shop
from personalization.backfill import backfill
from personalization.connector import Destination, Page, Source
from personalization.models import Frozen
from personalization.pull import Pulled, cursor_name, pull_destination, pull_source
from personalization.store.leases import Busy


class From(Frozen):
    """What came from one place ("files/main"); `busy` says who else is at work there, who pulls
    it too. `hints` are what looks mistyped there."""

    place: str
    pulled: Pulled
    hints: tuple[str, ...] = ()
    busy: str | None = None


def pull_all(shop: Shop, tell: Tell = silent, wanted: Destination | None = None) -> list[From]:
    """Sources first, so that a destination's people are met with what is known of them. Raises
    Busy where somebody else is at work on a destination: on `wanted`, if only one is."""
    return [
        *map(partial(hinted, shop), pull_sources(shop, tell)),
        *pull_destinations(shop, tell, wanted),
    ]


def hinted(shop: Shop, came: From) -> From:
    """With what looks mistyped in files that were read just now."""
    name, _, account = came.place.partition("/")
    if name != "files" or not came.pulled.pages:
        return came
    from functions.actions.hinting import hints_of  # who only applies loads no reader of files

    return came.model_copy(update={"hints": hints_of(shop, account)})


def pull_sources(shop: Shop, tell: Tell = silent, look: bool = False) -> list[From]:
    """Everything new from every source; with `look`, its contacts become due at once."""
    return [
        From(place=place(one), pulled=pull_one(shop, one, tell, look)) for one in shop.sources()
    ]


def pull_one(shop: Shop, source: Source, tell: Tell, look: bool) -> Pulled:
    """Everything new from one source. Where that is all it ever had, in a shop that has decided
    before, it is a past: nobody is sent anything for what is long over."""
    first = not shop.store.setting(cursor_name(source))
    if not (first and shop.store.plans()):
        tick = counter(place(source), tell)
        return pull_source(shop.store, source, shop.clock(), tick, look)
    came = backfill(past(shop, source, None, None), progress=partial(tell, place(source)))
    return Pulled(pages=came.pages, records=came.records, events=came.events, facts=came.facts,
                  products=came.products, skipped=came.set_aside)  # fmt: skip


def pull_destinations(
    shop: Shop, tell: Tell = silent, wanted: Destination | None = None
) -> list[From]:
    """Everything that changed in every destination."""
    found = []
    for one in shop.destinations():
        where, came, busy = place(one), Pulled(), None
        try:
            with shop.store.alone(where, "`ofone pull`"):
                came = pull_destination(shop.store, one, shop.clock(), counter(where, tell))
                if shop.away:
                    shop.away.pulled(one)
        except Busy as held:
            if wanted is None or where == place(wanted):
                raise
            busy = str(held)
        found.append(From(place=where, pulled=came, busy=busy))
    return found


def place(connector: Source | Destination) -> str:
    """A connector's account, as people write it."""
    return f"{connector.name}/{connector.account}"


def counter(where: str, tell: Tell) -> Callable[[Page], None]:
    """Tells how many rows of a pull have come."""
    done = 0

    def page(one: Page) -> None:
        nonlocal done
        done += one.taken
        tell(f"pulling {where}", done, one.total)

    return page
