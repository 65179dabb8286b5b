"""A WooCommerce shop's orders and customers, as its webhooks tell them."""

from itertools import permutations

from tests.connectors.webhooks.telling import ends_the_same, linked, of, said, standing, told

PLACED = 1_772_359_200_000_000  # 2026-03-01T10:00:00Z
BILLING = {"first_name": "Ana", "last_name": "Field", "email": "ana@example.com", "city": "Lyon",
           "state": "", "country": "FR"}  # fmt: skip
LINES = [
    {"product_id": 11, "variation_id": 0, "quantity": 2, "total": "15.42", "total_tax": "3.08"},
    {"product_id": 0, "quantity": 1, "total": "1.00", "total_tax": ""},
]


def order(status="processing", changed="2026-03-01T10:00:00", **more):
    made = {
        "id": 4750, "status": status, "currency": "EUR", "customer_id": 5, "total": "18.50",
        "date_created_gmt": "2026-03-01T10:00:00", "date_modified_gmt": changed,
        "billing": BILLING, "shipping": {"city": ""}, "line_items": LINES, "refunds": [],
        "meta_data": [{"id": 1, "key": "newsletter", "value": "yes"}],
    }  # fmt: skip
    return made | more


def events(body, topic="order.updated"):
    return told("woocommerce", body, topic).events


def test_an_order_has_its_money_lines_person_and_consent():
    found = events(order(), "order.created")
    placed = of(found, "order")
    assert (placed.key, placed.alias, placed.occurred_at) == (
        "woocommerce/main:order:4750", "woocommerce/main:5", PLACED)  # fmt: skip
    assert placed.props == {"order": "4750", "amount": 1850, "currency": "EUR", "city": "Lyon",
                            "lines": [{"product": "11", "quantity": 2, "amount": 1850}]}  # fmt: skip
    assert linked(found) == {("woocommerce/main:5", "email:ana@example.com")}
    assert said(found) == {"email": ("in", PLACED)}


def test_a_guest_is_known_by_the_address_and_without_one_by_the_order():
    assert of(events(order(customer_id=0)), "order").alias == "email:ana@example.com"
    nobody = events(order(customer_id=0, billing={"email": ""}))
    assert of(nobody, "order").alias == "woocommerce/main:order:4750"


def test_those_whom_wordpress_erased_are_not_one_person():
    """It gives all of them one address, at a domain that no mailbox can have."""
    erased = order(customer_id=0, billing={"email": "deleted@site.invalid"})
    assert of(events(erased), "order").alias == "woocommerce/main:order:4750"
    assert linked(events(order(billing={"email": "deleted@site.invalid"}))) == set()


def test_an_order_waits_as_a_cart_is_placed_refunded_and_the_last_stands_in_any_order():
    waits = events(order("pending"), "order.created")
    paid = events(order("processing", "2026-03-01T10:01:00"))
    refunds = [{"id": 1, "reason": "", "total": "-5.00"}]
    partly = events(order("completed", "2026-03-04T10:00:00", refunds=refunds))
    whole = events(order("refunded", "2026-03-05T10:00:00",
                         refunds=[*refunds, {"id": 2, "total": "-13.50"}]))  # fmt: skip
    assert of(waits, "cart").props["amount"] == 1850
    for some in permutations([waits, paid, partly, whole]):
        kept = standing(*some)
        assert kept["woocommerce/main:order:4750"].kind == "order"
        refunded = [event.props["amount"] for event in kept.values() if event.kind == "refund"]
        assert sorted(refunded) == [500, 1350]
    ends_the_same([waits, paid, partly, whole], [whole, whole, partly, waits, paid])


def test_a_cancelled_or_failed_order_is_none():
    for status in ("cancelled", "failed", "trash", "wc-cancelled"):
        off = events(order(status, "2026-03-02T10:00:00"))
        assert standing(off, events(order()))["woocommerce/main:order:4750"].kind == "cancelled"


def test_a_customer_links_both_addresses():
    body = {"id": 5, "email": "new@example.com", "first_name": "Ana", "billing": BILLING,
            "date_created_gmt": "2026-02-01T00:00:00", "date_modified_gmt": "2026-03-09T00:00:00",
            "meta_data": [{"key": "newsletter", "value": False}]}  # fmt: skip
    found = events(body, "customer.updated")
    assert {other for _, other in linked(found)} == {
        "email:new@example.com",
        "email:ana@example.com",
    }
    assert said(found)["email"][0] == "out"


def test_products_say_price_and_stock():
    body = {"id": 11, "name": "Green tea", "price": "10.50", "stock_status": "instock",
            "categories": [{"name": "Tea"}], "images": [], "permalink": "https://shop.example.com/tea"}  # fmt: skip
    (product,) = told("woocommerce", body, "product.updated").products
    assert (product.price, product.category, product.in_stock) == (1050, "Tea", True)
    (gone,) = told("woocommerce", {"id": 11}, "product.deleted").products
    assert (gone.id, gone.in_stock) == ("11", False)


def test_a_deleted_order_is_named_and_a_restored_one_stands_against_that():
    (gone,) = events({"id": 4750}, "order.deleted")
    before, after = (
        of(events(order(), f"order.{how}"), "order") for how in ("updated", "restored")
    )
    assert gone.key == before.key == after.key
    assert before.occurred_at + 1 < after.occurred_at
