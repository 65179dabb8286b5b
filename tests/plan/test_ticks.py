"""Ticks: what waits is taken in, each contact decided at its moment, the outbox drained; beyond
the limits, or while paused, nothing is written."""

import pytest

from functions.actions import planning
from personalization.errors import Stop
from personalization.models import DAY, HOUR, MINUTE
from personalization.plan import parking
from tests.plan.corner import NOW, event


def crowd(at, people=10):
    """Everybody buys, and two leave carts behind."""
    return (*(event("order", n, at, 7) for n in range(people)),
            *(event("cart", n, at + 1) for n in (3, 4)))  # fmt: skip


@pytest.fixture
def settled(corner):
    corner.settled()
    corner.mark()
    return corner


def test_a_webhook_changes_the_contact_it_is_about_and_nobody_else(settled):
    settled.webhook(NOW + HOUR, event("order", 5, NOW + HOUR))
    ticked = settled.tick(NOW + HOUR + MINUTE)
    assert (ticked.ticked.taken, ticked.ticked.dead, ticked.ticked.looked_at) == (1, 0, 1)
    assert [one["after"] for one in settled.effects("field_written")] == [{"ORDERS": "2"}]
    assert settled.calls["writes"] == 1
    settled.mark()
    assert settled.tick(NOW + HOUR + 2 * MINUTE).applied is None
    assert settled.calls == {"reads": 0, "writes": 0, "operations": 0}


def test_what_cannot_be_read_is_set_aside_and_the_rest_goes_on(settled):
    with settled.store.record(NOW) as recorder:
        recorder.accept("http", "main", '[{"key": "x", "kind": "order", "alias": ""}]')
        recorder.accept("http", "main", "no JSON at all")
    settled.webhook(NOW, event("order", 5, NOW))
    ticked = settled.tick(NOW + MINUTE).ticked
    assert (ticked.taken, ticked.dead) == (1, 2)
    reasons = [reason for _, reason, _ in settled.store.dead_letters()]
    assert len(reasons) == 2
    assert all("http/main" in one for one in reasons)
    assert settled.shows(5)["ORDERS"] == "2"


def test_a_cart_left_behind_sends_once_after_its_wait(settled):
    settled.webhook(NOW, event("cart", 3, NOW))
    settled.tick(NOW + 59 * MINUTE)
    assert settled.sent() == []
    ticked = settled.tick(NOW + 75 * MINUTE)
    assert ticked.applied is not None
    assert ticked.applied.sends == 1
    assert len(settled.sent()) == 1
    assert settled.sent()[0].startswith("cart_left|")
    for later in (80, 90, 26 * 60):
        settled.tick(NOW + later * MINUTE)
    assert len(settled.sent()) == 1


def test_the_sends_of_an_hour_are_counted_over_all_its_ticks(settled):
    settled.text = settled.text.replace("sends_per_hour: 100", "sends_per_hour: 1")
    settled.webhook(NOW, event("cart", 3, NOW), event("cart", 4, NOW + 10 * MINUTE))
    assert settled.tick(NOW + 61 * MINUTE).applied.sends == 1
    second = settled.tick(NOW + 75 * MINUTE)
    assert second.ticked.report.parked == (
        "1 send after 1 in the hour before, more than limits.sends_per_hour 1",)  # fmt: skip
    assert len(settled.sent()) == 1
    settled.webhook(NOW + 2 * HOUR, event("cart", 5, NOW + 2 * HOUR))
    assert settled.tick(NOW + 181 * MINUTE).applied.sends == 1


def test_who_changes_by_a_tag_alone_counts_for_the_limit(settled, monkeypatch):
    monkeypatch.setattr(parking, "FEW", 0)
    settled.text = settled.text.replace("park_above: 50%", "park_above: 0%")
    settled.webhook(NOW, event("feedback", 5, NOW, rating=1))
    report = settled.tick(NOW + MINUTE).ticked.report
    assert (report.written, report.tagged) == (0, 1)
    assert "1 of 10 contacts would change" in report.parked[0]


def test_an_order_makes_the_cart_moot(settled):
    settled.webhook(NOW, event("cart", 3, NOW), event("cart", 4, NOW))
    settled.tick(NOW + MINUTE)
    settled.webhook(NOW + 30 * MINUTE, event("order", 3, NOW + 30 * MINUTE))
    settled.tick(NOW + 2 * HOUR)
    (only,) = settled.sent()
    assert settled.store.contact_of("email:p4@example.com") in only


def test_paused_writing_stops_every_way_and_goes_on_where_it_was(settled):
    settled.pause(True)
    settled.webhook(NOW, event("order", 5, NOW), event("cart", 3, NOW))
    ticked = settled.tick(NOW + 2 * HOUR)
    assert ticked.paused
    assert ticked.applied is None
    with pytest.raises(Stop, match="writing is paused"):
        settled.apply(ticked.ticked.plan, NOW + 2 * HOUR)
    assert settled.calls["writes"] == 0
    settled.pause(False)
    settled.tick(NOW + 2 * HOUR + MINUTE)
    assert settled.shows(5)["ORDERS"] == "2"
    assert len(settled.sent()) == 1


def test_a_tick_beyond_the_limits_is_parked_and_waits_for_approval(settled):
    """Twenty and fewer never park; so thirty more people come first."""
    settled.sandbox.control("members", members=[
        {"email": f"p{n}@example.com"} for n in range(10, 40)])  # fmt: skip
    settled.pull(NOW + MINUTE)
    settled.apply(settled.plan(NOW + MINUTE), NOW + MINUTE)
    settled.mark()
    settled.webhook(NOW + HOUR, *crowd(NOW + HOUR, 30))
    parked = settled.tick(NOW + 2 * HOUR + MINUTE)
    assert parked.ticked.report is not None
    assert parked.ticked.report.sends == {"cart_left": 2}
    assert "30 of 40 contacts would change" in parked.ticked.report.parked[0]
    assert parked.applied is None
    with pytest.raises(Stop, match="ofone approve"):
        settled.apply(parked.ticked.plan, NOW + 2 * HOUR + MINUTE)
    # The next ticks do their own work; what is parked stays so, its sends too.
    settled.webhook(NOW + 3 * HOUR, event("order", 39, NOW + 3 * HOUR))
    settled.tick(NOW + 3 * HOUR)
    assert settled.sent() == []
    assert [one["after"]["ORDERS"] for one in settled.effects("field_written")] == ["1"]
    shop = settled.shop(NOW + 4 * HOUR)
    planning.approve(shop, parked.ticked.plan)
    with pytest.raises(Stop, match="not parked"):
        planning.approve(shop, parked.ticked.plan)
    applied = settled.apply(parked.ticked.plan, NOW + 4 * HOUR)
    assert (applied.complete, applied.sends) == (True, 2)
    assert settled.shows(29)["ORDERS"] == "1"


def test_ticks_leave_a_careful_weeks_sends_to_its_plan(corner):
    """A plan applied to its first contacts keeps the sends of the others."""
    corner.settled()
    corner.happened(NOW + HOUR, *(event("order", n, NOW + k, k) for n in (5, 6) for k in (1, 2)))
    plan = corner.plan(NOW + HOUR)
    assert plan.sends == {"welcome": 2}
    corner.apply(plan, NOW + HOUR, first=1)
    assert len(corner.sent()) == 1
    corner.webhook(NOW + 2 * HOUR, event("order", 9, NOW + 2 * HOUR))
    corner.tick(NOW + 2 * HOUR)
    assert corner.shows(9)["ORDERS"] == "2"
    assert len(corner.sent()) == 1
    assert corner.apply(plan, NOW + 3 * HOUR).complete
    assert len(corner.sent()) == 2


def test_time_alone_moves_people_at_their_own_moments(corner):
    corner.happened(NOW, event("order", 4, NOW - 89 * DAY - 12 * HOUR))
    corner.settled()
    ((moment, contact, reason, _), *_) = corner.store.due(NOW + DAY)
    assert (moment, reason) == (NOW + 12 * HOUR, "look")
    assert contact == corner.store.contact_of("email:p4@example.com")
    corner.mark()
    assert corner.tick(NOW + 11 * HOUR).ticked.looked_at == 0
    late = corner.tick(NOW + 13 * HOUR).ticked
    assert (late.looked_at, late.lag) == (1, HOUR)
    assert [one["after"] for one in corner.effects("field_written")] == [{"ORDERS": "1"}]


@pytest.mark.parametrize("money", ["", "currency: EUR"])
def test_money_of_several_currencies_stops_every_run_whoever_it_is_about(corner, money):
    """Person 3 paid in dollars, 4 in pounds; a tick about person 5 alone must not pass either."""
    right = corner.text.replace("currency: EUR", "currency: EUR\nrates: {USD: 0.9, GBP: 1.2}").replace(
        "traits:", "events: [tip]\ntraits:\n  tips: {sum: tip.amount}")  # fmt: skip
    corner.text = right.replace("currency: EUR\nrates: {USD: 0.9, GBP: 1.2}", money)
    corner.pull()
    corner.happened(NOW - DAY, *(event("tip", n, NOW - DAY, amount=500, currency=code)
                                 for n, code in ((3, "USD"), (4, "GBP"))))  # fmt: skip
    corner.webhook(NOW, event("order", 5, NOW - HOUR))
    for work in (corner.tick, corner.plan):
        with pytest.raises(Stop, match=r"GBP, USD.*[Dd]eclare"):
            work(NOW)
    corner.text = right
    assert corner.tick(NOW + MINUTE).ticked.looked_at == 1


def test_before_its_first_plan_a_tick_writes_nothing_says_so_and_loses_nothing(corner):
    corner.pull()
    corner.webhook(NOW, event("order", 5, NOW), event("cart", 3, NOW - 2 * HOUR))
    corner.mark()
    early = corner.tick(NOW + MINUTE)
    assert early.ticked.lacking == ("HEADLINE", "ORDERS", "PICK1", "Regulars", "Unhappy")
    assert (early.ticked.looked_at, corner.calls["writes"], corner.sent()) == (2, 0, [])
    # The send waits on, and so the next tick says it again; with nothing to do it asks nothing.
    assert corner.tick(NOW + 2 * MINUTE).ticked.lacking == early.ticked.lacking
    first = corner.plan(NOW + HOUR)
    assert first.sends == {"cart_left": 1}
    assert corner.apply(first, NOW + HOUR).complete
    assert (corner.shows(5)["ORDERS"], len(corner.sent())) == ("2", 1)
    corner.webhook(NOW + 2 * HOUR, event("order", 5, NOW + 2 * HOUR))
    corner.mark()
    assert corner.tick(NOW + 2 * HOUR).ticked.lacking == ()
    assert corner.shows(5)["ORDERS"] == "3"


def test_a_field_that_an_edit_added_waits_for_its_plan_and_the_others_go_on(settled):
    settled.text = settled.text.replace("triggers:", "  CITY: {value: \"{{ name }}\", fallback: here}\ntriggers:").replace(
        '"{{ orders_90d }}", fallback: none', '"Now {{ orders_90d }}", fallback: none')  # fmt: skip
    settled.webhook(NOW + HOUR, event("order", 5, NOW + HOUR), event("cart", 3, NOW - HOUR))
    ticked = settled.tick(NOW + HOUR)
    assert ticked.ticked.lacking == ("CITY",)
    assert (settled.shows(5)["ORDERS"], settled.sent()) == ("Now 2", [])
    assert settled.apply(settled.plan(NOW + 2 * HOUR), NOW + 2 * HOUR).sends == 1
