"""From a call to a changed contact: taken in, decided, written; and what our own writes, told back
to us, come to."""

import json
import threading
from urllib.parse import urlencode

import pytest

from connectors.sandbox import ledger
from connectors.sandbox.world import LIST
from functions.door import turning
from functions.door.turning import run
from personalization.errors import Stop
from tests.functions.door.conftest import SECRETS, opened


def order(n, id=7001, **more):
    """An order by person n, as Shopify tells it."""
    return {"id": id, "email": f"p{n}@example.com", "currency": "EUR", "total_price": "12.50",
            "created_at": "2026-03-02T10:00:00Z", "updated_at": "2026-03-02T10:05:00Z",
            "line_items": [{"product_id": "bread", "quantity": 1, "price": "12.50"}], **more}  # fmt: skip


@pytest.fixture
def at_work(corner, monkeypatch, door):
    """The corner with a plan applied, half an hour ago. Gives (corner, door)."""
    corner("plan")
    corner("apply")
    door.turn()
    return corner, door


@pytest.fixture
def known(corner, door):
    """The corner with everybody pulled. Gives (corner, door)."""
    corner("pull")
    return corner, door


N = 0
"""Who never ordered, and is not in the holdout: with the first order the field changes."""


def field(corner, n):
    """What the audience shows for person n."""
    audience = corner.sandbox.world.audience(LIST)
    found = [one for one in audience.members.values() if one.email_address == f"p{n}@example.com"]
    return found[0].merge_fields["HEADLINE"]


def hear_mailchimp(door, corner, after):
    """The sandbox tells what happened after that ledger entry, as Mailchimp does."""
    url = f"{door.url}/hooks/mailchimp/main/{SECRETS['MAILCHIMP_WORD']}"
    return corner.sandbox.control("deliver", url=url, secret=SECRETS["MAILCHIMP_SECRET"],
                                  after=after)["statuses"]  # fmt: skip


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


def signed_form(door, form):
    """A call as Mailchimp makes it now, as far as the shop's clock goes."""
    from connectors.sandbox.mailchimp.webhooks import signature

    body = urlencode(form).encode()
    seconds = door.shop.clock() // 1_000_000
    return door.call("POST", f"/hooks/mailchimp/main?secret={SECRETS['MAILCHIMP_WORD']}", body,
                     **{"X-Mailchimp-Signature": signature(SECRETS["MAILCHIMP_SECRET"], seconds,
                                                           body)})  # fmt: skip


def test_a_person_leaves_every_table_when_the_shop_asks_and_no_late_call_brings_them_back(
    known,
) -> None:
    corner, door = known
    store = door.shop.store
    assert door.shopify("orders/create", order(1, customer={"id": 501})).status == 200
    door.turn()
    contact = store.contact_of("shopify/main:501")
    assert contact == store.contact_of("email:p1@example.com")
    redact = {"shop_id": 1, "shop_domain": "x.example.com", "orders_to_redact": [7001],
              "customer": {"id": 501, "email": "p1@example.com"}}  # fmt: skip
    assert door.shopify("customers/redact", redact).status == 200
    assert store.contact_of("shopify/main:501") is None
    assert store.erased(contact)
    assert store.aliases_of(contact) == []
    ((_, note, _),) = store.dead_letters()
    assert contact in note
    assert "erased" in note
    assert door.shopify("customers/redact", redact).status == 200  # asked again
    assert door.shopify("orders/updated", order(1, customer={"id": 501})).status == 200
    writes = corner.writes()
    door.turn()
    assert store.contact_of("shopify/main:501") is None
    assert store.contact_of("email:p1@example.com") is None
    assert len(list(store.dead_letters())) == 1
    assert corner.writes() == writes
    assert door.decision("p1@example.com").status == 404
    # The topic is not signed: a body of another topic under this one erases nobody.
    assert door.shopify("customers/redact", order(2, customer={"id": 502})).status == 200
    assert store.contact_of("email:p2@example.com")
    assert corner("letters", "--replay").code == 0


def test_who_asks_what_is_kept_is_told_to_the_operator_by_id(known) -> None:
    corner, door = known
    asked = {"shop_id": 1, "orders_requested": [], "customer": {"id": 1, "email": "p3@example.com"}}
    assert door.shopify("customers/data_request", asked).status == 200
    contact = door.shop.store.contact_of("email:p3@example.com")
    (letter,) = corner.json("letters")["letters"]
    assert f"ofone export {contact}" in letter["reason"]
    assert "example.com" not in letter["reason"]
    corner("letters", "--replay")
    door.turn()
    assert corner.json("letters")["letters"] == []


def test_a_shop_that_is_gone_takes_along_who_is_known_from_it_alone(known) -> None:
    _, door = known
    store = door.shop.store
    for number, mail in ((601, "new@example.com"), (602, "p4@example.com")):
        door.shopify("customers/create", {"id": number, "email": mail, "created_at":
                                          "2026-03-01T00:00:00Z"})  # fmt: skip
    door.turn()
    assert door.shopify("shop/redact", {"shop_id": 1, "shop_domain": "x.example.com"}).status == 200
    door.turn()
    assert store.contact_of("shopify/main:601") is None
    assert store.contact_of("shopify/main:602") == store.contact_of("email:p4@example.com")
    ((_, note, _),) = store.dead_letters()
    assert "1 contacts were, 1 are known from elsewhere" in note
    door.turn()
    assert len(list(store.dead_letters())) == 1


def test_hubspot_s_deletion_for_privacy_erases_and_its_neighbours_in_the_call_stay(door) -> None:
    from tests.connectors.stages import hook_hubspot as stage

    now = door.shop.clock()
    url = f"{door.url}/hooks/hubspot/main"

    def hear(*rows):
        request = stage.request(body=json.dumps(rows).encode(), secret=SECRETS["HUBSPOT_SECRET"],
                                at=now, url=url)  # fmt: skip
        assert (
            door.call("POST", "/hooks/hubspot/main", request.body, **request.headers).status == 200
        )

    ids = {501: "email", 502: "email"}
    hear(*(stage.row(at=now - 9_000_000, objectId=one, propertyName=name,
                     propertyValue=f"h{one}@example.com") for one, name in ids.items()))  # fmt: skip
    door.turn()
    hear(stage.row("privacyDeletion", at=now, objectId=501),
         stage.row(at=now, objectId=502, propertyName="city", propertyValue="Lyon"))  # fmt: skip
    door.turn()
    store = door.shop.store
    assert store.contact_of("email:h501@example.com") is None
    left = store.contact_of("hubspot/main:502")
    assert left == store.contact_of("email:h502@example.com")
    assert "Lyon" in json.dumps(store.export(left))


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
