"""The edges at which a trait is most easily a little wrong, each in one small example."""

import pytest

from functions.settings import moment
from personalization.engine import Engine
from personalization.models import DAY, HOUR
from personalization.playbook.model import Trait, Window
from personalization.traits.compute import compute
from personalization.traits.prepare import prepare
from tests.traits.building import fill, playbook, table

NOW = moment("2026-03-30T12:00:00Z")
"""The day after Europe's clocks went forward."""


def value(trait, events, zone=None):
    """One contact's value of one trait."""
    log = [{"key": f"e{n:02d}", "kind": "order", "contact": "c", **one}
           for n, one in enumerate(events)]  # fmt: skip
    book = playbook(trait)
    with Engine(threads=1) as engine:
        fill(engine, [{"id": "c", "now": NOW, "zone": zone}], log)
        prepare(engine, book)
        compute(engine, book)
        (row,) = table(engine, "traits")
    return row[trait.name]


def test_a_window_holds_the_moment_now_and_not_the_one_a_whole_window_ago():
    count = Trait(name="n", kind="count", type="integer", event="order",
                  window=Window(micros=2 * DAY))  # fmt: skip
    assert value(count, [{"occurred_at": NOW}]) == 1
    assert value(count, [{"occurred_at": NOW + 1}]) == 0
    assert value(count, [{"occurred_at": NOW - 2 * DAY + 1}]) == 1
    assert value(count, [{"occurred_at": NOW - 2 * DAY}]) == 0


def test_money_adds_up_beyond_what_a_double_can_hold():
    total = Trait(name="n", kind="sum", type="money", event="order", prop="amount")
    large = [{"occurred_at": NOW, "amount": amount} for amount in (2**53, 1, 1, 1)]
    assert value(total, large) == 2**53 + 3


def test_an_average_is_over_the_known_values_only():
    mean = Trait(name="n", kind="average", type="number", event="order", prop="rating")
    known = [{"occurred_at": NOW, "rating": rating} for rating in (5, 2, None, None)]
    assert value(mean, known) == 3.5
    assert value(mean, known[2:]) is None


@pytest.mark.parametrize(
    ("zone", "begins"),
    [
        # Yesterday's midnight; yesterday had 23 hours in Berlin.
        ("Europe/Berlin", "2026-03-28T23:00:00Z"),
        ("UTC", "2026-03-29T00:00:00Z"),
        ("America/New_York", "2026-03-29T04:00:00Z"),
    ],
)
def test_calendar_days_are_the_contacts_own_through_a_clock_change(zone, begins):
    count = Trait(name="n", kind="count", type="integer", event="order", window=Window(days=2))
    assert value(count, [{"occurred_at": moment(begins)}], zone) == 1
    assert value(count, [{"occurred_at": moment(begins) - 1}], zone) == 0


def test_a_refund_of_an_order_never_seen_takes_nothing_off():
    net = Trait(name="n", kind="net", type="money", event="order", prop="amount")
    order = {"occurred_at": NOW - HOUR, "order": "a", "amount": 1_000}
    refund = {"occurred_at": NOW, "kind": "refund", "order": "b", "amount": 300}
    assert value(net, [order, refund]) == 1_000
    assert value(net, [order, {**refund, "order": "a"}]) == 700


def test_of_equally_late_events_the_greatest_key_is_the_last_whatever_came_first():
    last = Trait(name="n", kind="last", type="integer", event="order", prop="rating")
    same = [{"occurred_at": NOW, "key": key, "rating": rating} for key, rating in
            (("b", 2), ("c", 3), ("a", 1))]  # fmt: skip
    assert value(last, same) == value(last, same[::-1]) == 3
