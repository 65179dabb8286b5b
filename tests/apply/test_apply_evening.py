"""A plan of the evening that is applied at night: what waits for the morning goes then, once."""

import pytest

from connectors.sandbox import ledger
from personalization.apply.timing import TOO_LATE
from personalization.models import DAY, HOUR
from tests.plan.corner import NOW, event


def test_quiet_hours_later_a_send_that_waits_goes_once(corner):
    corner.text = corner.text.replace("holdout: 0%", 'holdout: 0%, quiet: "21:00-08:00"')
    corner.settled()
    evening = NOW + 9 * HOUR  # 22:00 in Berlin
    corner.webhook(evening, event("cart", 4, evening - HOUR))
    corner.tick(evening)
    corner.tick(NOW + 18 * HOUR)  # 07:00
    assert corner.sent() == []
    corner.tick(NOW + DAY)
    assert len(corner.sent()) == 1
    (sent,) = ledger.effects(corner.sandbox.entries, ("event",))
    assert sent["after"]["properties"]["message"] == "thanks"


@pytest.fixture
def evening(corner):
    """Person 4 becomes a regular; the plan with the welcome is made at 20:00 in Berlin."""
    corner.text = corner.text.replace("holdout: 0%", 'holdout: 0%, quiet: "21:00-08:00"').replace(
        "{enter: regulars, send: loved}", "{enter: regulars, send: loved, within: 30h}")  # fmt: skip
    corner.settled()
    corner.happened(EVENING, *(event("order", 4, EVENING - k, k) for k in (1, 2)))
    corner.planned = corner.plan(EVENING)
    assert corner.planned.sends == {"welcome": 1}
    return corner


EVENING = NOW + 7 * HOUR  # 20:00 in Berlin

NIGHT = NOW + 13 * HOUR  # 02:00

MORNING = NOW + 19 * HOUR  # 08:00


def test_a_plan_of_the_evening_applied_at_night_sends_in_the_morning(evening):
    applied = evening.apply(evening.planned, NIGHT)
    assert (applied.complete, applied.sends) == (True, 0)
    assert (applied.put_off, applied.put_off_until) == (1, MORNING)
    assert evening.shows(4)["ORDERS"] == "3"
    evening.tick(MORNING - HOUR)
    assert evening.sent() == []
    evening.tick(MORNING)
    assert len(evening.sent()) == 1
    again = evening.apply(evening.planned, MORNING + HOUR)
    assert (again.complete, again.put_off, len(evening.sent())) == (True, 0, 1)


def test_applied_again_in_the_morning_it_sends_what_the_night_put_off(evening):
    evening.apply(evening.planned, NIGHT)
    applied = evening.apply(evening.planned, MORNING)
    assert (applied.complete, applied.sends, len(evening.sent())) == (True, 1, 1)


def test_a_send_left_lying_for_longer_than_its_trigger_allows_is_refused(evening):
    # 01:00 of the second night: it could still go, but not once the quiet hours are over.
    night = evening.apply(evening.planned, EVENING + 29 * HOUR)
    assert (night.put_off, night.refused) == (0, {TOO_LATE: 1})
    evening.happened(NOW + 3 * DAY, *(event("order", 5, NOW + 3 * DAY - k, k) for k in (1, 2)))
    plan = evening.plan(NOW + 3 * DAY)
    assert plan.sends == {"welcome": 1}
    assert evening.apply(plan, NOW + 5 * DAY).refused == {TOO_LATE: 1}
    assert evening.shows(5)["ORDERS"] == "3"
    assert evening.sent() == []
