"""Triggers: a cause sends once, after its wait, unless it became moot, never beyond a cap, outside
of the contact's own quiet hours, to those who opted in and opted out nowhere."""

from datetime import UTC, datetime

import pytest

from functions.settings import moment
from personalization.models import DAY, HOUR, MINUTE
from tests.decide.alone import NOW, did, opted


def begin(alone, *names):
    """People who opted in, known and decided before anything happens."""
    alone.happened(NOW - 9 * DAY, *(opted("in", name, NOW - 9 * DAY) for name in names))
    alone.decide(NOW - 9 * DAY)


def test_a_first_run_over_a_shops_past_sends_to_nobody_who_entered_long_ago(alone):
    alone.happened(NOW, opted("in", "ann", NOW - 90 * DAY), *(
        did("order", "ann", NOW - (40 + k) * DAY) for k in range(4)))  # fmt: skip
    decided = alone.decide(NOW)
    assert bool(decided.segments["regulars"][0])
    assert decided.intents == []


def test_entering_a_segment_sends_once(alone):
    begin(alone, "ann")
    alone.text = alone.text.replace("ordered:", "lost:").replace("after: order,", "after: view,")
    alone.happened(NOW, *(did("order", "ann", NOW - k) for k in range(3)))
    assert alone.sent(alone.decide(NOW)) == ["welcome"]
    assert alone.sent(alone.decide(NOW + 1)) == []


def test_a_wait_ends_at_its_moment_and_a_cause_sends_once(alone):
    begin(alone, "ann")
    alone.happened(NOW, did("cart", "ann", NOW))
    early = alone.decide(NOW + MINUTE)
    assert early.intents == []
    ((at, contact, reason, _),) = [row for row in alone.store.due(NOW + DAY) if row[2] == "trigger"]
    assert (at, contact, reason) == (NOW + HOUR, alone.id("ann"), "trigger")
    assert alone.sent(alone.due(NOW + HOUR)) == ["cart_left"]
    assert alone.sent(alone.due(NOW + HOUR + 1)) == []


@pytest.mark.parametrize(("late", "sent"), [(0, ["cart_left"]), (1, [])])
def test_a_cause_fires_until_its_window_is_over_and_not_a_microsecond_later(alone, late, sent):
    begin(alone, "ann")
    alone.happened(NOW, did("cart", "ann", NOW))
    alone.decide(NOW)
    over = NOW + HOUR + DAY  # the wait, and the window's default
    decided = alone.due(over + late)
    assert alone.sent(decided) == sent
    assert [one.until for one in decided.intents] == [over] * len(sent)


def test_an_order_after_the_cart_makes_it_moot_and_one_before_does_not(alone):
    begin(alone, "ann", "bob")
    alone.text = alone.text.replace("ordered:", "lost:").replace("after: order,", "after: view,")
    alone.happened(NOW, did("cart", "ann", NOW), did("cart", "bob", NOW),
                   did("order", "bob", NOW - 1))  # fmt: skip
    alone.decide(NOW)
    alone.happened(NOW + 1, did("order", "ann", NOW + 1))
    decided = alone.due(NOW + HOUR)
    assert [one.contact for one in decided.intents] == [alone.id("bob")]


def test_a_cap_allows_so_many_in_its_window_and_the_rest_come_when_it_is_over(alone):
    begin(alone, "ann")
    alone.text = alone.text.replace("holdout: 0%", "holdout: 0%, sends: 2 per 1d")
    alone.happened(NOW, *(did("order", "ann", NOW - 5 * k) for k in range(3)))
    decided = alone.decide(NOW)
    assert alone.sent(decided).count("ordered") == 2
    rest = [row for row in alone.store.due(NOW + 2 * DAY) if row[2] == "trigger"]
    assert {row[0] for row in rest} == {NOW + DAY}
    assert alone.sent(alone.due(NOW + DAY - 1)) == []
    assert "ordered" in alone.sent(alone.due(NOW + DAY))


@pytest.mark.parametrize(
    ("zone", "at", "waits_until"),
    [
        ("Europe/Berlin", "2026-03-03T19:59:00Z", None),
        ("Europe/Berlin", "2026-03-03T20:00:00Z", "2026-03-04T07:00:00Z"),
        ("America/New_York", "2026-03-03T20:00:00Z", None),
        ("America/New_York", "2026-03-03T12:00:00Z", "2026-03-03T13:00:00Z"),
    ],
)
def test_quiet_hours_are_the_contacts_own(alone, zone, at, waits_until):
    begin(alone, "ann")
    alone.text = alone.text.replace("holdout: 0%", 'holdout: 0%, quiet: "21:00-08:00"')
    now = moment(at)
    alone.happened(now, did("attributes", "ann", NOW, set={}, zone=zone), did("order", "ann", now))
    decided = alone.decide(now)
    later = [one.moment for one in decided.looks if one.reason == "trigger"]
    told = [datetime.fromtimestamp(one // 1_000_000, UTC).isoformat() for one in later]
    assert (len(decided.intents), told) == (
        (1, []) if waits_until is None else (0, [waits_until.replace("Z", "+00:00")])
    )


@pytest.mark.parametrize(
    ("events", "sends"),
    [
        ([], False),
        ([opted("in", "ann", NOW)], True),
        ([opted("in", "ann", NOW), opted("out", "ann", NOW - 1, "hubspot/main")], False),
        ([opted("in", "ann", NOW - 1), opted("out", "ann", NOW)], False),
        ([opted("out", "ann", NOW - 1), opted("in", "ann", NOW)], True),
    ],
)
def test_only_who_opted_in_and_opted_out_nowhere_is_sent_to(alone, events, sends):
    alone.happened(NOW, did("view", "ann", NOW), did("order", "ann", NOW), *events)
    assert [one.trigger for one in alone.decide(NOW).intents] == ["ordered"] * sends


def test_what_is_long_past_is_not_sent_any_more(alone):
    begin(alone, "ann")
    alone.happened(NOW, did("order", "ann", NOW - 3 * DAY - 1), did("cart", "ann", NOW - 2 * DAY))
    assert alone.decide(NOW).intents == []
    alone.happened(NOW, did("order", "ann", NOW - 3 * DAY))
    assert [one.trigger for one in alone.decide(NOW).intents] == ["ordered"]
