"""An outside shop is gone and asks that what is known from it be erased."""

from collections.abc import Callable
from itertools import batched

from functions.door.keeping import NOTHING_TO_TAKE, leaving
from functions.shop import Shop
from personalization.models import Micros
from personalization.store.protocol import Store

DONE = "no"
AT_ONCE = 50
"""People erased in one transaction: each that erases writes the log's files anew."""


def erase_shop(
    shop: Shop, place: str, now: Micros, in_time: Callable[[], None] = lambda: None
) -> tuple[int, int] | None:
    """Erases everybody known from that shop alone; who is known from another system too is that
    one's, and a person decides. Returns how many went and how many are left, or None where
    nothing was asked. Ended early, as by what `in_time` raises, it begins again and passes over
    those who are gone."""
    store = shop.store
    if store.setting(leaving(place)) != "yes":
        return None
    gone, left = 0, 0
    for some in batched(everyone(shop), AT_ONCE, strict=False):
        in_time()
        verdicts = {contact: known_from(store, contact, place) for contact in some}
        alone = [contact for contact, one in verdicts.items() if one == "alone"]
        if alone:
            with store.record(now) as recorder:
                for contact in alone:
                    recorder.forget(contact)
        gone += len(alone)
        left += list(verdicts.values()).count("too")
    with store.record(now) as recorder:
        recorder.setting(leaving(place), DONE)
        recorder.dead_letter(NOTHING_TO_TAKE, f"{place}: the shop is gone and asked to be erased: "
                             f"{gone} contacts were, {left} are known from elsewhere too and stay. "
                             f"Take webhook.{place.replace('/', '.')} out of the settings")  # fmt: skip
    return gone, left


def everyone(shop: Shop) -> list[str]:
    """All contacts' ids."""
    found: list[str] = []
    for scope in shop.store.groups():
        with shop.engines() as engine:
            shop.store.load_log(engine, scope)
            found += [str(id_) for (id_,) in engine.rows("SELECT id FROM contacts ORDER BY id")]
    return found


def known_from(store: Store, contact: str, place: str) -> str:
    """Whether a contact is known from a place "alone", "too", or "not" at all. An address is
    everybody's and says nothing."""
    places = {one.partition(":")[0] for one in store.aliases_of(contact)} - {"email"}
    return "not" if place not in places else "alone" if places == {place} else "too"
