"""Judging a plan's sends once more, where it waited for somebody to apply it."""

from functions.shop import Shop
from personalization.connector import Destination
from personalization.models import MINUTE
from personalization.plan.recheck import recheck
from personalization.plan.report import PlanReport
from personalization.playbook.model import Limits


def judge_again(shop: Shop, destination: Destination, shown: PlanReport, limits: Limits) -> None:
    """Refuses sends of a plan that have become pointless or are too many by now. A plan of this
    minute was just judged."""
    now = shop.clock()
    if now - shown.now >= MINUTE:
        with shop.engines() as engine:
            recheck(shop.store, engine, limits, destination, shown.id, now)
