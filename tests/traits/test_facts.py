"""Facts are the same for the same log, however it is cut, and carry their content as version."""

from contextlib import suppress
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from personalization.engine import Engine
from personalization.facts import Facts, day_of, reduce
from personalization.store.protocol import Scope
from tests.traits.building import fill

DAY = 86_400_000_000
NOON = 1000 * DAY + DAY // 2


class Log:
    """As much of a store as `reduce` asks for: groups, and their rows in the engine."""

    def __init__(self, events, groups):
        self.events, self.count = events, groups

    def groups(self, events=1_000_000):
        return [Scope(ids=(str(number),)) for number in range(self.count)]

    def load_log(self, engine, scope):
        mine = [one for n, one in enumerate(self.events) if n % self.count == int(scope.ids[0])]
        fill(engine, [{"id": "c", "now": NOON}], mine)


ORDERS = st.lists(st.fixed_dictionaries({
    "kind": st.sampled_from(["order", "order", "view"]),
    "contact": st.just("c"),
    "occurred_at": st.one_of(st.integers(980 * DAY, 1002 * DAY), st.sampled_from(
        [986 * DAY, 986 * DAY + 1, 1000 * DAY, 1000 * DAY + 1])),
    "products": st.lists(st.sampled_from("abc"), max_size=4),
}), max_size=12)  # fmt: skip


@given(ORDERS)
@settings(max_examples=settings().max_examples // 6)
def test_popularity_is_the_share_of_the_most_ordered_in_a_fortnight(orders):
    log = [
        {"key": str(n), **order, "lines": [{"product": one, "quantity": 1} for one in order["products"]]}
        for n, order in enumerate(orders)
    ]  # fmt: skip
    as_of = day_of(NOON)
    assert as_of == 1000 * DAY
    counts = {
        product: sum(
            product in order["products"] for order in orders
            if order["kind"] == "order" and as_of - 14 * DAY < order["occurred_at"] <= as_of
        )
        for product in "abc"
    }  # fmt: skip
    most = max(counts.values())
    expected = {
        product: int(Fraction((1 << 19) * count, most) + Fraction(1, 2))
        for product, count in counts.items()
        if count
    }
    facts = reduce(Log(log, 1), Engine, as_of)
    assert facts.popularity == expected
    assert reduce(Log(log, 3), lambda: Engine(threads=1), as_of) == facts


def test_a_version_is_the_content_and_survives_the_store():
    one = Facts.of(5, {"b": 2, "é": 1}, {"cells": {"x": [1, 2]}})
    assert Facts.from_json(one.to_json()) == one
    assert Facts.of(5, {"é": 1, "b": 2}, {"cells": {"x": [1, 2]}}).version == one.version
    others = [Facts.of(6, one.popularity, one.tables), Facts.of(5, {"b": 2}, one.tables),
              Facts.of(5, one.popularity)]  # fmt: skip
    assert len({one.version, *(other.version for other in others)}) == 4


def test_facts_do_not_change():
    facts = Facts.of(5, {})
    with suppress(ValueError):
        facts.as_of = 6
    assert facts.as_of == 5
