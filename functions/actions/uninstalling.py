"""Planning the removal of what was made in a destination."""

from collections.abc import Sequence

from functions.actions.pulling import counter, place
from functions.actions.telling import Tell, silent
from functions.shop import Shop
from personalization.connector import Destination
from personalization.plan.report import PlanReport
from personalization.pull import pull_destination
from personalization.uninstall import make_uninstall


def uninstall(
    shop: Shop, destination: Destination, keep: Sequence[str] = (), tell: Tell = silent
) -> PlanReport:
    """A plan that removes our fields and tags, made on what the destination holds now. Raises Busy
    where somebody else is at work on it."""
    now, where = shop.clock(), place(destination)
    with shop.store.alone(where, "`ofone uninstall`"):
        pull_destination(shop.store, destination, now, counter(where, tell))
        return make_uninstall(shop.store, destination, now, keep)
