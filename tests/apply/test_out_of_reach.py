"""A send that nobody was there for was not tried: it waits until the destination is back, is then
sent once, and comes too late in the end. Judged by the ledgers."""

import base64
import socket

import pytest

import connectors
from connectors.sandbox.receiver import receiving
from personalization.apply.timing import TOO_LATE
from personalization.errors import Retry
from personalization.models import CONSENT, DAY, HOUR, MINUTE, Event
from tests.plan.corner import NOW, email, event

SECRET = "whsec_" + base64.b64encode(b"s" * 32).decode()
CART = NOW + HOUR
MORE_THAN_ENOUGH = 6


@pytest.fixture
def receiver():
    with receiving(SECRET) as running:
        yield running


@pytest.fixture
def nobody():
    """An address at which nobody listens while the test runs."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}/"


@pytest.fixture
def till(corner, receiver):
    """A corner shop that sends texts to a till; everybody has been told of, and wants texts."""
    corner.text = corner.text.replace("send: thanks}", "send: thanks, channel: sms}")
    corner.destination.close()
    corner.destination = till_at(receiver.url)
    corner.happened(NOW - HOUR, *(
        Event(key=f"sms-{n}", kind=CONSENT, alias=f"email:{email(n)}", occurred_at=NOW - HOUR,
              props={"by": "till/main", "channel": "sms", "purpose": "marketing", "state": "in"})
        for n in range(10)
    ))  # fmt: skip
    assert corner.apply(corner.plan()).complete
    return corner


def till_at(url, **more):
    return connectors.find("webhook").destination("till", {
        "url": url, "secret": SECRET, "channels": ["sms"], "patience": 0,
        "sleep": lambda _: None, **more,
    })  # fmt: skip


def moved(corner, url, **more):
    """The receiver is somewhere else now."""
    corner.destination.close()
    corner.destination = till_at(url, **more)


def ticks(corner, start, times=MORE_THAN_ENOUGH):
    """So many minutes of ticks that do not reach it."""
    for n in range(times):
        with pytest.raises(Retry):
            corner.tick(start + n * MINUTE)


def states(corner):
    """How the sends stand, and how often they were tried."""
    found = corner.store.outbox(kinds=("send",))
    return [(one.state, one.attempt, one.reason) for one in found]


@pytest.mark.parametrize("idempotent", [True, False])
def test_a_receiver_that_is_away_for_long_hears_everything_once(till, receiver, nobody, idempotent):
    till.webhook(CART, event("cart", 3, CART))
    till.tick(CART)
    moved(till, nobody, idempotent=idempotent)
    ticks(till, CART + HOUR)
    ((state, attempts, _),) = states(till)
    assert (state in ("planned", "sent"), attempts) == (True, 0)
    moved(till, receiver.url, idempotent=idempotent)
    assert till.tick(CART + 2 * HOUR).applied.sends == 1
    assert [one["message"] for one in receiver.receiver.messages] == ["thanks"]
    assert states(till) == [("confirmed", 1, None)]
    till.tick(CART + 3 * HOUR)
    assert len(receiver.receiver.messages) == 1


def test_one_that_answers_with_errors_for_long_hears_everything_once(till, receiver):
    till.webhook(CART, event("cart", 3, CART))
    till.tick(CART)
    receiver.fail(rates={"500": 1.0})
    ticks(till, CART + HOUR)
    receiver.fail()
    assert till.tick(CART + 2 * HOUR).applied.sends == 1
    assert len(receiver.receiver.messages) == 1


def test_what_waited_for_too_long_is_refused_as_too_late(till, receiver, nobody):
    till.webhook(CART, event("cart", 3, CART))
    till.tick(CART)
    moved(till, nobody)
    ticks(till, CART + HOUR)
    moved(till, receiver.url)
    till.tick(CART + 3 * DAY)
    assert [(state, reason) for state, _, reason in states(till)] == [("refused", TOO_LATE)]
    assert receiver.receiver.messages == []


def test_an_audience_whose_events_fail_for_long_gets_each_once(corner):
    corner.settled()
    corner.webhook(CART, event("cart", 3, CART), event("cart", 4, CART))
    corner.tick(CART)
    corner.sandbox.control("failures", script=[
        {"kind": "500", "method": "POST", "path": "/events", "times": 1_000}])  # fmt: skip
    for n in range(MORE_THAN_ENOUGH):
        applied = corner.tick(CART + HOUR + n * MINUTE).applied
        assert (applied.failed, applied.left, applied.sends) == ({}, 2, 0)
    corner.sandbox.control("failures", script=[])
    assert corner.tick(CART + 2 * HOUR).applied.sends == 2
    assert len(corner.sent()) == 2
