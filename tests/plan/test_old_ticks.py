"""Ticks leave a plan a minute; those that ended long ago make room."""

from personalization.models import DAY, HOUR, MINUTE
from tests.plan.corner import NOW, Corner, event


def ticks(corner: Corner) -> list[str]:
    return [id_ for id_, _, _ in corner.store.plans() if id_.startswith("tick-")]


def test_a_plan_drops_the_ticks_that_ended_a_month_ago(corner: Corner) -> None:
    corner.settled()
    corner.webhook(NOW, event("order", 5, NOW))
    assert corner.tick(NOW + MINUTE).applied is not None
    old = ticks(corner)
    assert len(old) == 1
    corner.plan(NOW + 29 * DAY)
    assert set(old) <= set(ticks(corner))
    corner.webhook(NOW + 30 * DAY, event("order", 6, NOW + 30 * DAY))
    corner.tick(NOW + 30 * DAY)
    corner.plan(NOW + 30 * DAY + HOUR)
    assert not set(old) & set(ticks(corner))
    assert ticks(corner)
    contact = corner.store.contact_of("email:p5@example.com")
    assert corner.store.decisions_of(contact)
