"""Pulls of shops that change while they are read, that fail, and that are killed: nothing is lost,
nothing comes that is not new."""

from itertools import islice

import pytest

from connectors.shared import pull_walks
from personalization.errors import Retry, Stop
from tests.connectors.shops import bodies
from tests.connectors.shops.reading import aside, keys, pulled

NAMES = ("shopify", "woocommerce", "stripe", "square")


def fill(shops, count=60):
    """All four shops, each with orders, customers and products, some in the same second."""
    for n in range(count):
        at = n // 3
        shops.put("shopify", "orders", bodies.shopify_order(n, at - n))
        shops.put("shopify", "customers", bodies.shopify_customer(1000 + n, at - n))
        shops.put("shopify", "products", bodies.shopify_product(n, at - n))
        shops.put("woocommerce", "orders", bodies.woo_order(n, at - n))
        shops.put("woocommerce", "customers", bodies.woo_customer(n + 1))
        shops.put("woocommerce", "products", bodies.woo_product(n, at - n))
        for made in (bodies.charge(n), bodies.stripe_customer(n), bodies.stripe_product(n)):
            shops.put("stripe", f"{made['object']}s", {**made, "created": bodies.SECOND + at})
        shops.put("square", "payments", bodies.payment(n, at - n, place=f"L{1 + n % 2}"))
        shops.put("square", "customers", bodies.square_customer(n, at - n))
        shops.put("square", "catalog", bodies.square_item(n, at - n))
    shops.put("square", "locations", *bodies.LOCATIONS)


SMALL = {"shopify": {"page": 7}, "woocommerce": {"page": 20}, "stripe": {}, "square": {}}


@pytest.mark.parametrize("name", NAMES)
def test_failures_on_the_way_change_nothing(shops, source, name):
    fill(shops)
    undisturbed = pulled(source(name, **SMALL[name]).pull(None))
    shops.fail(seed=7, rates={"429": 0.1, "429_retry_after": 0.1, "500": 0.1, "502": 0.1,
                              "lost_before": 0.1})  # fmt: skip
    found = pulled(source(name, **SMALL[name]).pull(None))
    assert found[0].keys() == undisturbed[0].keys()
    assert found[1] == undisturbed[1]
    assert len({call["failure"] for call in shops.calls()}) >= 4


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["html", "cut"])
def test_an_answer_that_is_no_json_is_asked_for_again(shops, source, name, kind):
    fill(shops)
    whole = keys(source(name).pull(None))
    shops.fail(seed=3, rates={kind: 0.3})
    assert keys(source(name).pull(None)) == whole
    shops.fail(rates={kind: 1.0})
    with pytest.raises(Retry, match="not JSON"):
        list(source(name).pull(None))


@pytest.mark.parametrize("name", NAMES)
def test_killed_between_any_two_pages_it_goes_on_where_it_was(shops, source, name):
    fill(shops)
    whole = keys(source(name, **SMALL[name]).pull(None))
    cursor, brought, rounds = None, set(), 0
    while rounds < 100:
        (page,) = list(islice(source(name, **SMALL[name], overlap=0).pull(cursor), 1)) or [None]
        if page is None or (page.cursor == cursor and not keys([page]) - brought):
            break
        cursor, rounds = page.cursor, rounds + 1
        brought |= keys([page])
    brought |= keys(source(name, overlap=0).pull(cursor))
    assert brought == whole


def change(shops, name, n):
    """Something of each shop changes now, as its people would change it."""
    now = (shops.shops.clock.now - int(bodies.START.timestamp()) * 1_000_000) // 1_000_000 + n
    if name == "shopify":
        shops.put(name, "orders", bodies.shopify_order(n, now - n, refunds=1))
    elif name == "woocommerce":
        shops.put(name, "orders", bodies.woo_order(n, now - n, "cancelled"))
    elif name == "stripe":
        shops.shops.tell("refund.created", bodies.stripe_refund(n))
    else:
        shops.put(name, "payments", bodies.payment(n, now - n, status="CANCELED"))


@pytest.mark.parametrize("name", NAMES)
def test_a_later_pull_brings_what_changed_and_little_else(shops, source, name):
    fill(shops)
    cursor = [page.cursor for page in source(name).pull(None)][-1]
    shops.advance(7_200)
    quiet = list(source(name).pull(cursor))
    change(shops, name, 3)
    pages = list(source(name).pull(quiet[-1].cursor if quiet else cursor))
    events, _ = pulled(pages)
    key = {"shopify": "shopify/main:refund:9030", "woocommerce": "woocommerce/main:order:703",
           "stripe": "stripe/main:refund:re_3", "square": "square/main:order:pay3"}[name]  # fmt: skip
    assert events[key].kind in ("refund", "cancelled")
    shops.advance(7_200)
    before = len(shops.calls())
    again = list(source(name, **SMALL[name], overlap=0).pull(pages[-1].cursor))
    assert len(keys(again)) < 60  # the edge, and WooCommerce's page of customers in turn
    assert len(shops.calls()) - before < 10


@pytest.mark.parametrize("name", NAMES)
def test_nobody_is_passed_over_while_others_change(shops, source, name):
    """Rows that were read change between pages and so move behind those that were not."""
    fill(shops)
    whole = keys(source(name).pull(None))
    moved = []

    def meanwhile(call):
        if call.path != "/v2/locations" and len(moved) < 15:
            shops.shops.meanwhile = None
            change(shops, name, len(moved))
            moved.append(call)
            shops.shops.meanwhile = meanwhile

    shops.shops.meanwhile = meanwhile
    pages = list(source(name, **SMALL[name]).pull(None))
    shops.shops.meanwhile = None
    assert whole <= keys(pages) | keys(source(name).pull(pages[-1].cursor))


def test_many_rows_of_one_second_all_come(shops, source):
    for n in range(130):
        shops.put("woocommerce", "orders", bodies.woo_order(n, 500 - n))
        shops.put("stripe", "charges", {**bodies.charge(n), "created": bodies.SECOND})
    shops.put("woocommerce", "orders", bodies.woo_order(200, 600))
    found, _ = pulled(source("woocommerce", page=20).pull(None))
    assert len([one for one in found.values() if one.kind == "order"]) == 131
    found, _ = pulled(source("stripe").pull(None))
    assert len([one for one in found.values() if one.kind == "order"]) == 130


def test_somebody_leaves_a_second_that_is_read_and_it_is_read_again(shops, source):
    for n in range(60):
        shops.put("woocommerce", "orders", bodies.woo_order(n, 500 - n))
    left = []

    def meanwhile(call):
        if call.one("page") == "2" and not left:
            left.append(shops.put("woocommerce", "orders", bodies.woo_order(0, 900)))

    shops.shops.meanwhile = meanwhile
    found, _ = pulled(source("woocommerce", page=20).pull(None))
    assert len([one for one in found.values() if one.kind == "order"]) == 60


def test_no_list_is_paged_further_than_shopify_allows(shops, source, monkeypatch):
    fill(shops)
    shops.shops.furthest = 25
    with pytest.raises(Stop, match="limited to 25"):
        list(source("shopify", page=10).pull(None))
    monkeypatch.setattr(pull_walks, "A_QUESTION", 20)
    assert len(keys(source("shopify", page=10).pull(None))) > 180


def test_stripe_is_read_oldest_first_in_few_calls_and_small_pages(shops, source):
    for n in range(1_000):
        shops.put("stripe", "charges", bodies.charge(n * 977))
    pages = list(source("stripe").pull(None))
    moments = [event.occurred_at for page in pages for event in page.events
               if event.kind == "order"]  # fmt: skip
    assert moments == sorted(moments)
    assert len(set(moments)) == 1_000
    assert max(len(page.events) for page in pages) <= 200
    assert len(shops.calls("charges")) < 10 + 32


def test_an_object_on_which_a_page_hangs_may_go(shops, source):
    for n in range(300):
        shops.put("stripe", "customers", bodies.stripe_customer(n))
    gone = []

    def meanwhile(call):
        anchor = call.one("ending_before")
        if anchor and len(gone) < 1:
            gone.append(anchor)
            shops.shops.drop("stripe", "customers", anchor)

    shops.shops.meanwhile = meanwhile
    found, _ = pulled(source("stripe").pull(None))
    assert len({one.alias for one in found.values()}) == 300
    assert gone


def test_after_a_month_without_a_pull_stripes_objects_are_read_again(shops, source):
    shops.put("stripe", "charges", bodies.charge(1))
    cursor = [page.cursor for page in source("stripe").pull(None)][-1]
    shops.shops.tell("charge.succeeded", bodies.charge(2))
    shops.advance(31 * 86_400)
    pages = list(source("stripe").pull(cursor))
    assert "stripe/main:order:pi_2" in keys(pages)
    asked = len(shops.calls("charges"))
    assert keys(source("stripe").pull(pages[-1].cursor)) == set()
    assert len(shops.calls("charges")) == asked


def test_woocommerce_customers_are_found_though_others_are_deleted(shops, source):
    shops.put("woocommerce", "customers", *(bodies.woo_customer(n) for n in range(1, 51)))
    cursor = [page.cursor for page in source("woocommerce", page=20).pull(None)][-1]
    for n in range(1, 31):
        shops.shops.drop("woocommerce", "customers", str(n))
    shops.put("woocommerce", "customers", *(bodies.woo_customer(n) for n in range(51, 60)))
    pages = list(source("woocommerce", page=20).pull(cursor))
    assert {f"woocommerce/main:{n}" for n in range(51, 60)} <= {
        event.alias for page in pages for event in page.events}  # fmt: skip
    shops.put("woocommerce", "customers", bodies.woo_customer(35, email="new@example.com"))
    found = {}
    for _ in range(4):
        pages = list(source("woocommerce", page=20).pull(pages[-1].cursor))
        found |= pulled(pages)[0]
    assert "email:new@example.com" in {one.props.get("other") for one in found.values()}


def test_a_row_that_cannot_be_taken_is_set_aside_and_the_others_come(shops, source):
    fill(shops, 10)
    shops.put("shopify", "orders", {**bodies.shopify_order(3), "created_at": None,
                                    "processed_at": "soon"})  # fmt: skip
    shops.put("woocommerce", "orders", {**bodies.woo_order(3), "date_created_gmt": ""})
    shops.put("square", "payments", bodies.payment(3, created_at="2026-02-01"),
              bodies.payment(4, status="COMPLETED", created_at=bodies.at(4)))  # fmt: skip
    shops.put("square", "refunds", bodies.square_refund(1, payment_id=None))
    shops.put("stripe", "charges", {**bodies.charge(3), "payment_intent": None, "id": 3.5})
    for name, place in (("shopify", "shopify/main orders 7003"),
                        ("woocommerce", "woocommerce/main orders 703"),
                        ("square", "square/main refunds ref1")):  # fmt: skip
        pages = list(source(name).pull(None))
        (row,) = aside(pages)
        assert row.place == place
        assert row.reason.startswith(f"{place}: ")
        assert "missing" in row.reason
        assert "@" not in row.reason
        assert len(keys(pages)) > 20
