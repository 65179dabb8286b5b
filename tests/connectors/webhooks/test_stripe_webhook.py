"""A Stripe account's charges, refunds, checkouts and customers, as its webhooks tell them."""

from itertools import permutations

import pytest

from tests.connectors.stages.hook_stripe import CHARGE
from tests.connectors.webhooks.telling import ends_the_same, linked, of, said, standing, told

MADE = 1_772_359_200


def events(type_, thing, created=MADE, **data):
    body = {"id": "evt", "type": type_, "created": created, "data": {"object": thing, **data}}
    return told("stripe", body).events


def refund(status="succeeded", **more):
    return {"id": "re_1", "object": "refund", "status": status, "payment_intent": "pi_1",
            "charge": "ch_1", "amount": 400, "currency": "eur", "created": MADE + 600} | more  # fmt: skip


def test_a_charge_is_an_order_by_its_payment():
    found = events("charge.succeeded", CHARGE)
    order = of(found, "order")
    assert (order.key, order.alias) == ("stripe/main:order:pi_1", "stripe/main:cus_1")
    assert order.props == {"order": "pi_1", "amount": 1250, "currency": "EUR"}
    assert linked(found) == {("stripe/main:cus_1", "email:ana@example.com")}
    guest = of(events("charge.succeeded", CHARGE | {"customer": None}), "order")
    assert guest.alias == "email:ana@example.com"
    nobody = CHARGE | {"customer": None, "billing_details": {"email": None}, "payment_intent": None}
    assert of(events("charge.succeeded", nobody), "order").alias == "stripe/main:order:ch_1"
    assert events("charge.updated", CHARGE | {"captured": False}) == ()
    assert events("charge.failed", CHARGE) == ()


@pytest.mark.parametrize(
    ("currency", "amount", "minor"),
    [("jpy", 500, 500), ("isk", 500, 5), ("ugx", 500, 5), ("mga", 5, 500), ("kwd", 1230, 1230)],
)
def test_amounts_follow_stripes_own_table_of_digits(currency, amount, minor):
    charge = CHARGE | {"currency": currency, "amount": amount}
    assert of(events("charge.succeeded", charge), "order").props["amount"] == minor


def test_a_partial_refund_finds_its_person_in_any_order():
    charged = events("charge.succeeded", CHARGE)
    back = events("refund.created", refund(), MADE + 600)
    told_of = events("charge.refunded", CHARGE | {"amount_refunded": 400}, MADE + 601)
    arrivals = [[*some, some[0]] for some in permutations([charged, back, told_of])]
    (person,) = ends_the_same(*arrivals)
    assert "stripe/main:order:pi_1" in person
    assert of(back, "refund").props == {"order": "pi_1", "amount": 400, "currency": "EUR"}
    older = CHARGE | {"amount_refunded": 400, "refunds": {"data": [refund()]}}
    assert of(events("charge.refunded", older), "refund").key == of(back, "refund").key


def test_a_refund_that_failed_is_none_and_a_dispute_that_was_lost_is_one():
    back, failed = (events("refund.updated", refund(status), MADE + late)
                    for status, late in (("succeeded", 600), ("failed", 9_000)))  # fmt: skip
    assert standing(failed, back)["stripe/main:refund:re_1"].kind == "cancelled"
    dispute = refund("lost", id="dp_1", object="dispute", amount=1250)
    assert of(events("charge.dispute.closed", dispute), "refund").props["amount"] == 1250
    assert events("charge.dispute.closed", dispute | {"status": "won"}) == ()


def test_a_checkout_says_consent_and_one_left_is_a_cart():
    session = {"id": "cs_1", "created": MADE, "customer": "cus_1", "amount_total": 1250,
               "currency": "eur", "consent": {"promotions": "opt_in"},
               "customer_details": {"email": "ana@example.com", "address": {"city": "Lyon"}}}  # fmt: skip
    done = events("checkout.session.completed", session)
    assert said(done) == {"email": ("in", MADE * 1_000_000)}
    assert {event.kind for event in done} == {"link", "consent", "attributes"}
    assert of(events("checkout.session.expired", session), "cart").props["amount"] == 1250
    nobody = session | {"customer": None, "customer_details": None}
    assert events("checkout.session.expired", nobody) == ()


def test_a_customer_whose_address_changes_keeps_both():
    customer = {
        "id": "cus_1",
        "email": "new@example.com",
        "name": "Ana",
        "preferred_locales": ["fr"],
    }
    found = events("customer.updated", customer, previous_attributes={"email": "ana@example.com"})
    assert {other for _, other in linked(found)} == {
        "email:new@example.com",
        "email:ana@example.com",
    }
    assert of(found, "attributes").props["language"] == "fr"


def test_products_come_change_and_go():
    def product(type_, **more):
        thing = {"id": "prod_1", "object": "product", "name": "Tea", "active": True, "url": None,
                 "images": ["https://shop.example.com/t.png"], "default_price": "price_1", **more}  # fmt: skip
        (found,) = told("stripe", {"id": "evt", "type": type_, "created": MADE,
                                   "data": {"object": thing}}).products  # fmt: skip
        return found

    made = product("product.created")
    assert (made.id, made.name, made.price, made.in_stock) == ("prod_1", "Tea", None, True)
    price = {"id": "price_1", "unit_amount": 1250, "currency": "eur"}
    assert product("product.updated", default_price=price).price == 1250
    assert not product("product.updated", active=False).in_stock
    assert not product("product.deleted").in_stock
