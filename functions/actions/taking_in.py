"""Taking in what waits in the inbox."""

from functions.door.reopening import reopen
from functions.shop import Shop
from personalization.models import Micros
from personalization.plan.tick import TakenIn, take_in


def take_in_all(shop: Shop, now: Micros) -> TakenIn:
    """As `take_in`. Calls that were kept as letters and are back to be read again are read first:
    to the inbox they are no events. Raises Stop for a webhook whose settings are wrong; then they
    wait on."""
    reopen(shop, now)
    return take_in(shop.store, now)
