"""A playbook's trigger by each transport, from the event to the ledger."""

import pytest

from connectors import find
from connectors.sandbox import ledger
from connectors.sandbox.world import LIST
from personalization.models import DAY, HOUR, MINUTE
from tests.plan.corner import NOW, PLAYBOOK, event, opened

KINDS = {"event": "event", "journey": "journey_entered", "email": "mail_sent"}


def over(corner, **more):
    """A destination with a journey, a template and a key for e-mails."""
    url = corner.sandbox.url
    return find("mailchimp").destination("main", {
        "list": LIST, "key": "k-us6", "url": f"{url}/3.0", "sleep": lambda _: None,
        "journeys": {"cart_left": "12/34"}, "emails": {"cart_left": "left"},
        "transactional_key": "md-key", "transactional_url": f"{url}/api/1.0",
        "sender_email": "shop@example.com", **more,
    })  # fmt: skip


@pytest.fixture(params=["event", "journey", "email"])
def corner(request, tmp_path):
    with opened(tmp_path) as made:
        made.by = request.param
        made.text = PLAYBOOK.replace("unless: order, send: thanks",
                                     f"unless: order, send: thanks, by: {made.by}")  # fmt: skip
        made.sandbox.control("mailchimp/journey", id=12, step=34)
        made.sandbox.control("mailchimp/mail", templates={"left": {}})
        made.destination = over(made)
        made.settled()
        made.mark()
        yield made


def sends(corner):
    return ledger.sends(corner.sandbox.entries[corner.since :])


def test_a_cart_left_is_sent_once_by_the_transport_that_the_trigger_says(corner):
    later = NOW + DAY
    corner.webhook(later, event("cart", 5, later))
    corner.tick(later)
    assert sends(corner) == []
    for minutes in (0, 1, 2):
        corner.tick(later + HOUR + minutes * MINUTE)
    (sent,) = sends(corner)
    assert sent["kind"] == KINDS[corner.by]
    assert [row.state for row in corner.store.outbox(kinds=("send",), states=("confirmed",),
                                                     most=99) if row.key.startswith("cart")] == [
        "confirmed"]  # fmt: skip


def test_a_send_whose_answer_is_lost_ends_once_or_is_listed_as_uncertain(corner):
    later = NOW + DAY
    corner.webhook(later, event("cart", 5, later))
    corner.tick(later)
    path = {"event": "/events", "journey": "/trigger", "email": "send-template"}[corner.by]
    corner.sandbox.control("failures", script=[{"kind": "lost_after", "path": path,
                                                "method": "POST"}])  # fmt: skip
    for minutes in (0, 1, 2):
        corner.tick(later + HOUR + minutes * MINUTE)
    assert len(sends(corner)) == 1
    states = {row.state for row in corner.store.outbox(kinds=("send",), most=99)
              if row.key.startswith("cart")}  # fmt: skip
    assert states == {"uncertain" if corner.by == "journey" else "confirmed"}
