"""How the four systems are asked: their limits, keys and habits."""

import pytest

from connectors.sandbox.shops import cursors
from connectors.shared import pulling
from personalization.errors import Retry, Stop
from tests.connectors.shops import bodies
from tests.connectors.shops.reading import keys, pulled

NAMES = ("shopify", "woocommerce", "stripe", "square")


@pytest.mark.parametrize("name", NAMES)
def test_a_refused_key_stops_and_says_what_it_must_be_allowed(shops, source, name):
    shops.shops.keys = frozenset({"another"})
    with pytest.raises(Stop, match=f"{name}/main: the key was refused. Give this account"):
        list(source(name).pull(None))


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_address_stops_and_an_endless_failure_asks_to_be_tried_later(shops, source, name):
    shops.shops.meanwhile = lambda call: setattr(call, "path", f"{call.path}/nowhere")
    with pytest.raises(Stop, match="HTTP 404"):
        list(source(name).pull(None))
    shops.fail(rates={"500": 1.0})
    with pytest.raises(Retry, match=f"{name}/main"):
        list(source(name).pull(None))


def test_a_query_that_shopify_finds_too_dear_is_asked_for_less(shops, source):
    shops.put("shopify", "orders", *(bodies.shopify_order(n) for n in range(40)))
    pages = list(source("shopify", page=250).pull(None))
    assert len([one for one in keys(pages) if ":order:" in one]) == 40
    assert 1 < len(pages) < 10
    shops.shops.dearest = 20
    with pytest.raises(Stop, match="even one of"):
        list(source("shopify").pull(None))


def test_a_full_bucket_is_waited_for(shops, source):
    shops.put("shopify", "orders", *(bodies.shopify_order(n) for n in range(60)))
    before = shops.shops.points.at = shops.shops.clock.now
    shops.shops.points.filled = 2_000
    assert keys(source("shopify").pull(None))
    waited = (shops.shops.clock.now - before) / 1_000_000
    assert 5 < waited < 60
    shops.shops.points.filled = 1_000_000
    with pytest.raises(Retry, match="THROTTLED"):
        list(source("shopify", patience=10).pull(None))


def test_lists_within_an_order_are_read_to_their_ends(shops, source):
    body = bodies.shopify_order(1, lines=230, refunds=1)
    body["refunds"][0]["transactions"] *= 7
    shops.put("shopify", "orders", body)
    found, _ = pulled(source("shopify").pull(None))
    assert len(found["shopify/main:order:7001"].props["lines"]) == 230
    assert found["shopify/main:refund:9010"].props["amount"] == 7 * 225


def test_client_and_secret_get_a_token_and_another_when_the_day_is_over(shops, source):
    shops.put("shopify", "orders", *(bodies.shopify_order(n) for n in range(40)))
    shops.shops.keys = frozenset({"hush"})
    shop = source("shopify", token=None, client="id", secret="hush", page=5)
    pages = shop.pull(None)
    first = next(pages)
    shops.shops.keys = frozenset({"hush"})  # the day's token is over
    assert len([one for one in keys([first, *pages]) if ":order:" in one]) == 40
    assert len(shops.calls("access_token")) == 2
    shops.shops.keys = frozenset({"other"})
    with pytest.raises(Stop, match="the key was refused"):
        list(source("shopify", token=None, client="id", secret="hush").pull(None))


def test_products_deleted_between_pulls_are_out_of_stock(shops, source):
    shops.put("shopify", "products", *(bodies.shopify_product(n) for n in range(3)))
    shops.put("shopify", "events", {"id": "gid://shopify/BasicEvent/1", "createdAt": bodies.at(0),
                                    "subjectId": "gid://shopify/Product/4"})  # fmt: skip
    shops.put("woocommerce", "products", bodies.woo_product(1))
    shops.put("square", "locations", *bodies.LOCATIONS)
    shops.put("square", "catalog", *bodies.RELATED, bodies.square_item(1))
    shops.shops.tell("product.created", bodies.stripe_product(1))
    cursors = {}
    for name in NAMES:
        pages = list(source(name).pull(None))
        assert all(one.in_stock for one in pulled(pages)[1].values()), name
        cursors[name] = pages[-1].cursor
    shops.advance(1_000)
    shops.put("shopify", "events", {"id": "gid://shopify/BasicEvent/2", "createdAt": bodies.at(9),
                                    "subjectId": "gid://shopify/Product/11"})  # fmt: skip
    shops.shops.drop("shopify", "products", "11")
    shops.put("woocommerce", "products", bodies.woo_product(1, 900, status="trash"))
    shops.put("square", "catalog", bodies.square_item(1, 900, is_deleted=True))
    shops.shops.tell("product.deleted", {"id": "prod_1", "object": "product", "deleted": True})
    gone = {"shopify": "11", "woocommerce": "11", "stripe": "prod_1", "square": "IT1"}
    for name in NAMES:
        _, products = pulled(source(name).pull(cursors[name]))
        assert not products[gone[name]].in_stock, name


def test_a_new_price_reaches_the_catalogue(shops, source):
    product = bodies.stripe_product(1)
    shops.shops.tell("product.created", product)
    cursor = [page.cursor for page in source("stripe").pull(None)][-1]
    shops.advance(1_000)
    price = {**product["default_price"], "unit_amount": 500}
    shops.put("stripe", "products", {**product, "default_price": price})
    shops.shops.tell("price.updated", price)
    assert pulled(source("stripe").pull(cursor))[1]["prod_1"].price == 500


def test_square_brings_every_location_and_every_year(shops, source):
    shops.put("square", "locations", *bodies.LOCATIONS)
    old = {"created_at": "2019-05-01T10:00:00Z", "updated_at": "2019-05-01T10:00:00Z"}
    shops.put("square", "payments", bodies.payment(1, place="L2"), bodies.payment(2, **old))
    shops.put("square", "refunds", bodies.square_refund(2, **old))
    found, _ = pulled(source("square").pull(None))
    assert {"square/main:order:pay1", "square/main:order:pay2", "square/main:refund:ref2"} <= set(
        found
    )


def test_a_customer_who_changes_while_squares_are_first_read_comes_with_the_next_pull(
    shops, source
):
    shops.put("square", "locations", *bodies.LOCATIONS)
    shops.put("square", "customers", *(bodies.square_customer(n) for n in range(150)))
    pages = source("square").pull(None)
    read = [next(pages), next(pages)]
    now = (shops.shops.clock.now // 1_000_000) - bodies.SECOND
    shops.put("square", "customers", bodies.square_customer(0, now, email_address="n@example.com"))
    shops.advance(4_000)
    read += list(pages)
    found, _ = pulled(source("square").pull(read[-1].cursor))
    assert "email:n@example.com" in {one.props.get("other") for one in found.values()}


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_written_to_a_shop(shops, source, name):
    shops.put("square", "locations", *bodies.LOCATIONS)
    list(source(name).pull(None))
    reading = {"/v2/customers/search", "/v2/catalog/search", "/v2/orders/batch-retrieve",
               "/v2/catalog/batch-retrieve"}  # fmt: skip
    for call in shops.calls():
        query = b'"query": "mutation' not in call["body"]
        assert call["method"] == "GET" or call["path"] in reading or (
            call["path"].endswith("graphql.json") and query)  # fmt: skip


def test_pages_that_repeat_lead_nowhere_and_say_so(shops, source, monkeypatch):
    shops.put("square", "locations", *bodies.LOCATIONS)
    shops.put("square", "payments", *(bodies.payment(n) for n in range(150)))
    shops.put("shopify", "orders", *(bodies.shopify_order(n) for n in range(90)))
    monkeypatch.setattr(cursors, "read", lambda cursor, question: (None, 0))
    for name in ("square", "shopify"):
        with pytest.raises(Retry, match="lead nowhere"):
            list(source(name, **({"page": 10} if name == "shopify" else {})).pull(None))


def test_the_overlap_reads_again_and_no_cursor_begins_at_the_beginning():
    assert pulling.since(None, 300) == 0
    assert pulling.since({"at": 0}, 300) == 0
    assert pulling.since({"at": 10**15}, 300) == 10**15 - 300_000_000
    assert pulling.since({"at": 5}, 300) == 0
