"""Calls that could not be read when they came, read again."""

from functions.door.hearing import opened, read
from functions.door.keeping import put
from functions.shop import Shop, named
from personalization.models import Micros


def reopen(shop: Shop, now: Micros) -> int:
    """Reads the calls that were kept as letters and are back in the inbox (`ofone letters
    --replay`). Returns how many. Raises Stop for a webhook whose settings are wrong."""
    store, found = shop.store, 0
    for id_, connector, account, body in store.waiting(1_000):
        request = opened(body)
        if request is None or (connector, account) not in named(shop.settings, "webhook"):
            continue
        again = read(shop.webhook(connector, account), request)
        with store.record(now) as recorder:
            recorder.taken([id_])
            put(store, recorder, (connector, account), again, now)
        found += 1
    return found
