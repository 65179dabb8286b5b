"""Erasing one contact, with all that is known of them under names not met yet."""

from functions.actions.taking_in import take_in_all
from functions.shop import Shop


def erase(shop: Shop, contact: str) -> dict[str, int]:
    """Takes in what waits, because a webhook may say that another alias is the same person, and
    then erases the contact that this one has become. Returns how many rows went, by table."""
    now = shop.clock()
    take_in_all(shop, now)
    with shop.store.record(now) as recorder:
        return dict(recorder.forget(contact))
