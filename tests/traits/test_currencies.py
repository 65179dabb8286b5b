"""Money of several currencies is one currency by declared rates, or the work stops."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from personalization.engine import Engine
from personalization.errors import Stop
from personalization.playbook.model import Trait
from personalization.traits.compute import compute
from personalization.traits.prepare import prepare
from tests.traits.building import fill, playbook, table

SPEND = Trait(name="spend", kind="sum", type="money", event="order", prop="amount")
PRICE = Trait(name="price", kind="max", type="money", event="order", prop="price")
COUNT = Trait(name="orders", kind="count", type="integer", event="order")


def orders(*amounts):
    return [
        {"key": str(n), "kind": "order", "contact": "c", "occurred_at": 0, "amount": amount,
         "currency": currency, "lines": [{"product": "p", "quantity": 1, "amount": amount}]}
        for n, (amount, currency) in enumerate(amounts)
    ]  # fmt: skip


def traits(book, log):
    with Engine() as engine:
        fill(engine, [{"id": "c", "now": 0}], log)
        prepare(engine, book)
        compute(engine, book)
        return table(engine, "traits")[0]


def test_a_currency_without_rate_stops_with_its_name_and_the_remedy():
    book = playbook(SPEND, currency="EUR", rates={"GBP": 1_200_000})
    with pytest.raises(Stop, match=r"USD.*EUR.*[Dd]eclare a rate for USD"):
        traits(book, orders((5, "EUR"), (5, "USD"), (1, "GBP")))


def test_several_currencies_without_an_account_currency_stop():
    with pytest.raises(Stop, match=r"EUR, USD.*[Dd]eclare"):
        traits(playbook(SPEND, currency=None), orders((5, "EUR"), (5, "USD"), (1, None)))


def test_one_currency_needs_no_declaration_and_a_missing_one_is_the_accounts():
    assert traits(playbook(SPEND, currency=None), orders((5, "USD"), (1, None)))["spend"] == 6
    assert traits(playbook(SPEND, currency="EUR"), orders((5, None), (1, "EUR")))["spend"] == 6


def test_money_that_nothing_reads_stops_nobody():
    assert traits(playbook(COUNT), orders((5, "EUR"), (5, "USD")))["orders"] == 2


@given(st.integers(-(10**12), 10**12), st.integers(1, 10**10))
@example(1, 500_000)
@example(-1, 500_000)
@example(1, 499_999)
@example(-3, 749_999)
@settings(max_examples=settings().max_examples // 4)
def test_rates_round_half_up_exactly_in_both_directions(amount, rate):
    book = playbook(SPEND, PRICE, rates={"USD": rate})
    found = traits(book, orders((amount, "USD")))
    whole = (2 * abs(amount) * rate + 1_000_000) // 2_000_000
    expected = whole if amount >= 0 else -whole
    assert (found["spend"], found["price"]) == (expected, expected)
