"""What a tag manager sends in Segment's format."""

import pytest

from personalization.errors import Skip
from tests.connectors.webhooks.telling import ends_the_same, linked, of, said, standing, told

NOW = 1_772_700_000_000_000
PRODUCTS = [{"product_id": "11", "price": 9.95, "quantity": 2, "category": "Tea"},
            {"sku": "CUP", "price": "5.05"}]  # fmt: skip


def call(body, **more):
    return told("segment", body, **more)


def track(event, properties, **more):
    body = {"type": "track", "event": event, "userId": "u1", "messageId": f"m {event}",
            "timestamp": "2026-03-01T10:00:00Z", "properties": properties}  # fmt: skip
    return call(body | more).events


def test_an_order_its_update_and_its_cancellation_are_one():
    bought = track("Order Completed", {"order_id": "77", "total": 24.949999999999999,
                                       "products": PRODUCTS, "coupon": "SPRING"})  # fmt: skip
    order = of(bought, "order")
    assert (order.key, order.alias) == ("segment/main:order:77", "segment/main:u1")
    assert order.props == {
        "order": "77", "amount": 2495, "currency": "EUR", "coupon": "SPRING",
        "lines": [{"product": "11", "quantity": 2, "amount": 1990, "category": "Tea"},
                  {"product": "CUP", "quantity": 1, "amount": 505}],
    }  # fmt: skip
    off = track("Order Cancelled", {"order_id": "77"}, timestamp="2026-03-02T10:00:00Z")
    assert standing(off, bought)[order.key].kind == "cancelled"
    ends_the_same([bought, off], [off, bought, bought])
    with pytest.raises(Skip, match="order_id is missing"):
        track("Order Completed", {"total": 1})


def test_refunds_in_parts_are_several_and_a_message_that_comes_again_is_one():
    part = {"order_id": "77", "total": 5, "currency": "usd"}
    first, again = (of(track("Order Refunded", part), "refund") for _ in range(2))
    second = of(track("Order Refunded", part, messageId="m2"), "refund")
    assert first == again
    assert first.key != second.key
    assert first.props == {"order": "77", "amount": 500, "currency": "USD"}
    listed = track("Order Refunded", {"order_id": "77", "products": PRODUCTS})
    assert of(listed, "refund").props["amount"] == 2495
    unnamed = [of(track("Order Refunded", part, messageId=None), "refund").key for _ in range(2)]
    assert unnamed[0] == unnamed[1]


@pytest.mark.parametrize(
    ("event", "kind"),
    [("Product Viewed", "view"), ("Product Added", "cart"), ("Checkout Started", "cart"),
     ("product reviewed", "feedback"), ("Coupon Applied", "redeem"),
     ("Wishlist Shared", "wishlist_shared"), ("Consent", "track_consent"),
     ("link", "track_link"), ("Attributes", "track_attributes"), ("Order", "track_order"),
     ("!?", "event")],
)  # fmt: skip
def test_events_have_their_kind_and_none_can_forge_consent_or_identity(event, kind):
    (found,) = track(
        event, {"product_id": "11", "rating": "4.0", "state": "in", "other": "email:x@y"}
    )
    assert found.kind == kind
    assert found.props["rating"] == 4
    assert found.props["lines"] == [{"product": "11", "quantity": 1}]


def test_who_somebody_is_joins_device_address_and_user():
    found = call({"type": "identify", "userId": "u1", "anonymousId": "a1", "messageId": "m",
                  "timestamp": "2026-03-01T10:00:00Z", "context": {"locale": "fr-FR"},
                  "traits": {"email": "Ana@example.com", "age": 41, "address": {"city": "Lyon"},
                             "timezone": "Europe/Paris", "newsletter": True}}).events  # fmt: skip
    assert linked(found) == {("segment/main:u1", "email:ana@example.com"),
                             ("segment/main:u1", "segment/main:anonymous:a1")}  # fmt: skip
    assert of(found, "attributes").props == {
        "set": {"age": 41, "city": "Lyon", "timezone": "Europe/Paris"},
        "zone": "Europe/Paris", "zone_from": "explicit", "language": "fr-FR",
    }  # fmt: skip
    assert said(found)["email"][0] == "in"
    merged = call({"type": "alias", "previousId": "a1", "userId": "u1"}).events
    assert ("segment/main:u1", "segment/main:anonymous:a1") in linked(merged)
    (out,) = track("Unsubscribed", {})
    assert out.props["state"] == "out"


def test_a_page_is_a_visit_and_a_clock_ahead_is_not_believed():
    page = {"anonymousId": "a1", "messageId": "m", "timestamp": "2030-01-01T00:00:00Z",
            "properties": {"path": "/teas"}, "context": {"location": {"city": "Lyon"}}}  # fmt: skip
    (visit,) = call(page, topic="v1/page").events
    assert (visit.kind, visit.props) == ("visit", {"page": "/teas", "city": "Lyon"})
    assert visit.alias == "segment/main:anonymous:a1"
    assert visit.occurred_at == NOW


def test_of_a_batch_the_wrong_ones_are_set_aside_and_the_others_taken():
    good = {"type": "page", "userId": "u1", "messageId": "m1"}
    bad = [{"type": "page", "messageId": "m2"}, {"type": "odd", "userId": "u1"}, 7]
    received = call({"batch": [good, *bad, good | {"messageId": "m3"}]}, topic="v1/batch")
    assert len(received.events) == 2
    assert [one.place for one in received.set_aside] == [
        f"segment/main batch[{n}]" for n in (1, 2, 3)]  # fmt: skip
    with pytest.raises(Skip, match="2500"):
        call({"batch": [good] * 2501}, topic="v1/batch")
