"""A webhook's receiver beside the audience, by the product's own plan and apply: it holds no
records to pull, and still everything arrives, once, and nothing is said twice. Judged by the
receiver's ledger."""

import base64

import pytest

import connectors
from connectors.sandbox.ledger import calls, effects
from connectors.sandbox.receiver import receiving, sent
from personalization.alias import email_alias
from personalization.mirror import mirror
from personalization.models import CONSENT, HOUR, LINK, Event
from tests.plan.corner import NOW, email, event, opened

SECRET = "whsec_" + base64.b64encode(b"s" * 32).decode()
SMS = "send: loved, channel: sms}"


class Killed(BaseException):
    """The program ends here, whatever it was about to keep."""


def agreed(n, state, at=NOW - HOUR):
    props = {"by": "till/main", "channel": "sms", "purpose": "marketing", "state": state}
    return Event(key=f"sms-{n}-{at}", kind=CONSENT, alias=email_alias(email(n)), occurred_at=at,
                 props=props)  # fmt: skip


def attach(corner, receiver, **more):
    """The corner shop's one destination is now the receiver; everybody wants texts."""
    corner.text = corner.text.replace("send: loved}", SMS)
    corner.destination.close()
    corner.destination = connectors.find("webhook").destination("till", {
        "url": receiver.url, "secret": SECRET, "channels": ["sms"], "email": True, "batch": 4,
        "patience": 5, "sleep": lambda _: None, **more,
    })  # fmt: skip
    corner.happened(NOW - HOUR, *(agreed(n, "in") for n in range(10)))


@pytest.fixture
def receiver():
    with receiving(SECRET) as running:
        yield running


@pytest.fixture
def till(corner, receiver):
    """The corner shop with the receiver."""
    attach(corner, receiver)
    return corner


def of(corner, n):
    """Person n's id."""
    return corner.store.contact_of(email_alias(email(n)))


def two_regulars(corner):
    """Two people buy often enough to become regulars, which sends each a text."""
    corner.happened(NOW + HOUR, *(event("order", n, NOW + k, k) for n in (4, 5) for k in (1, 2)))


def end(corner, receiver):
    """What the receiver knows of people, and whom it has written to."""
    held = receiver.receiver.contacts
    people = {n: (held[of(corner, n)]["fields"], sorted(held[of(corner, n)]["segments"]))
              for n in range(10)}  # fmt: skip
    return people, sorted(one["contact"] for one in receiver.receiver.messages)


def test_everyone_is_told_what_was_planned_and_then_nothing_more(till, receiver) -> None:
    plan = till.plan()
    assert (plan.contacts, plan.reachable, plan.written, plan.create) == (10, 10, 10, ())
    assert calls(receiver.entries) == []
    applied = till.apply(plan)
    assert (applied.complete, applied.confirmed) == (True, 13)
    assert len(calls(receiver.entries)) == plan.cost.writes == 4  # 10 people by 4, and 3 tags
    held = receiver.receiver.contacts[of(till, 0)]
    assert held["fields"] == {"HEADLINE": "Hello", "PICK1": "Soap 0", "ORDERS": "3"}
    assert held["aliases"] == [email_alias(email(0))]
    (decision,) = held["decisions"]
    assert decision["id"] == till.store.decisions_of(of(till, 0))[-1]["id"]
    assert (decision["slot"], decision["message"]) == ("hero", "loved")
    before = len(receiver.entries)
    assert till.plan(NOW + HOUR).rows == 0
    assert till.apply(till.plan(NOW + HOUR), NOW + HOUR).written == 0
    assert len(receiver.entries) == before


def test_only_who_changed_is_told_of_and_a_tick_does_it_as_well(till, receiver) -> None:
    till.apply(till.plan())
    known = len(receiver.entries)
    two_regulars(till)
    till.webhook(NOW + HOUR, event("order", 6, NOW + 3))
    ticked = till.tick(NOW + HOUR)
    assert ticked.applied.complete
    news = receiver.entries[known:]
    assert {one["contact"] for one in effects(news)} == {of(till, 6)}
    plan = till.plan(NOW + HOUR)
    assert (plan.written, plan.sends) == (2, {"welcome": 2})
    assert till.apply(plan, NOW + HOUR).sends == 2
    messages = receiver.receiver.messages
    assert {one["contact"] for one in messages} == {of(till, 4), of(till, 5)}
    assert {one["fields"]["ORDERS"] for one in messages} == {"3"}
    assert {one["message"] for one in messages} == {"loved"}


def run(corner):
    """A first plan, then news that change fields, segments and start sends, applied until done."""
    corner.apply(corner.plan())
    two_regulars(corner)
    plan = corner.plan(NOW + HOUR)
    for _ in range(6):
        applied = corner.apply(plan, NOW + HOUR)
        if applied.complete:
            return applied
    return applied


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The end of a run in which nothing goes wrong, and how many calls it took."""
    with (
        receiving(SECRET) as receiver,
        opened(tmp_path_factory.mktemp("undisturbed")) as corner,
    ):
        attach(corner, receiver)
        assert run(corner).complete
        return end(corner, receiver), len(calls(receiver.entries))


def test_whatever_goes_wrong_the_end_is_that_of_the_undisturbed_run(
    till, receiver, undisturbed
) -> None:
    rates = {"lost_after": 0.2, "lost_before": 0.1, "500": 0.1, "429_retry_after": 0.1}
    receiver.fail(seed=3, rates=rates)
    assert run(till).complete
    assert {call["failure"] for call in calls(receiver.entries)} >= {"lost_after", "500"}
    assert end(till, receiver) == undisturbed[0]
    assert len(sent(receiver.entries)) == 2


KINDS_OF_CALLS = [
    (0, True),
    (3, True),
    (4, True),
    (5, False),
    *((n, b) for n in (6, 7) for b in (False, True)),
]
"""(which call, whether it was answered): fields, tags, then the second plan's fields, tags, texts."""


def test_killed_at_a_call_of_any_kind_every_text_is_sent_once(tmp_path, undisturbed) -> None:
    assert undisturbed[1] == 8
    for number, after in KINDS_OF_CALLS:
        folder = tmp_path / f"{number}-{after}"
        folder.mkdir()
        with receiving(SECRET) as receiver, opened(folder) as corner:
            attach(corner, receiver)
            dying(corner.destination.receiver.wire, number, after)
            killed = begun_again(corner, NOW)
            two_regulars(corner)
            killed += begun_again(corner, NOW + HOUR)
            assert killed == 1
            assert end(corner, receiver) == undisturbed[0], (number, after)
            assert len(sent(receiver.entries)) == 2, (number, after)
            assert corner.plan(NOW + 2 * HOUR).rows == 0


def begun_again(corner, moment) -> int:
    """Plans and applies, and once more where that was killed; how often it was."""
    try:
        assert corner.apply(corner.plan(moment), moment).complete
    except Killed:
        assert corner.apply(corner.plan(moment), moment).complete
        return 1
    return 0


def dying(wire, number, after) -> None:
    """The program dies at the call of that number, before it is made or once it was answered."""
    send, count = wire.send, iter(range(1_000))

    def dies(*arguments, **more):
        here = next(count) == number
        if here and not after:
            raise Killed
        answer = send(*arguments, **more)
        if here:
            raise Killed
        return answer

    wire.send = dies


def test_who_wants_no_texts_gets_none_and_who_is_erased_is_not_spoken_of(till, receiver) -> None:
    till.apply(till.plan())
    two_regulars(till)
    plan = till.plan(NOW + HOUR)
    assert plan.sends == {"welcome": 2}
    till.happened(NOW + HOUR, agreed(4, "out", NOW + HOUR))
    erased = of(till, 5)
    with till.store.record(NOW + HOUR) as recorder:
        recorder.forget(erased)
    known = len(receiver.entries)
    applied = till.apply(plan, NOW + HOUR)
    assert applied.sends == 0
    assert applied.refused == {"opted out": 1, "erased": 3}
    assert receiver.receiver.messages == []
    assert erased not in str(receiver.entries[known:])
    assert till.plan(NOW + 2 * HOUR).contacts == 9
    assert till.apply(till.plan(NOW + 2 * HOUR), NOW + 2 * HOUR).complete
    assert erased not in str(receiver.entries[known:])


def test_of_two_who_are_one_the_survivor_is_told_all_and_then_it_is_quiet(till, receiver) -> None:
    till.apply(till.plan())
    two = {of(till, 7), of(till, 8)}
    link = Event(key="link", kind=LINK, alias=email_alias(email(7)), occurred_at=NOW,
                 props={"other": email_alias(email(8))})  # fmt: skip
    till.happened(NOW + HOUR, link)
    assert of(till, 7) == of(till, 8) in two
    for moment in (NOW + HOUR, NOW + 2 * HOUR, NOW + 3 * HOUR):
        till.apply(till.plan(moment), moment)
    assert till.plan(NOW + 4 * HOUR).rows == 0
    assert receiver.receiver.contacts[of(till, 7)]["fields"]["ORDERS"] == "2"


def test_undo_tells_what_was_before(till, receiver) -> None:
    from functions.actions import planning

    till.apply(till.plan())
    two_regulars(till)
    second = till.plan(NOW + HOUR)
    till.apply(second, NOW + HOUR)
    undo = planning.undo(till.shop(NOW + HOUR), second.id)
    assert till.apply(undo, NOW + HOUR).complete
    held = receiver.receiver.contacts[of(till, 4)]
    assert (held["fields"]["ORDERS"], held["segments"]) == ("1", set())


def test_only_the_webhook_is_a_mirror(corner) -> None:
    assert mirror(corner.destination) is None
