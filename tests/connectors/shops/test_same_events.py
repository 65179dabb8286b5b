"""What a webhook told and what a pull finds is the same: one event, one product, one person."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors import find
from connectors.sandbox.shops.server import running
from tests.connectors.shops import bodies
from tests.connectors.shops.conftest import SETTINGS
from tests.connectors.shops.reading import heard, pulled, standing, told
from tests.connectors.webhooks.telling import ends_the_same
from tests.store.histories import fresh, ingest

few = settings(max_examples=15, deadline=None,
               suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
CURRENCIES = st.sampled_from(["EUR", "JPY", "KWD", "usd"])
N = st.integers(0, 50)
LATER = st.integers(0, 5_000_000)
OFF = st.sampled_from([{}, {"cancelled_at": bodies.at(90)}, {"financial_status": "voided"},
                       {"test": True}, {"total_price": "12345.678"}, {"total_price": "x"},
                       {"line_items": []}])  # fmt: skip


@pytest.fixture(scope="module")
def world():
    with running() as made:
        made.advance(86_400)
        yield made


def brought(world, name, **kinds):
    """What a first pull brings of a shop that holds nothing but these."""
    world.shops.rows.clear()
    world.put("square", "locations", {"id": "L1"})
    for kind, row in kinds.items():
        world.put(name, kind, row)
    source = find(name).source("main", {**SETTINGS[name], "url": world.url,
                                        "sleep": world.advance})  # fmt: skip
    try:
        return pulled(source.pull(None))
    finally:
        source.close()


@few
@given(n=N, changed=LATER, lines=st.integers(0, 9), refunds=st.integers(0, 3), money=CURRENCIES,
       known=st.sampled_from([None, 0, 1, 2]), anonymous=st.booleans(), off=OFF)  # fmt: skip
def test_a_shopify_order(world, n, changed, lines, refunds, money, known, anonymous, off):
    customer = None if known is None else bodies.shopify_customer(known, changed)
    more = {"email": None} if anonymous else {}
    body = bodies.shopify_order(n, changed, lines, refunds, money, customer, **{**more, **off})
    assert brought(world, "shopify", orders=body) == heard("shopify", body, "orders/updated")


@few
@given(n=N, changed=LATER, variants=st.integers(0, 8), mail=st.sampled_from([None, "no address"]),
       status=st.sampled_from(["active", "draft", "archived"]))  # fmt: skip
def test_a_shopify_customer_and_a_product(world, n, changed, variants, mail, status):
    more = {} if n % 2 else {"email": mail}
    body = bodies.shopify_customer(n, changed, **more)
    if body["email"] is None:
        body["email_marketing_consent"] = None
    assert brought(world, "shopify", customers=body) == heard("shopify", body, "customers/update")
    body = bodies.shopify_product(n, changed, variants, status=status)
    assert brought(world, "shopify", products=body) == heard("shopify", body, "products/update")


@few
@given(n=N, changed=LATER, refunds=st.integers(0, 3), money=CURRENCIES,
       customer=st.sampled_from([0, 5]), mail=st.sampled_from(["", "p1@example.com"]),
       status=st.sampled_from(["pending", "completed", "refunded", "cancelled", "trash"]))  # fmt: skip
def test_a_woocommerce_order(world, n, changed, refunds, money, customer, mail, status):
    body = bodies.woo_order(n, changed, status, customer, refunds, money)
    body["billing"]["email"] = mail
    assert brought(world, "woocommerce", orders=body) == heard("woocommerce", body, "order.updated")


@few
@given(n=st.integers(1, 50), changed=LATER, status=st.sampled_from(["publish", "draft", "trash"]))
def test_a_woocommerce_customer_and_a_product(world, n, changed, status):
    body = bodies.woo_customer(n)
    said = heard("woocommerce", body, "customer.updated")
    assert brought(world, "woocommerce", customers=body) == said
    body = bodies.woo_product(n, changed, status=status)
    said = heard("woocommerce", body, "product.updated")
    assert brought(world, "woocommerce", products=body) == said


STRIPE = {
    "charge.succeeded": bodies.charge(1),
    "charge.captured": bodies.charge(2, "cus_2", amount_captured=1000),
    "charge.refunded": bodies.charge(3, amount_refunded=225),
    "charge.updated": bodies.charge(4, currency="jpy", billing_details={}, payment_intent=None),
    "refund.created": bodies.stripe_refund(5),
    "refund.failed": bodies.stripe_refund(6, status="failed", currency="kwd"),
    "charge.dispute.closed": bodies.stripe_refund(7, id="dp_7", object="dispute", status="lost"),
    "checkout.session.completed": bodies.stripe_session(8),
    "checkout.session.expired": bodies.stripe_session(9, "expired"),
    "customer.updated": bodies.stripe_customer(10),
}


@pytest.mark.parametrize("topic", STRIPE)
def test_a_stripe_event_pulled_later_is_the_webhook_itself(shops, source, topic):
    account = source("stripe")
    cursor = [page.cursor for page in account.pull(None)][-1]
    shops.advance(3_600)
    body = shops.shops.tell(topic, STRIPE[topic])
    assert pulled(account.pull(cursor)) == heard("stripe", body)


@pytest.mark.parametrize("topic", STRIPE)
def test_a_stripe_object_says_what_its_events_said(shops, source, topic):
    body = shops.shops.tell(topic, STRIPE[topic])
    shops.shops.rows.pop(("stripe", "events"))
    events, _ = heard("stripe", body)
    found, _ = pulled(source("stripe").pull(None))
    if topic == "customer.updated":  # dated when they were made: an erased one never looks fresh
        assert found.keys() == events.keys()
        assert all(found[key].props == one.props for key, one in events.items())
    else:
        assert told(found) == told(events)
        assert all(found[key].occurred_at >= one.occurred_at for key, one in events.items())


@few
@given(n=N, changed=LATER, customer=st.sampled_from([None, "CU1"]), money=CURRENCIES,
       back=st.sampled_from([{}, {"refunded_money": {"amount": 5, "currency": "EUR"}}]),
       mail=st.sampled_from([None, "p1@example.com"]),
       status=st.sampled_from(["COMPLETED", "CANCELED", "APPROVED"]))  # fmt: skip
def test_a_square_payment_and_a_refund(world, n, changed, customer, money, back, mail, status):
    body = bodies.payment(n, changed, customer, None, currency=money, status=status,
                          buyer_email_address=mail, **back)  # fmt: skip
    said = heard("square", square("payment", body))
    assert brought(world, "square", payments=body) == said
    body = bodies.square_refund(n, changed=changed,
                                status="REJECTED" if customer else "COMPLETED")  # fmt: skip
    assert brought(world, "square", refunds=body) == heard("square", square("refund", body))
    body = bodies.square_customer(n, changed)
    assert brought(world, "square", customers=body) == heard("square", square("customer", body))


def square(kind, body):
    return {"type": f"{kind}.updated", "created_at": bodies.at(0),
            "data": {"object": {kind: body}}}  # fmt: skip


def test_lines_that_a_square_webhook_lacks_come_with_the_pull_and_stay(shops, source):
    body = bodies.payment(1, order="or1")
    shops.put("square", "locations", *bodies.LOCATIONS)
    shops.put("square", "payments", body, bodies.payment(2, order="or1"))
    shops.put("square", "orders", bodies.square_order(1, ["pay1", "pay2"]))
    shops.put("square", "catalog", *bodies.RELATED, *(bodies.square_item(n) for n in range(2)))
    found, products = pulled(source("square").pull(None))
    order = found["square/main:order:pay1"]
    assert order.props["lines"] == [{"product": "IT0", "quantity": 1, "amount": 1000},
                                    {"product": "IT1", "quantity": 2, "amount": 1001}]  # fmt: skip
    assert (products["IT1"].name, products["IT1"].price, products["IT1"].category) == (
        "Tea 1", 350, "Tea")  # fmt: skip
    assert "lines" not in found["square/main:order:pay2"].props  # paid in parts, counted once
    events, _ = heard("square", square("payment", body))
    assert order.occurred_at > events[order.key].occurred_at
    plain, _ = pulled(source("square", lines=False).pull(None))
    assert plain[order.key] == events[order.key]


def test_heard_and_pulled_in_any_order_and_any_number_ends_in_the_same_people(shops, source):
    customer = bodies.shopify_customer(1)
    before = bodies.shopify_order(1, customer=customer)
    after = bodies.shopify_order(1, 60, refunds=1, customer=customer)
    shops.put("shopify", "orders", after, bodies.shopify_order(2))
    shops.put("shopify", "customers", customer)
    pull = [event for page in source("shopify").pull(None) for event in page.events]
    first = [*heard("shopify", before, "orders/create")[0].values()]
    then = [*heard("shopify", after, "orders/updated")[0].values()]
    alone = [*heard("shopify", after["refunds"][0], "refunds/create")[0].values()]
    people = ends_the_same([first, alone, then, pull], [pull, first, then, alone, pull],
                           [alone, pull, first])  # fmt: skip
    assert len(people) == 2


def test_a_deleted_woocommerce_order_is_called_off_by_the_pull_and_counts_again_once_restored(
    shops, source
):
    key = "woocommerce/main:order:709"
    heard_first = heard("woocommerce", bodies.woo_order(9), "order.created")[0]
    batches, kinds = [[*heard_first.values()]], []
    for changed, status in ((60, "trash"), (120, "completed")):
        shops.shops.rows.pop(("woocommerce", "orders"), None)
        shops.put("woocommerce", "orders", bodies.woo_order(9, changed, status))
        batches.append([*pulled(source("woocommerce").pull(None))[0].values()])
        kinds.append(standing(event for batch in batches for event in batch)[key].kind)
    assert kinds == ["cancelled", "order"]
    ends_the_same(batches, [*reversed(batches)])


def test_a_deleted_woocommerce_order_counts_no_more_by_the_call_alone_until_it_is_restored():
    body = bodies.woo_order(9, 60)
    calls = [(body, "order.created"), ({"id": body["id"]}, "order.deleted"),
             (bodies.woo_order(9, 60), "order.restored")]  # fmt: skip
    kinds = []
    with fresh() as store:
        for said, topic in calls:
            ingest(store, *heard("woocommerce", said, topic)[0].values())
            (who,) = {
                store.contact_of(one.alias) for one in heard("woocommerce", *calls[0])[0].values()
            }
            kinds.append([one.kind for one, _ in store.events_of(who) if one.key.endswith(":709")])
    assert kinds == [["order"], ["cancelled"], ["order"]]
