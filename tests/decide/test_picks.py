"""Picks against the whole sum worked out the long way: every product in stock, every contact."""

from decimal import ROUND_HALF_UP, Decimal, getcontext
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personalization.decide.picks import picks
from personalization.engine import Engine
from personalization.facts import Facts
from personalization.traits.prepare import prepare
from tests.traits.building import fill, playbook

getcontext().prec = 60
DAY = 86_400_000_000
BOOK = playbook(picks=1)


def weight(days):
    exact = Decimal(2) ** (20 - Decimal(days) / 180)
    return int(exact.quantize(Decimal(1), ROUND_HALF_UP))


def brute(person, log, products, popularity, n, popular=200):
    stock = sorted(one["id"] for one in products if one["in_stock"])
    own = {}
    for event in log:
        age = person["now"] - event["occurred_at"]
        if event["contact"] != person["id"] or age < 0 or event["kind"] != "order":
            continue
        for product in {line["product"] for line in event["lines"] or []}:
            own[product] = own.get(product, 0) + weight(age // DAY)
    top = sorted(stock, key=lambda one: (-popularity.get(one, 0), one))[:popular]
    candidates = {one for one in stock if one in own} | set(top)
    score = {one: own.get(one, 0) + popularity.get(one, 0) for one in candidates}
    return sorted(candidates, key=lambda one: (-score[one], one))[:n]


NAMES = [f"p{number}" for number in range(12)]
ORDERS = st.fixed_dictionaries({
    "kind": st.sampled_from(["order", "order", "order", "view"]),
    "contact": st.sampled_from(["a", "b"]),
    "age": st.one_of(st.integers(-DAY, 900 * DAY), st.sampled_from([0, DAY - 1, DAY, 5000 * DAY])),
    "lines": st.one_of(st.none(), st.lists(st.sampled_from([*NAMES, "gone"]), max_size=5)),
})  # fmt: skip


def chosen(people, log, products, popularity, wanted, threads=2):
    with Engine(threads=threads) as engine:
        fill(engine, people, log, products)
        prepare(engine, BOOK)
        rows = {"i": np.array(list(wanted)), "n": np.array(list(wanted.values()))}
        return picks(engine, Facts.of(0, popularity), rows)


def with_lines(orders, now):
    return [
        {"key": str(n), "kind": order["kind"], "contact": order["contact"],
         "occurred_at": now - order["age"],
         "lines": None if order["lines"] is None else [
             {"product": one, "quantity": 1} for one in order["lines"]]}
        for n, order in enumerate(orders)
    ]  # fmt: skip


@given(
    st.lists(ORDERS, max_size=14),
    st.lists(st.booleans(), min_size=12, max_size=12),
    st.dictionaries(st.sampled_from(NAMES), st.sampled_from([1, 2, 1 << 19, 1 << 20])),
    st.integers(0, 6),
    st.integers(1, 14),
)
@settings(max_examples=settings().max_examples // 2)
def test_picks_are_the_best_of_own_and_popular(orders, stock, popularity, few, many):
    now = 10_000 * DAY
    people = [{"id": id, "now": now} for id in ("a", "b", "c")]
    products = [
        {"id": id, "name": id, "in_stock": held} for id, held in zip(NAMES, stock, strict=True)
    ]
    log = with_lines(orders, now)
    numbers = {0: few, 1: many, 2: many}
    found = chosen(people, log, products, popularity, numbers)
    assert found == {i: brute(people[i], log, products, popularity, n) for i, n in numbers.items()}
    alone = chosen(people, log[::-1], products, popularity, {1: many}, threads=1)
    assert alone == {1: found[1]}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_with_more_products_than_the_popular_list_holds(seed):
    random = Random(seed)
    names = [f"p{number:03d}" for number in range(400)]
    products = [{"id": id, "name": id, "in_stock": random.random() < 0.8} for id in names]
    popularity = {id: random.randrange(1, 50) << 10 for id in random.sample(names, 300)}
    people = [{"id": f"c{number:02d}", "now": 3000 * DAY} for number in range(30)]
    log = [
        {"key": str(n), "kind": "order", "contact": f"c{random.randrange(30):02d}",
         "occurred_at": random.randrange(3000 * DAY),
         "lines": [{"product": one, "quantity": 1} for one in random.choices(names, k=3)]}
        for n in range(300)
    ]  # fmt: skip
    wanted = {i: 1 + i % 9 for i in range(30)}
    assert chosen(people, log, products, popularity, wanted) == {
        i: brute(people[i], log, products, popularity, n) for i, n in wanted.items()
    }


def test_nothing_in_stock_or_nobody_asked_is_nothing_chosen():
    people = [{"id": "a", "now": 0}]
    product = {"id": "p", "name": "p", "in_stock": False}
    assert chosen(people, [], [product], {"p": 5}, {0: 3}) == {0: []}
    assert chosen(people, [], [], {}, {0: 3}) == {0: []}
    assert chosen(people, [], [{**product, "in_stock": True}], {}, {}) == {}
    assert chosen(people, [], [{**product, "in_stock": True}], {}, {0: 3}) == {0: ["p"]}


def test_an_order_counts_a_product_once_however_many_lines_it_has():
    now = 100 * DAY
    people = [{"id": "a", "now": now}]
    products = [{"id": one, "name": one} for one in ("p", "q")]
    same = {"kind": "order", "contact": "a", "age": 0}
    thrice = with_lines([{**same, "lines": ["q", "q", "q", "p"]}], now)
    assert chosen(people, thrice, products, {}, {0: 2}) == {0: ["p", "q"]}
    again = with_lines([{**same, "lines": ["q", "p"]}, {**same, "lines": ["q"]}], now)
    assert chosen(people, again, products, {}, {0: 2}) == {0: ["q", "p"]}
