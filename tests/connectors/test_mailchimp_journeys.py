"""Starts of a journey happen at most once, whatever happens to their call; what nobody knows of is
listed as uncertain."""

import pytest

from connectors.sandbox import ledger
from personalization.errors import Retry, Stop

JOURNEYS = {"cart_left": "12/34"}


def starts(may, people, **more):
    return [may(n + 10, "send", {"by": "journey", "trigger": "cart_left", "event": "cart_left"}, one,
                key=f"key-{n}", **more) for n, one in enumerate(people)]  # fmt: skip


@pytest.fixture
def ready(shop):
    shop.settings["journeys"] = JOURNEYS
    shop.destination = shop.another()
    shop.sandbox.control("mailchimp/journey", id=12, step=34)
    return shop


def entered(shop):
    return sorted(one["member"] for one in shop.effects("journey_entered"))


@pytest.mark.parametrize(("count", "calls"), [(3, 3), (1_000, 1)])
def test_a_thousand_contacts_start_a_step_in_one_call_and_a_poll(ready, may, told, count, calls):
    people = ready.people(count)
    ready.mark()
    outcomes = told(ready.destination, starts(may, people))
    assert {one.result for one in outcomes.values()} == {"accepted"}
    made = ledger.counts(ready.entries)
    assert (made["writes"], made["reads"]) == (calls, 1 if count > 10 else 0)
    assert len(entered(ready)) == count
    # What was accepted is known without a call, and so is confirmed and not uncertain.
    ready.mark()
    assert set(ready.destination.sent(starts(may, people)).values()) == {True}
    assert ready.entries == []


@pytest.mark.parametrize("count", [3, 40])
@pytest.mark.parametrize("kind", ["lost_after", "lost_before", "500", "429"])
def test_a_start_happens_at_most_once_whatever_happens(ready, may, told, count, kind):
    people = ready.people(count)
    path = "/trigger" if count < 10 else "/batches"
    ready.fail({"kind": kind, "method": "POST", "path": path}, polls=(2, 2))
    permits = starts(may, people)
    outcomes = told(ready.destination, permits)
    ready.another().settle("")
    results = [outcomes[n + 10].result for n in range(count)]
    unsure = 0 if kind == "429" else (1 if count < 10 else count)
    assert results == ["uncertain"] * unsure + ["accepted"] * (count - unsure)
    assert len(entered(ready)) == len(set(entered(ready)))
    happened = count if kind in ("429", "lost_after") else count - unsure
    assert len(entered(ready)) == happened
    # Asked again, nobody knows more: it stays uncertain, and nothing is sent.
    assert all(ready.another().sent([one])[one.row.id] is None for one in permits)


def test_each_refusal_has_its_reason_and_ends_nobody_else(ready, may, told):
    people = ready.people(4)
    ready.sandbox.control("person", email="p1@example.com", action="unsubscribe")
    told(ready.destination, starts(may, people[3:]))
    outcomes = told(ready.another(), starts(may, people))
    assert [outcomes[n].result for n in (10, 11, 12, 13)] == [
        "accepted", "refused", "accepted", "refused"]  # fmt: skip
    assert "subscribed" in outcomes[11].reason
    assert "already" in outcomes[13].reason
    ready.sandbox.control("mailchimp/journey", id=12, step=34, state="paused")
    assert told(ready.another(), starts(may, people[:1]))[10].result == "refused"


def test_a_trigger_without_a_step_is_refused_with_the_remedy(shop, may, told):
    (one,) = shop.people(1)
    shop.mark()
    outcome = told(shop.destination, starts(may, [one]))[10]
    assert (outcome.result, "add it to journeys" in outcome.reason) == ("refused", True)
    assert shop.entries == []


def test_the_results_of_a_job_tell_what_a_killed_apply_did_not_hear(ready, may, told):
    people = ready.people(20)
    told(ready.destination, starts(may, people[:1]))  # has entered before, so its start is refused
    ready.fail(polls=(4, 4))
    started = next(iter(ready.destination.write(starts(may, people))))
    again = starts(may, people, call=started.reference)
    later = ready.another()
    later.settle(started.reference)
    happened = later.sent(again)
    assert [happened[one.row.id] for one in again] == [False] + [True] * 19
    assert len(entered(ready)) == 20


def test_a_job_without_end_leaves_its_starts_to_be_asked_for_later(ready, may):
    people = ready.people(20)
    ready.fail(polls=(50, 50))
    with pytest.raises(Retry, match="still running"):
        list(ready.another(deadline=5).write(starts(may, people)))


def test_what_ends_one_transport_leaves_no_other_row_in_doubt(ready, may):
    people = ready.people(3)
    ready.sandbox.control("mailchimp/mail", templates={"left": {}}, keys=["another"])
    wrong = ready.another(transactional_key="md-wrong", emails={"cart_left": "left"},
                          transactional_url=f"{ready.sandbox.url}/api/1.0",
                          sender_email="shop@example.com")  # fmt: skip
    mixed = starts(may, people)
    mixed[0] = may(10, "send", {"by": "email", "trigger": "cart_left"}, people[0], key="key-m")
    told = {}
    with pytest.raises(Stop, match="transactional_key"):
        told.update((one.row, one.result) for one in wrong.write(mixed))
    assert told == {10: "untried", 11: "accepted", 12: "accepted"}
    assert len(entered(ready)) == 2
