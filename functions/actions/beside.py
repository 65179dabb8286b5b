"""The destinations beside the one at hand."""

from functions.actions.pulling import place
from functions.shop import Shop
from personalization.connector import Destination
from personalization.installed import uninstalled


def others(shop: Shop, destination: Destination) -> list[Destination]:
    """A shop's other destinations. Where this product was uninstalled nothing is kept up: nothing
    is laid down for it, and nobody waits for its sends."""
    return [one for one in shop.destinations()
            if place(one) != place(destination) and uninstalled(shop.store, place(one)) is None]  # fmt: skip
