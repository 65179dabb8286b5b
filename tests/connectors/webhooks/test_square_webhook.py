"""A Square seller's payments, refunds and customers, as its webhooks tell them."""

from itertools import permutations

from tests.connectors.stages.hook_square import PAYMENT
from tests.connectors.webhooks.telling import ends_the_same, linked, of, said, standing, told


def events(type_, thing):
    body = {"type": type_, "event_id": "e", "created_at": "2026-03-05T10:00:00Z",
            "data": {"type": type_.partition(".")[0], "object": thing}}  # fmt: skip
    return told("square", body).events


def refund(status="COMPLETED", changed="2026-03-02T10:00:00.500Z"):
    return {"refund": {"id": "ref1", "payment_id": "pay1", "order_id": "or2", "status": status,
                       "amount_money": {"amount": 400, "currency": "EUR"},
                       "created_at": "2026-03-02T10:00:00.100Z", "updated_at": changed}}  # fmt: skip


def test_a_completed_payment_is_an_order_and_others_are_not():
    found = events("payment.updated", {"payment": PAYMENT})
    order = of(found, "order")
    assert (order.key, order.alias) == ("square/main:order:pay1", "square/main:CU1")
    assert order.props == {"order": "pay1", "amount": 1250, "currency": "EUR"}
    assert linked(found) == {("square/main:CU1", "email:ana@example.com")}
    assert events("payment.created", {"payment": PAYMENT | {"status": "APPROVED"}}) == ()
    off = PAYMENT | {"status": "CANCELED", "updated_at": "2026-03-01T11:00:00Z"}
    kept = standing(events("payment.updated", {"payment": off}), found)
    assert kept["square/main:order:pay1"].kind == "cancelled"
    guest = PAYMENT | {"customer_id": None, "buyer_email_address": None}
    assert of(events("payment.updated", {"payment": guest}), "order").alias == order.key


def test_a_refund_takes_back_its_payment_and_finds_its_person_in_any_order():
    paid = events("payment.updated", {"payment": PAYMENT})
    waiting = events("refund.created", refund("PENDING", "2026-03-02T10:00:00.100Z"))
    back = events("refund.updated", refund())
    after = PAYMENT | {"refunded_money": {"amount": 400, "currency": "EUR"},
                       "updated_at": "2026-03-02T10:00:01Z"}  # fmt: skip
    then = events("payment.updated", {"payment": after})
    assert of(back, "refund").props == {"order": "pay1", "amount": 400, "currency": "EUR"}
    (person,) = ends_the_same(*(list(some) for some in permutations([paid, waiting, back, then])))
    assert "square/main:order:pay1" in person
    rejected = events("refund.updated", refund("REJECTED", "2026-03-03T10:00:00Z"))
    assert standing(rejected, back)["square/main:refund:ref1"].kind == "cancelled"


def test_customers_that_merge_are_one_and_an_opt_out_is_heard():
    customer = {"id": "CU9", "email_address": "ana@example.com", "given_name": "Ana", "version": 2,
                "created_at": "2026-03-01T00:00:00Z", "updated_at": "2026-03-04T00:00:00Z",
                "preferences": {"email_unsubscribed": True}}  # fmt: skip
    merge = {"merge": {"from_customer_ids": ["CU1", "CU2"], "to_customer_id": "CU9"}}
    found = events("customer.created", {"customer": customer, "event_context": merge})
    assert {other for _, other in linked(found)} == {
        "square/main:CU1", "square/main:CU2", "email:ana@example.com"}  # fmt: skip
    assert said(found)["email"][0] == "out"
    fine = customer | {"preferences": {"email_unsubscribed": False}}
    assert said(events("customer.updated", {"customer": fine})) == {}
    assert events("customer.deleted", {"customer": customer}) == ()
