"""Purchases, exposures and answers that Mailchimp holds: right, once, and in few calls."""

import pytest

from connectors import find
from connectors.sandbox import ledger
from connectors.sandbox.world import LIST
from personalization.errors import Retry
from personalization.models import HOUR
from personalization.pull import pull_source
from tests.plan.corner import NOW, email, opened

AT = "2026-02-20T08:00:00+00:00"


def source_of(sandbox, account="main", **more):
    return find("mailchimp").source(account, {
        "list": LIST, "key": "k-us6", "url": f"{sandbox.url}/3.0", "sleep": lambda _: None, **more,
    })  # fmt: skip


def told(shop, cursor=None, **more):
    """Everything that a pull brings by key, and the cursor after it."""
    pages = list(source_of(shop.sandbox, **more).pull(cursor))
    events = {one.key.removeprefix("mailchimp/main:"): one for page in pages for one in page.events}
    return events, pages[-1].cursor if pages else cursor, pages


def order(number, person=1, **more):
    lines = [{"product_id": "t1", "quantity": 2, "price": 4.35}]
    return {"id": f"o{number}", "customer": {"id": f"u{person}"}, "order_total": 8.7,
            "processed_at_foreign": AT, "financial_status": "paid", "lines": lines, **more}  # fmt: skip


def test_orders_say_what_was_paid_in_minor_units_and_whose_they_are(shop):
    person = {"id": "u1", "email_address": "p1@example.com", "updated_at": AT}
    whole = [{"product_id": "t1", "quantity": 2, "price": 10.1, "discount": 0.1}]
    shop.sandbox.control("mailchimp/store", customers=[person], orders=[
        order(1), order(2, lines=whole, order_total=12.1, tax_total=2.0, currency_code="USD"),
        order(3, financial_status="pending", order_total=None)])  # fmt: skip
    events, _, _ = told(shop)
    first, second = events["order:shop:o1"], events["order:shop:o2"]
    assert (first.kind, first.alias) == ("order", "mailchimp/main:customer:shop:u1")
    assert (first.props["amount"], first.props["currency"]) == (870, "EUR")
    assert first.props["lines"] == [{"product": "t1", "quantity": 2, "amount": 870}]
    # Here the total comes out only if the price is for both.
    assert second.props["lines"] == [{"product": "t1", "quantity": 2, "amount": 1_000}]
    assert second.props["currency"] == "USD"
    assert "amount" not in events["order:shop:o3"].props
    (link,) = [one for one in events.values() if one.kind == "link"]
    assert (link.alias, link.props) == (first.alias, {"other": "email:p1@example.com"})


def test_a_cancelled_order_is_none_and_a_refund_takes_its_total_back(shop):
    shop.sandbox.control("mailchimp/store", orders=[order(1), order(2), order(3)])
    before, cursor, _ = told(shop)
    later = {"updated_at_foreign": "2026-02-21T08:00:00+00:00"}
    shop.sandbox.control("mailchimp/store", orders=[
        order(1, financial_status="cancelled", **later),
        order(2, cancelled_at_foreign=later["updated_at_foreign"]),
        order(3, financial_status="refunded", **later)])  # fmt: skip
    after, _, _ = told(shop, cursor)
    assert [after[f"order:shop:o{n}"].kind for n in (1, 2, 3)] == [
        "cancelled",
        "cancelled",
        "order",
    ]
    assert all(after[key].occurred_at > one.occurred_at for key, one in before.items())
    refund = after["refund:shop:o3"]
    assert (refund.kind, refund.props["amount"], refund.props["order"]) == ("refund", 870, "o3")


def test_a_second_pull_passes_on_only_pages_that_changed_and_asks_for_little(shop):
    shop.people(30)
    shop.sandbox.control("mailchimp/store", orders=[order(n) for n in range(2_500)],
                         products=[{"id": "t1", "title": "Tea", "variants": []}])  # fmt: skip
    shop.sandbox.control("mailchimp/campaign", id="c1")
    events, cursor, pages = told(shop)
    assert len(events) == 2_500 + 30
    assert [product.name for page in pages for product in page.products] == ["Tea"]
    shop.mark()
    again, cursor, _ = told(shop, cursor)
    assert again == {}
    # Stores, products, customers, carts, three pages of orders; campaigns, activity; surveys.
    assert ledger.counts(shop.entries)["reads"] == 10
    shop.sandbox.control("mailchimp/store", orders=[order(1_700, order_total=9)])
    assert len(told(shop, cursor)[0]) == 1_000


def test_exposures_come_once_and_what_people_did_as_it_comes(shop):
    emails = [one.email for one in shop.people(1_300)]
    shop.sandbox.control("mailchimp/campaign", id="c1", emails=emails, bounced=emails[:1])
    events, cursor, _ = told(shop, parts=("campaigns",))
    assert {one.kind for one in events.values()} == {"sent"}
    assert len(events) == 1_299
    sent = next(one for one in events.values() if one.alias == "email:p1@example.com")
    assert sent.props == {"campaign": "c1", "channel": "email"}
    shop.sandbox.control("clock", advance=HOUR // 1_000_000)
    for action in ("open", "open", "click"):
        shop.sandbox.control("mailchimp/activity", campaign="c1", email=emails[1], action=action,
                             **({"url": "https://shop.example.com/t"} if action == "click" else {}))  # fmt: skip
        shop.sandbox.control("clock", advance=60)
    shop.mark()
    events, cursor, _ = told(shop, cursor, parts=("campaigns",))
    assert sorted(one.kind for one in events.values()) == ["click", "open", "open"]
    (click,) = [one for one in events.values() if one.kind == "click"]
    assert (click.props["page"], click.props["campaign"]) == ("https://shop.example.com/t", "c1")
    # Nobody's exposure is read again; pages of activity stay below what times out.
    assert shop.calls(path="sent-to") == []
    assert {call["query"]["count"] for call in shop.calls(path="email-activity")} == {"500"}
    shop.mark()
    shop.sandbox.control("clock", advance=60)
    shop.sandbox.control("mailchimp/activity", campaign="c1", email=emails[2], action="open")
    new, _, _ = told(shop, cursor, parts=("campaigns",))
    assert "email:p2@example.com" in {one.alias for one in new.values()}
    assert len(shop.calls(path="email-activity")) == 1


@pytest.mark.parametrize("count", [3, 120])
def test_answers_are_feedback_and_what_people_say_of_themselves(shop, count):
    people = shop.people(count)
    results = [
        {"question_id": "1", "question_type": "range", "query": "How was it?", "answer": "4"},
        {"question_id": "2", "question_type": "pickOne", "query": "Tea?", "answer": "Green"},
        {"question_id": "3", "question_type": "text", "query": "More?", "answer": "Quick"},
    ]
    responses = [{"id": f"r{n}", "at": AT, "email": one.email, "results": results}
                 for n, one in enumerate(people)]  # fmt: skip
    unknown = {"id": "r-unknown", "at": AT, "results": results}
    shop.sandbox.control("mailchimp/survey", id="s1", title="Tea", responses=[*responses, unknown])
    events, cursor, _ = told(shop, parts=("surveys",))
    feedback = [one for one in events.values() if one.kind == "feedback"]
    assert {one.alias for one in feedback} == {one.alias for one in people}
    assert feedback[0].props == {"form": "survey", "survey": "Tea", "rating": 4, "text": "Quick"}
    stated = [one.props["set"] for one in events.values() if one.kind == "attributes"]
    assert stated == [{"Tea?": "Green"}] * count
    shop.mark()
    assert told(shop, cursor, parts=("surveys",))[0] == {}
    assert len(shop.entries) == 1  # the list of surveys says that none has a new response


def test_a_listing_that_repeats_its_page_is_an_error_and_no_loss(shop):
    from connectors.shared.mailchimp_walks import changed_pages

    with pytest.raises(Retry, match="the same page"):
        list(changed_pages(lambda _: ([{"id": 1}], 5), []))


def test_what_a_store_tells_decides_and_a_page_killed_is_read_again(tmp_path):
    with opened(tmp_path) as corner:
        corner.pull()
        people = [{"id": "u5", "email_address": email(5), "updated_at": AT}]
        corner.sandbox.control("mailchimp/store", customers=people,
                               orders=[order(n, 5) for n in range(3)])  # fmt: skip
        source = source_of(corner.sandbox)
        assert pull_source(corner.store, source, NOW).events == 3 + 1
        assert pull_source(corner.store, source, NOW).events == 0
        corner.settled()
        assert corner.tagged("Regulars") == 4
