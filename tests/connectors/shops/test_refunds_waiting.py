"""A refund that comes without its order, or before it, is kept, counted, and joined to its person
once the order comes; whatever came first ends in the same."""

import pytest

from personalization.backfill import Past, backfill
from personalization.plan.session import engines
from personalization.playbook.load import from_files
from personalization.pull import pull_source
from tests.connectors.hostile import Given
from tests.connectors.shops import bodies
from tests.connectors.webhooks.telling import people
from tests.store.histories import fresh

NOW = 1_900_000_000_000_000
BACK = {"refunded_money": {"amount": 5, "currency": "EUR"}}
STORY = {
    "stripe": (("charges", bodies.charge(1, "cus_1", amount_refunded=225)),
               ("refunds", bodies.stripe_refund(1)), "stripe/main:order:pi_1"),
    "square": (("payments", bodies.payment(1, 60, "CU1", **BACK)),
               ("refunds", bodies.square_refund(1, changed=60)), "square/main:order:pay1"),
}  # fmt: skip

BOOK = (
    "name: till\ntraits:\n  orders: {count: order, window: 90d}\nsegments:\n  buyers: orders >= 1\n"
)


@pytest.mark.parametrize("name", STORY)
def test_a_refund_without_its_order_is_counted_and_waits_for_it(shops, source, name):
    order, refund, own = STORY[name]
    shops.put("square", "locations", {"id": "L1"})
    pages = {}
    for kind, row in (order, refund):
        shops.shops.rows.pop((name, order[0]), None)
        shops.put(name, kind, row)
        pages[kind] = list(source(name).pull(None))
    ends = []
    for kinds, counts in (((refund[0], order[0]), [1, 0]), ((order[0], refund[0]), [0, 0])):
        with fresh() as store:
            assert [pull_source(store, Given(pages[kind]), NOW).waiting for kind in kinds] == counts
            told = [event for kind in kinds for page in pages[kind] for event in page.events]
            ends.append(people(store, told))
    assert ends[0] == ends[1]
    (person,) = ends[0]
    assert own in person
    assert {event[1] for event in ends[0][person][1]} >= {"order", "refund"}


def test_a_backfill_counts_them_too(shops, source, tmp_path):
    shops.put("stripe", *STORY["stripe"][1])
    pages = list(source("stripe").pull(None))
    book = from_files({"playbook.yaml": BOOK}, "till")
    with fresh() as store:
        past = Past(store=store, engines=engines(tmp_path, 1, "200MB"), playbook=book, now=NOW,
                    connector=Given(pages))  # fmt: skip
        assert (backfill(past).waiting, past.place) == (1, "hostile/main")
