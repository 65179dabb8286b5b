"""What HubSpot brings as a source: each thing once, under one key however often it changes."""

import pytest

from connectors import find
from personalization.errors import Stop
from personalization.models import DAY
from personalization.pull import pull_destination, pull_source
from personalization.store.embedded import open_store
from tests.plan.corner import email

BOUGHT, LATER = "2026-02-20T10:00:00Z", "2026-02-25T10:00:00Z"
MOMENT = 1_771_581_600_000_000


@pytest.fixture
def source(portal):
    """The source over the portal, made anew with other settings when called with some."""
    portal.free()
    portal.ids = portal.add(5)
    made = []

    def make(**more):
        settings = {"token": "t", "url": portal.sandbox.url, "sleep": portal.sleep,
                    "history": 36_500, "mail": False, **more}  # fmt: skip
        made.append(find("hubspot").source("main", settings))
        return made[-1]

    yield make
    for one in made:
        one.close()


def objects(portal, kind, *records):
    return portal.sandbox.control("hubspot/objects", type=kind, records=list(records))["ids"]


def change(source, kind, id, **values):
    source.api.raw("PATCH", f"/crm/v3/objects/{kind}/{id}", {"properties": values})


def brought(source, cursor=None):
    """Events by key, products by id, what was set aside, and the cursor after it."""
    events, products, aside = {}, {}, []
    for page in source.pull(cursor):
        events |= {one.key: one for one in page.events}
        products |= {one.id: one for one in page.products}
        aside += page.set_aside
        cursor = page.cursor
    return events, products, aside, cursor


def test_an_order_is_one_event_with_its_lines_whatever_becomes_of_it(portal, source):
    (soap,) = objects(portal, "products", {"properties": {
        "name": "Soap", "price": "4.95", "hs_product_type": "care",
        "hs_images": "https://shop.example.com/a.jpg;b"}})  # fmt: skip
    lines = objects(portal, "line_items", {"properties": {
        "hs_product_id": soap, "quantity": "2", "price": "4.95"}})  # fmt: skip
    (order,) = objects(portal, "orders", {"contact": email(1), "links": [["line_items", lines[0]]],
        "properties": {"hs_total_price": "9.90", "hs_currency_code": "EUR",
                       "hs_external_created_date": BOUGHT}})  # fmt: skip
    shop = source()
    events, products, _, cursor = brought(shop)
    key = f"hubspot/main:order:{order}"
    (one,) = events.values()
    assert (one.key, one.kind, one.alias) == (key, "order", f"hubspot/main:{portal.ids[1]}")
    assert 0 <= one.occurred_at - MOMENT < 1_000_000
    assert one.props == {"order": order, "amount": 990, "currency": "EUR",
                         "lines": [{"product": soap, "quantity": 2, "amount": 990}]}  # fmt: skip
    assert (products[soap].price, products[soap].currency, products[soap].category) == (
        495, "EUR", "care")  # fmt: skip
    portal.sandbox.control("clock", advance=90)
    change(shop, "orders", order, hs_refund_amount="4.95")
    events, _, _, cursor = brought(shop, cursor)
    assert {one.kind: one.props["amount"] for one in events.values()} == {
        "order": 990, "refund": 495}  # fmt: skip
    assert events[key].occurred_at > one.occurred_at
    change(shop, "orders", order, hs_external_cancel_date=LATER)
    events, *_ = brought(shop, cursor)
    assert (events[key].kind, events[key].occurred_at - MOMENT < 1_000_000) == ("cancelled", True)


@pytest.mark.parametrize(("total", "currency", "amount"), [
    ("9.90", "EUR", 990), ("1200", "JPY", 1_200), ("3.125", "KWD", 3_125), ("0.3", None, 30),
    ("nothing", "EUR", None),
])  # fmt: skip
def test_amounts_are_minor_units_of_their_currency(portal, source, total, currency, amount):
    values = {"hs_total_price": total, "hs_external_created_date": BOUGHT}
    values |= {"hs_currency_code": currency} if currency else {}
    objects(portal, "orders", {"contact": email(0), "properties": values})
    (one,) = brought(source())[0].values()
    assert one.props.get("amount") == amount
    assert one.props["currency"] == (currency or "EUR")  # the portal's own where none is named


def test_a_won_deal_is_an_order_and_opened_again_it_is_none(portal, source, tmp_path):
    values = {"amount": "40", "closedate": BOUGHT, "hs_is_closed": "true",
              "hs_is_closed_won": "true"}  # fmt: skip
    won, lost, still = objects(
        portal, "deals", {"contact": email(0), "properties": values},
        {"contact": email(1), "properties": {**values, "hs_is_closed_won": "false"}},
        {"contact": email(2), "properties": {"amount": "7"}},
    )  # fmt: skip
    shop = source(purchases="deals")
    with open_store(tmp_path, "00" * 32) as store:
        pull_source(store, shop, MOMENT + DAY)

        def kinds():
            return {id: one.kind for n, id in enumerate((won, lost, still))
                    for one, _ in store.events_of(store.contact_of(f"hubspot/main:{portal.ids[n]}"))
                    if one.key == f"hubspot/main:deal:{id}"}  # fmt: skip

        assert kinds() == {won: "order", lost: "cancelled", still: "deal"}
        record = portal.sandbox.world.portal.tables["deals"].records[int(won)]
        record.properties |= {"hs_is_closed": "false", "hs_is_closed_won": "false"}
        change(shop, "deals", won, dealname="again")
        pull_source(store, shop, MOMENT + DAY)
        assert kinds()[won] == "deal"


def test_more_orders_than_search_pages_through_all_come_and_a_second_pull_costs_little(
    portal, source
):
    contacts = portal.sandbox.control("hubspot/contacts", contacts=[{"email": email(0)}])["ids"]
    values = {"hs_total_price": "1", "hs_external_created_date": BOUGHT}
    # All in one and the same millisecond.
    objects(portal, "orders", *({"contact": contacts[0], "properties": values},) * 10_300)
    shop = source(products=False, carts=False, feedback=False)
    portal.mark()
    events, _, _, cursor = brought(shop)
    assert len(events) == 10_300
    assert len(portal.calls("POST", "/associations/")) == 2 * 11
    portal.mark()
    assert brought(shop, cursor)[0] == {}
    assert portal.counts == (0, 1)


def test_carts_feedback_and_what_cannot_be_taken(portal, source):
    cart, bought, empty = objects(
        portal, "carts",
        {"contact": email(0), "properties": {"hs_total_price": "5", "hs_cart_url": "https://c"}},
        {"contact": email(0), "properties": {"hs_total_price": "5",
                                             "hs_external_status": "Completed"}},
        {"contact": email(0), "properties": {"hs_cart_name": "nothing in it"}},
    )  # fmt: skip
    said, nobody = objects(
        portal, "feedback_submissions",
        {"properties": {"hs_value": "9", "hs_survey_type": "NPS", "hs_content": "Quick",
                        "hs_contact_id": portal.ids[2], "hs_submission_timestamp": BOUGHT}},
        {"properties": {"hs_value": "3", "hs_content": "private words"}},
    )  # fmt: skip
    events, _, aside, _ = brought(source())
    kinds = {key.removeprefix("hubspot/main:"): one.kind for key, one in events.items()}
    assert kinds == {f"cart:{cart}": "cart", f"cart:{bought}": "cancelled",
                     f"cart:{empty}": "cancelled", f"feedback:{said}": "feedback"}  # fmt: skip
    one = events[f"hubspot/main:feedback:{said}"]
    assert one.alias == f"hubspot/main:{portal.ids[2]}"
    assert one.props == {"form": "nps", "rating": 9, "text": "Quick"}
    (left,) = aside
    assert nobody in left.place
    assert "private" not in left.place + left.reason


def test_opens_and_clicks_come_once_however_many_and_machines_are_left_out(portal, source):
    rows = [{"type": "OPEN", "recipient": email(n % 5), "timestamp": f"2026-02-{1 + n % 28:02}"
             f"T{n % 24:02}:{n % 60:02}:00Z"} for n in range(2_300)]  # fmt: skip
    rows += [{"type": "CLICK", "recipient": email(0), "url": "https://shop.example.com/a",
              "city": "Lyon", "timestamp": BOUGHT},
             {"type": "OPEN", "recipient": email(0), "filtered": True, "timestamp": BOUGHT},
             {"type": "DELIVERED", "recipient": email(0), "timestamp": BOUGHT}]  # fmt: skip
    portal.sandbox.control("hubspot/email_events", events=rows)
    shop = source(mail=True, products=False, purchases="none", carts=False, feedback=False)
    portal.mark()
    pages = list(shop.pull(None))
    events = [one for page in pages for one in page.events]
    assert len(events) == len({one.key for one in events}) == 2_302
    (click,) = (one for one in events if one.kind == "click")
    assert (click.props["page"], click.props["city"]) == ("https://shop.example.com/a", "Lyon")
    assert len(portal.calls("GET", "/email/public/v1/events")) < 60
    # Killed after any page, the rest still comes.
    for n in (1, 3):
        later = [one.key for page in shop.pull(pages[n].cursor) for one in page.events]
        assert {one.key for page in pages[: n + 1] for one in page.events} | set(later) == {
            one.key for one in events}  # fmt: skip
    assert brought(shop, pages[-1].cursor)[0] == {}


def test_visits_come_from_the_events_api_where_they_are_asked_for(portal, source):
    rows = [{"eventType": "e_visited_page", "contact": email(n % 5), "occurredAt": BOUGHT,
             "properties": {"hs_url": f"https://shop.example.com/{n}"}} for n in range(250)]  # fmt: skip
    portal.sandbox.control("hubspot/events", events=rows)
    events, _, _, cursor = brought(source(visits=True))
    assert len({one.props["page"] for one in events.values()}) == 250
    assert {one.kind for one in events.values()} == {"visit"}
    assert brought(source(visits=True), cursor)[0] == {}


def test_a_scope_that_lacks_is_named_with_the_setting_that_does_without(portal, source):
    portal.sandbox.control("hubspot/settings", tokens={"t": ["crm.objects.products.read"]})
    with pytest.raises(Stop) as stopped:
        brought(source())
    assert "crm.objects.orders.read" in str(stopped.value)
    assert 'purchases = "none"' in str(stopped.value)
    assert brought(source(purchases="none", carts=False, feedback=False))[0] == {}


def test_source_and_destination_of_one_account_keep_each_its_own_place(portal, source, tmp_path):
    objects(portal, "orders", {"contact": email(0), "properties": {
        "hs_total_price": "1", "hs_external_created_date": BOUGHT}})  # fmt: skip
    shop = source()
    with open_store(tmp_path, "00" * 32) as store:
        assert pull_source(store, shop, MOMENT + DAY).events == 1
        assert pull_destination(store, portal.destination, MOMENT + DAY).records == 5
        portal.mark()
        assert pull_source(store, shop, MOMENT + DAY).events == 0
        assert pull_destination(store, portal.destination, MOMENT + DAY).records == 0
        listed = portal.calls("GET", "/objects/contacts")
        assert [call["query"]["archived"] for call in listed] == ["true"]
        (asked,) = portal.calls("POST", "/orders/search")
        assert asked["body"]["filterGroups"][0]["filters"][0]["value"] != "0"
