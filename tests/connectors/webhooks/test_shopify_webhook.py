"""A Shopify shop's orders, refunds, checkouts and customers, as its webhooks tell them."""

from itertools import permutations

import pytest

from tests.connectors.webhooks.telling import ends_the_same, linked, of, said, standing, told

PLACED = 1_772_359_200_000_000  # 2026-03-01T10:00:00Z
CUSTOMER = {
    "id": 501, "email": "Ana@Example.com", "first_name": "Ana", "last_name": "Field",
    "created_at": "2026-02-01T08:00:00Z", "updated_at": "2026-03-01T10:00:00Z",
    "email_marketing_consent": {"state": "subscribed", "opt_in_level": "single_opt_in",
                                "consent_updated_at": "2026-02-01T08:00:00Z"},
    "sms_marketing_consent": {"state": "not_subscribed", "consent_updated_at": None},
    "default_address": {"city": "Lyon", "province": "Rhône", "country_code": "FR"},
}  # fmt: skip
LINES = [
    {"id": 1, "product_id": 11, "variant_id": 111, "quantity": 2, "price": "10.00",
     "discount_allocations": [{"amount": "1.50"}]},
    {"id": 2, "product_id": None, "variant_id": None, "sku": "CUP", "quantity": 1, "price": "5.05"},
    {"id": 3, "product_id": None, "title": "A tip", "quantity": 1, "price": "1.00"},
]  # fmt: skip
REFUND = {
    "id": 9001, "order_id": 7001, "created_at": "2026-03-03T09:00:00+01:00",
    "transactions": [
        {"kind": "refund", "status": "success", "amount": "8.50", "currency": "EUR"},
        {"kind": "refund", "status": "failure", "amount": "8.50", "currency": "EUR"},
        {"kind": "void", "status": "success", "amount": "1.00", "currency": "EUR"},
    ],
    "refund_line_items": [{"quantity": 1, "subtotal": "8.50", "line_item": {"product_id": 11}}],
}  # fmt: skip


def order(changed="2026-03-01T10:00:00Z", **more):
    made = {
        "id": 7001, "email": "ana@example.com", "currency": "EUR", "total_price": "24.55",
        "created_at": "2026-03-01T11:00:00+01:00", "processed_at": "2026-03-01T11:00:00+01:00",
        "updated_at": changed, "cancelled_at": None, "financial_status": "pending", "test": False,
        "customer": CUSTOMER, "line_items": LINES, "refunds": [],
        "shipping_address": {"city": "Lyon", "country_code": "FR"},
    }  # fmt: skip
    return made | more


def events(body, topic="orders/create"):
    return told("shopify", body, topic).events


def test_an_order_has_its_money_lines_and_person():
    found = events(order())
    placed = of(found, "order")
    assert (placed.key, placed.alias) == ("shopify/main:order:7001", "shopify/main:501")
    assert placed.occurred_at == PLACED
    assert placed.props == {
        "order": "7001", "amount": 2455, "currency": "EUR", "city": "Lyon",
        "lines": [{"product": "11", "quantity": 2, "amount": 1850},
                  {"product": "CUP", "quantity": 1, "amount": 505}],
    }  # fmt: skip
    assert linked(found) == {("shopify/main:501", "email:ana@example.com")}
    assert of(found, "attributes").props["set"] == {
        "first_name": "Ana", "last_name": "Field", "city": "Lyon", "region": "Rhône", "country": "FR",
    }  # fmt: skip
    assert list(said(found)) == ["email"]
    assert of(found, "consent").props["by"] == "shopify/main"


@pytest.mark.parametrize(
    ("currency", "amount", "minor"),
    [("JPY", "1200", 1200), ("JPY", "1200.00", 1200), ("KWD", "1.234", 1234), ("EUR", "0.1", 10),
     ("EUR", 24.55, 2455), ("EUR", "NaN", None), ("EUR", "1e400", None), ("EUR", True, None)],
)  # fmt: skip
def test_money_is_whole_minor_units_of_its_currency(currency, amount, minor):
    found = of(events(order(currency=currency, total_price=amount)), "order")
    assert found.props.get("amount") == minor


def test_a_guest_is_known_by_the_address_and_without_one_by_the_order():
    guest = events(order(customer=None, buyer_accepts_marketing=True))
    assert of(guest, "order").alias == "email:ana@example.com"
    assert said(guest) == {"email": ("in", PLACED)}
    nameless = events(order(customer=None, email=None, buyer_accepts_marketing=True))
    assert of(nameless, "order").alias == "shopify/main:order:7001"
    assert said(nameless) == {}
    late = events(order(email="", refunds=[REFUND], customer={"id": 501}))
    assert ("shopify/main:order:7001", "shopify/main:501") in linked(late)


def story():
    """Placed, paid, refunded in part (told alone and within the order), cancelled: all versions."""
    paid = order("2026-03-01T10:00:02Z", financial_status="paid")
    refunded = order(
        "2026-03-03T08:00:01Z", refunds=[REFUND], financial_status="partially_refunded"
    )
    return [
        events(order()),
        events(paid, "orders/paid"),
        events(REFUND, "refunds/create"),
        events(refunded, "orders/updated"),
        events(paid, "orders/paid"),
    ]


def test_a_partial_refund_is_one_however_it_is_told_and_finds_its_person():
    kept = standing(*story())
    refund = kept["shopify/main:refund:9001"]
    assert refund.props["amount"] == 850
    assert refund.props["order"] == "7001"
    assert refund.props["lines"] == [{"product": "11", "quantity": 1, "amount": 850}]
    assert refund.alias == "shopify/main:501"
    assert sum(event.kind == "order" for event in kept.values()) == 1
    alone = of(story()[2], "refund")
    assert alone.alias == "shopify/main:order:7001"
    assert (alone.alias, "shopify/main:501") in linked(story()[3])


def test_calls_in_any_order_and_again_end_the_same():
    batches = story()
    arrivals = [[*some, some[0], some[-1]] for some in list(permutations(batches))[::11]]
    (person,) = ends_the_same(*arrivals)
    assert {"shopify/main:501", "email:ana@example.com", "shopify/main:order:7001"} <= set(person)


def test_a_cancelled_order_is_no_order_any_more_whatever_comes_late():
    off = events(
        order("2026-03-02T10:00:00Z", cancelled_at="2026-03-02T10:00:00Z"), "orders/cancelled"
    )
    ends_the_same([events(order()), off], [off, events(order())])
    assert standing(off, events(order()))["shopify/main:order:7001"].kind == "cancelled"
    assert of(events(order(financial_status="voided")), "cancelled")
    assert events(order(test=True)) == ()


def test_an_order_touched_months_later_stays_on_its_day():
    touched = of(events(order("2026-09-01T10:00:00Z"), "orders/updated"), "order")
    assert PLACED < touched.occurred_at < PLACED + 1_000_000


def test_a_checkout_is_a_cart_until_it_is_an_order_or_empty():
    checkout = {"id": 3, "token": "tok", "cart_token": "c1", "email": "ana@example.com",
                "currency": "EUR", "total_price": "24.55", "line_items": LINES,
                "updated_at": "2026-03-01T09:00:00Z", "customer_locale": "fr"}  # fmt: skip
    found = events(checkout, "checkouts/create")
    cart = of(found, "cart")
    assert (cart.key, cart.alias) == ("shopify/main:cart:c1", "email:ana@example.com")
    assert linked(found) == {("shopify/main:cart:c1", "email:ana@example.com")}
    assert of(found, "attributes").props["language"] == "fr"
    anonymous = {
        "id": "c1",
        "token": "c1",
        "line_items": LINES,
        "updated_at": "2026-03-01T08:00:00Z",
    }
    early = events(anonymous, "carts/create")
    assert of(early, "cart").alias == "shopify/main:cart:c1"
    assert "amount" not in of(early, "cart").props["lines"][0]
    assert standing(found, early)[cart.key].alias == "email:ana@example.com"
    emptied = anonymous | {"line_items": [], "updated_at": "2026-03-01T11:00:00Z"}
    assert standing(events(emptied, "carts/update"), found, early)[cart.key].kind == "cancelled"


def test_an_address_that_changes_and_customers_that_merge_become_one_person():
    before = events(CUSTOMER, "customers/create")
    after = events(CUSTOMER | {"email": "new@example.com", "updated_at": "2026-04-01T00:00:00Z"},
                   "customers/update")  # fmt: skip
    merge = events({"admin_graphql_api_customer_kept_id": "gid://shopify/Customer/501",
                    "admin_graphql_api_customer_deleted_id": "gid://shopify/Customer/502"},
                   "customers/merge")  # fmt: skip
    assert linked(merge) == {("shopify/main:501", "shopify/main:502")}
    other = events(CUSTOMER | {"id": 502, "email": "old@example.com"}, "customers/create")
    arrivals = [list(some) for some in permutations([before, after, merge, other])][::5]
    (person,) = ends_the_same(*arrivals)
    assert {"email:new@example.com", "email:ana@example.com", "email:old@example.com"} <= set(
        person
    )


def test_consent_follows_the_states_and_an_old_opt_in_never_looks_fresh():
    def consent(state, at):
        told_ = {"state": state, "consent_updated_at": at}
        return said(events(CUSTOMER | {"email_marketing_consent": told_}, "customers/update"))

    assert consent("unsubscribed", "2026-03-05T00:00:00Z")["email"][0] == "out"
    assert consent("redacted", None)["email"] == ("out", PLACED)
    assert consent("not_subscribed", None) == consent("pending", None) == {}
    made = 1_769_932_800_000_000  # when the customer was made
    assert consent("subscribed", None)["email"] == ("in", made)
    alone = {"customer_id": 501, "email_address": "ana@example.com",
             "email_marketing_consent": {"state": "unsubscribed",
                                         "consent_updated_at": "2026-03-06T00:00:00Z"}}  # fmt: skip
    assert said(events(alone, "customers_email_marketing_consent/update"))["email"][0] == "out"
    erase = {"customer": {"id": 501}, "shop_id": 1}
    assert {state for state, _ in said(events(erase, "customers/redact")).values()} == {"out"}


def test_products_say_price_and_stock():
    body = {"id": 11, "title": "Green tea", "product_type": "Tea", "handle": "tea", "status": "active",
            "variants": [{"price": "10.00", "inventory_management": "shopify",
                          "inventory_policy": "deny", "inventory_quantity": 0}]}  # fmt: skip
    (product,) = told("shopify", body, "products/update").products
    assert (product.name, product.price, product.currency, product.in_stock) == (
        "Green tea", 1000, "EUR", False)  # fmt: skip
    (gone,) = told("shopify", {"id": 11}, "products/delete").products
    assert not gone.in_stock
    assert told("shopify", {"anything": 1}, "themes/publish").events == ()


def test_a_refund_of_an_order_in_another_money_is_in_the_shops_money_as_the_order_is():
    """The order is 34.00 EUR in the shop's books and was paid in dollars."""

    def both(shop, paid):
        return {"shop_money": {"amount": shop, "currency_code": "EUR"},
                "presentment_money": {"amount": paid, "currency_code": "USD"}}  # fmt: skip

    paid = {"kind": "refund", "status": "success", "amount": "12.00", "currency": "USD"}
    line = {"quantity": 1, "subtotal": "8.50", "line_item": {"product_id": 11},
            "subtotal_set": both("8.50", "9.35"), "total_tax_set": both("0.50", "0.55")}  # fmt: skip
    shipping = {"kind": "shipping_refund", "amount_set": both("-1.90", "-2.10"),
                "tax_amount_set": both("0.00", "0.00")}  # fmt: skip
    back = REFUND | {"transactions": [paid], "refund_line_items": [line],
                     "order_adjustments": [shipping]}  # fmt: skip
    for found in (events(back, "refunds/create"), events(order(refunds=[back]))):
        assert {name: of(found, "refund").props[name] for name in ("amount", "currency")} == {
            "amount": 1090, "currency": "EUR"}  # fmt: skip
    told = REFUND | {"transactions": [paid | {"amount_set": both("10.91", "12.00")}]}
    assert of(events(told, "refunds/create"), "refund").props["amount"] == 1091
    # Where nothing tells the shop's money, the payment's own is told as what it is.
    bare = events(REFUND | {"transactions": [paid], "refund_line_items": []}, "refunds/create")
    assert of(bare, "refund").props["currency"] == "USD"
