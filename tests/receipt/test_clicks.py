"""From a link in a rendered field to the click on it, and back to the decision that it was rendered
for: through a tag manager's message, and through a file."""

import json
import re

import pytest

import connectors
from connectors.shared.entries import arrival_of
from connectors.shared.webhook_events import Place, fact
from personalization.alias import email_alias
from personalization.arrival import props_of
from personalization.connector import Request
from personalization.links import carried
from personalization.models import HOUR, Product
from personalization.receipt.run import explain
from tests.plan.corner import NOW, PLAYBOOK, email

PAGE = "https://shop.example.com/soap?size=1#reviews"
LINK = '  LINK: {value: "{{ picks[0].link }}", fallback: none}\ntriggers:'
KEY = "writekey123"


@pytest.fixture
def linked(corner):
    """The corner shop with a link in a field, applied."""
    corner.text = PLAYBOOK.replace("triggers:", LINK).replace("PICK1]", "PICK1, LINK]")
    with corner.store.record(NOW - HOUR) as recorder:
        recorder.products(Product(id=f"s{n}", name=f"Soap {n}", url=PAGE) for n in range(4))
    corner.settled()
    return corner


def receipt(corner, n, at=NOW + HOUR):
    shop = corner.shop(NOW)
    contact = corner.store.contact_of(email_alias(email(n)))
    return explain(shop.store, shop.engines, shop.playbook, contact, at)


def link_of(told):
    return next(one.value for one in told.fields if one.name == "LINK")


def visited(url, user, messages=()):
    """The events of a tag manager's batch: who the user is, and a visit of that address."""
    body = {"batch": [
        {"type": "identify", "userId": user[0], "messageId": "i", "traits": {"email": user}},
        {"type": "page", "userId": user[0], "messageId": f"visit {url}",
         "timestamp": "2026-03-02T12:10:00Z", "properties": {"path": "/soap", "url": url}},
        *messages,
    ]}  # fmt: skip
    hook = connectors.find("segment").webhook("main", {"write_key": KEY})
    call = Request(method="POST", url="https://hooks.example.com/v1/batch", headers={},
                   body=json.dumps(body).encode(), received_at=NOW + HOUR)  # fmt: skip
    return hook.parse(call).events


def test_a_click_on_a_rendered_link_is_told_under_its_decision(linked) -> None:
    before = receipt(linked, 0)
    (decision,) = before.decisions
    url = link_of(before)
    assert carried(url) == decision.id
    assert url == PAGE.replace("?size=1", f"?size=1&ofone={url.partition('ofone=')[2][:22]}")
    linked.happened(NOW + HOUR, *visited(url, email(0)))
    after = receipt(linked, 0)
    (again,) = after.decisions
    assert (again.id, again.replayed, link_of(after)) == (decision.id, "equal", url)
    assert [(one.kind, one.at) for one in again.clicked] == [("visit", NOW + 10 * 60 * 1_000_000)]
    assert again.clicks == 1
    (visit,) = (one for one in visited(url, email(0)) if one.kind == "visit")
    assert visit.props == {"page": "/soap", "decision": decision.id}


def test_a_link_that_was_passed_on_is_no_click_of_whoever_passed_it_on(linked) -> None:
    url = link_of(receipt(linked, 0))
    linked.happened(NOW + HOUR, *visited(url, email(3)))
    assert [receipt(linked, n).decisions[0].clicks for n in (0, 3)] == [0, 0]


def test_a_row_of_a_file_and_an_event_of_any_name_find_it_too(linked) -> None:
    told = receipt(linked, 0)
    url, id = link_of(told), told.decisions[0].id
    make = arrival_of("main", ["key", "kind", "email", "occurred_at", "page"])
    made = make(["k", "click", email(0), NOW, url], "")
    assert props_of(made) == {"page": PAGE, "decision": id}
    plain = make(["k", "visit", email(0), NOW, PAGE], "")
    assert props_of(plain) == {"page": PAGE}
    (clicked,) = (
        one for one in visited(PAGE, email(0), [
            {"type": "track", "event": "Email Link Clicked", "userId": "p", "messageId": "c",
             "properties": {"decision": re.search(r"ofone=([^&#]*)", url)[1]}},
        ]) if one.kind == "click")  # fmt: skip
    assert clicked.props["decision"] == id


def test_nobody_in_the_holdout_has_a_link_to_be_found_by(linked) -> None:
    linked.text = linked.text.replace("holdout: 0%", "holdout: 100%")
    linked.happened(NOW, *visited(PAGE, "new@example.com"))
    shop = linked.shop(NOW + HOUR)
    linked.plan(NOW + HOUR)
    contact = linked.store.contact_of(email_alias("new@example.com"))
    told = explain(shop.store, shop.engines, shop.playbook, contact, NOW + 2 * HOUR)
    assert (told.arm, told.decisions, link_of(told)) == ("holdout", (), "none")


def test_whoever_reports_a_click_by_its_address_reports_the_decision(linked) -> None:
    """As Mailchimp's and HubSpot's activity does: every source makes its events by `fact`."""
    told = receipt(linked, 0)
    made = fact(Place("mailchimp", "main"), "click", ("1",), "a", NOW, {"page": link_of(told)})
    assert made.props == {"page": PAGE, "decision": told.decisions[0].id}
    plain = {"page": PAGE, "decision": "yes"}
    assert fact(Place("mailchimp", "main"), "click", ("1",), "a", NOW, plain).props == plain
