"""From a call to a changed contact: taken in, decided, written; and what our own writes, told back
to us, come to."""

import threading

import pytest

from connectors.sandbox import ledger
from functions.door import turning
from functions.door.turning import run
from personalization.errors import Stop
from tests.functions.door.conftest import opened
from tests.functions.door.orders import N, field, hear_mailchimp, order, signed_form


@pytest.fixture
def at_work(applied, door):
    """The corner with a plan applied, half an hour ago. Gives (corner, door)."""
    door.turn()
    return applied, door


def test_an_order_that_comes_by_webhook_changes_what_the_contact_is_shown(at_work) -> None:
    corner, door = at_work
    assert field(corner, N) == "Hello"
    writes = corner.writes()
    assert door.shopify("orders/create", order(N)).status == 200
    door.turn()
    assert field(corner, N) == "Thank you"
    assert corner.writes() > writes
    assert any(line.what == "tick" and "written" in line.outcome for line in door.lines)
    assert door.shop.store.waiting() == []


def test_our_own_writes_told_back_change_nothing_and_send_nothing(at_work) -> None:
    corner, door = at_work
    before = len(corner.sandbox.entries)
    assert door.shopify("orders/create", order(N)).status == 200
    door.turn()
    written = [one for one in ledger.effects(corner.sandbox.entries[before:])
               if one["kind"] == "field_written"]  # fmt: skip
    assert written
    # Every write so far, the first apply's too, told back twice.
    statuses = [*hear_mailchimp(door, corner, 0), *hear_mailchimp(door, corner, 0)]
    assert len(statuses) > 40
    assert set(statuses) == {200}
    heard, writes, events = len(corner.sandbox.entries), corner.writes(), corner.events()
    log = door.shop.store.watermark()
    door.turn()
    door.turn()
    assert corner.writes() == writes
    assert corner.events() == events
    assert not ledger.effects(corner.sandbox.entries[heard:])
    ana = door.shop.store.contact_of("email:p1@example.com")
    assert all(at <= log for _, at in door.shop.store.events_of(ana))
    assert [line.count for line in door.lines if line.what == "pulled"]


def test_who_subscribes_is_pulled_and_shown_something_at_once(at_work) -> None:
    corner, door = at_work
    n = 29  # has ordered, and is not in the audience
    corner.sandbox.control("members", members=[
        {"email": f"p{n}@example.com", "status": "subscribed",
         "timestamp": "2026-03-02T12:00:00+00:00"}])  # fmt: skip
    form = {"type": "subscribe", "fired_at": "2026-03-02 12:00:00",
            "data[email]": f"p{n}@example.com"}  # fmt: skip
    sent = signed_form(door, form)
    assert sent.status == 200
    door.turn()
    assert field(corner, n) in ("Thank you", "Hello")  # "Hello" for who is in the holdout
    assert corner.json("explain", f"p{n}@example.com")["contact"]


def test_what_a_destination_refuses_keeps_no_call_from_being_taken_in(at_work, monkeypatch) -> None:
    _, door = at_work

    def refuse(*_):
        raise Stop("the token is refused")

    really = turning.tick
    door.shopify("orders/create", order(1))
    monkeypatch.setattr(turning, "tick", refuse)
    stop = threading.Event()
    waits = iter((False, True))
    monkeypatch.setattr(stop, "wait", lambda _pause: next(waits))
    run(door.work, stop, 0)
    assert door.lines[-1].outcome == "later: the token is refused"
    assert door.shopify("orders/create", order(2, 7002)).status == 200
    monkeypatch.setattr(turning, "tick", really)
    door.turn()
    assert door.shop.store.waiting() == []
    log = door.shop.store.events_of(door.shop.store.contact_of("email:p2@example.com"))
    assert "shopify/main:order:7002" in {one.key for one, _ in log}


def test_a_source_that_fails_is_asked_once_a_minute_and_keeps_no_call_waiting(
    at_work, monkeypatch
) -> None:
    corner, door = at_work
    asked = []

    def gone(_self, *_):
        asked.append(1)
        raise Stop("the folder is gone")

    monkeypatch.setattr(type(door.shop), "source", gone)
    door.work.pulled.clear()
    assert door.shopify("orders/create", order(N)).status == 200
    with pytest.raises(Stop, match="the folder is gone"):
        door.turn()
    assert field(corner, N) == "Thank you"
    door.turn()
    assert asked == [1]


def test_a_mistake_of_ours_is_told_by_its_place_and_not_by_its_words(door, monkeypatch) -> None:
    def stumble(*_):
        raise ValueError("p1@example.com cannot be read")

    monkeypatch.setattr(turning, "turn", stumble)
    stop = threading.Event()
    waits = iter((False, True))
    monkeypatch.setattr(stop, "wait", lambda _pause: next(waits))
    run(door.work, stop, 0)
    assert door.lines[-1].outcome.startswith("failed: ValueError in stumble, line")
    assert "example.com" not in door.said()


def test_paused_it_goes_on_taking_calls_and_writes_nothing(at_work) -> None:
    corner, door = at_work
    corner("pause")
    writes = corner.writes()
    door.shopify("orders/create", order(N))
    door.turn()
    assert (corner.writes(), door.shop.store.waiting()) == (writes, [])
    assert door.call("GET", "/health").json["status"] == "paused"
    corner("pause", "--off")
    door.shopify("orders/create", order(N, 7003))
    door.turn()
    assert field(corner, N) == "Thank you"


def test_the_same_calls_after_a_restart_come_to_the_same(at_work) -> None:
    corner, door = at_work
    door.shopify("orders/create", order(N))
    with opened(corner) as again:
        again.turn()
        assert field(corner, N) == "Thank you"
        writes = corner.writes()
        again.shopify("orders/create", order(N))
        again.turn()
        assert corner.writes() == writes
