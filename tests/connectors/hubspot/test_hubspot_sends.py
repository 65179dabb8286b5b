"""Sends through HubSpot: each at most once, to nobody who has left; judged by the ledger."""

import pytest

from connectors.sandbox import ledger
from personalization.errors import Retry

CART = {"event": "cart_left", "by": "event", "trigger": "cart_left", "message": "thanks",
        "channel": "email", "basis": "marketing", "cause": "order-1"}  # fmt: skip
SEND = "/events/v3/send/batch"
MAIL = {**CART, "by": "email"}
RECEIPT = {**MAIL, "trigger": "receipt", "basis": "transactional"}
EMAILS = {"cart_left": 9001, "receipt": 9002}


def sends(may, people, new=CART):
    return [may(n + 1, "send", new, one, key=f"key-{n}", moment=1_772_456_400_000_000 + n)
            for n, one in enumerate(people)]  # fmt: skip


def until_done(destination, told, permits):
    """Writes as apply does: what is to be tried again is, and what does not show is sent again.
    Returns the rows that were refused."""
    refused = []
    for _ in range(6):
        try:
            outcomes = told(destination, permits)
        except Retry:
            outcomes = {}
        refused += [row for row, one in outcomes.items() if one.result == "refused"]
        left = [one for one in permits if one.row.id not in refused]
        happened = destination.sent(left)
        permits = [one for one in left if not happened[one.row.id]]
        if not permits:
            return refused
    raise AssertionError("never done")


def test_a_thousand_sends_are_two_calls_and_each_names_a_record(ready, may, told):
    people = ready.people(1_000)
    told(ready.destination, sends(may, people[:1]))
    ready.mark()
    permits = sends(may, people)
    outcomes = told(ready.destination, permits)
    assert {one.result for one in outcomes.values()} == {"accepted"}
    calls = ready.calls("POST", SEND)
    assert [len(call["body"]["inputs"]) for call in calls] == [500, 500]
    assert not any("email" in row for call in calls for row in call["body"]["inputs"])
    assert ready.counts == (2, 10)
    # The first was sent before: HubSpot knows it by its id.
    assert len(ready.effects("event_sent")) == 999
    ready.mark()
    assert set(ready.destination.sent(permits).values()) == {True}
    assert ready.counts == (0, 10)
    estimate = ready.destination.estimate(0, {}, 1_000, 0)
    assert (estimate.writes, estimate.reads) == (2, 21)


def test_a_send_carries_its_message_trigger_and_key(ready, may, told):
    (one,) = ready.people(1)
    told(ready.destination, sends(may, [one]))
    (event,) = ready.effects("event_sent")
    assert event["name"].endswith("_cart_left")
    assert event["after"] == {"message": "thanks", "trigger": "cart_left", "ofone_key": "key-0"}
    assert event["record"] == one.outside_id


@pytest.mark.parametrize("count", [3, 40])
@pytest.mark.parametrize("kind", ["lost_after", "lost_before", "500", "429", "silent"])
def test_a_send_happens_once_whatever_happens_to_its_call(ready, may, told, count, kind):
    people = ready.people(count)
    ready.fail({"kind": kind, "method": "POST", "path": SEND, "times": 2})
    assert until_done(ready.another(patience=1), told, sends(may, people)) == []
    keys = [effect["after"]["ofone_key"] for effect in ready.effects("event_sent")]
    assert sorted(keys) == sorted(f"key-{n}" for n in range(count))


def test_another_process_knows_what_was_sent(ready, may, told):
    people = ready.people(20)
    permits = sends(may, people)
    told(ready.destination, permits[:8])
    found = ready.another().sent(permits)
    assert found == {one.row.id: n < 8 for n, one in enumerate(permits)}
    told(ready.another(), permits)
    assert len(ready.effects("event_sent")) == 20


@pytest.mark.parametrize("act", [{"action": "opt_out"}, {"action": "opt_out", "type": 1001},
                                 {"action": "archive"}, {"action": "erase"}])  # fmt: skip
def test_who_left_since_the_pull_is_refused_and_not_made_again(ready, may, told, act):
    people = ready.people(3)
    ready.person(1, **act)
    ready.mark()
    outcomes = told(ready.another(consent={"marketing": 1001}), sends(may, people))
    assert [outcomes[n].result for n in (1, 2, 3)] == ["accepted", "refused", "accepted"]
    assert len(ready.effects("event_sent")) == 2
    assert ledger.unwilling(ready.entries) == []
    assert ledger.created_or_resubscribed(ready.entries) == []


def test_an_event_that_the_shop_defined_gets_what_it_knows_no_more_and_is_never_dropped(
    ready, may, told
):
    (one,) = ready.people(1)
    drop = [may(7, "setup", {"drop_event": "cart_left"})]
    assert told(ready.destination, drop)[7].result == "accepted"
    ready.destination.api.raw("POST", "/events/v3/event-definitions", {
        "label": "Cart left", "name": "cart_left", "propertyDefinitions": [
            {"name": "message", "label": "Message", "type": "string"}]})  # fmt: skip
    permits = sends(may, [one])
    assert told(ready.destination, permits)[1].result == "accepted"
    (event,) = ready.effects("event_sent")
    assert event["after"] == {"message": "thanks"}
    assert told(ready.another(), drop)[7].result == "refused"
    assert [(one.name, one.ours) for one in ready.destination.events()] == [("cart_left", False)]
    assert ready.another().sent(permits) == {1: True}


def test_a_plans_setup_makes_the_event_once_and_no_send_makes_another(ready, may, told):
    setup = [may(1, "setup", {"event": "cart_left"}), may(2, "setup", {"event": "Back_again"})]
    for _ in range(2):
        assert {one.result for one in told(ready.another(), setup).values()} == {"accepted"}
    assert len(ready.effects("event_defined")) == 2
    told(ready.another(), sends(may, ready.people(2)))
    assert len(ready.effects("event_defined")) == 2
    assert len(ready.effects("event_sent")) == 2


def test_a_plan_without_events_is_told_and_keeps_the_rest_of_the_setup(ready, may, told):
    basic = ["crm.objects.contacts.read", "crm.schemas.contacts.read", "crm.schemas.contacts.write"]
    ready.sandbox.control("hubspot/settings", tokens={
        "pat-eu1-00000000-1111-2222-3333-444444444444": basic})  # fmt: skip
    setup = [may(1, "setup", {"event": "cart_left"}),
             may(2, "setup", {"field": "MORE", "label": "More (ofone)"})]  # fmt: skip
    outcomes = told(ready.destination, setup)
    assert (outcomes[1].result, outcomes[2].result) == ("refused", "accepted")
    assert "by: email" in outcomes[1].reason


@pytest.mark.parametrize("kind", ["silent", "lost_after", "500"])
def test_an_event_is_made_whatever_happens_to_its_call(ready, may, told, kind):
    ready.fail({"kind": kind, "method": "POST", "path": "/event-definitions"})
    setup = [may(1, "setup", {"event": "back_again"})]
    outcome = told(ready.destination, setup)[1]
    assert outcome.result == ("again" if kind == "silent" else "accepted")
    assert told(ready.destination, setup)[1].result == "accepted"
    assert len(ready.effects("event_defined")) == 2  # the other is the fixture's


def test_single_emails_cost_a_call_and_a_look_each(ready, may, told):
    people = ready.people(100)
    ready.mark()
    told(ready.another(emails=EMAILS), sends(may, people, MAIL))
    assert ready.counts == (100, 100 + 10)


def test_a_send_whose_event_is_not_there_waits_and_makes_none(ready, may, told):
    people = ready.people(1)
    permits = sends(may, people, {**CART, "event": "back_again"})
    outcome = told(ready.destination, permits)[1]
    assert (outcome.result, "ofone plan" in outcome.reason) == ("untried", True)
    assert ready.destination.sent(permits) == {1: False}
    told(ready.another(), [may(9, "setup", {"event": "back_again"})])
    assert told(ready.destination, permits)[1].result == "accepted"
    assert len(ready.effects("event_sent")) == 1


def test_sends_wait_while_the_token_may_not_see_events_and_the_remedy_is_told(ready, may, told):
    people = ready.people(1)
    ready.sandbox.control("hubspot/settings", tokens={
        "pat-eu1-00000000-1111-2222-3333-444444444444": ["crm.objects.contacts.read"]})  # fmt: skip
    outcome = told(ready.destination, sends(may, people))[1]
    assert (outcome.result, "behavioral_events" in outcome.reason) == ("untried", True)
    assert "by: email" in outcome.reason
    assert (ready.destination.events(), ready.destination.sent(sends(may, people))) == (
        [],
        {1: False},
    )


@pytest.mark.parametrize(("new", "remedy"), [
    (MAIL, "emails = {cart_left = ID}"),
    ({**CART, "by": "journey"}, "by: event"),
])  # fmt: skip
def test_what_has_no_transport_is_refused_with_its_remedy(ready, may, told, new, remedy):
    people = ready.people(2)
    ready.mark()
    outcomes = told(ready.destination, sends(may, people, new))
    assert {one.result for one in outcomes.values()} == {"refused"}
    assert remedy in outcomes[1].reason
    assert ready.effects() == []


@pytest.mark.parametrize("kind", ["lost_after", "lost_before", "500", "429"])
def test_a_single_email_goes_out_once(ready, may, told, kind):
    people = ready.people(4)
    ready.person(2, "opt_out")
    ready.fail({"kind": kind, "method": "POST", "path": "/single-send", "times": 2})
    permits = sends(may, people, MAIL)
    assert until_done(ready.another(emails=EMAILS), told, permits) == [3]
    # Another process does not know, and asks by sending again under the same id.
    assert until_done(ready.another(emails=EMAILS), told, permits) == [3]
    assert len(ready.effects("single_send")) == 3
    assert ledger.unwilling(ready.entries) == []
    assert ledger.created_or_resubscribed(ready.entries) == []


@pytest.mark.parametrize("act", ["archive", "erase", "opt_out"])
def test_no_email_goes_to_who_left_since_the_pull_and_nobody_is_made_again(ready, may, told, act):
    people = ready.people(3)
    ready.person(1, act)
    ready.mark()
    outcomes = told(ready.another(emails=EMAILS), sends(may, people, MAIL))
    assert [outcomes[n].result for n in (1, 2, 3)] == ["accepted", "refused", "accepted"]
    assert len(ready.calls("POST", "/single-send")) == 2
    assert ledger.created_or_resubscribed(ready.entries) == []


def test_a_transactional_email_goes_to_whoever_has_opted_out_too(ready, may, told):
    people = ready.people(2)
    ready.person(1, "opt_out")
    permits = sends(may, people, RECEIPT)
    assert until_done(ready.another(emails=EMAILS), told, permits) == []
    assert len(ready.effects("transactional_send")) == 2


def test_an_email_that_hubspot_refuses_is_refused_with_its_word(ready, may, told):
    people = ready.people(1)
    ready.sandbox.control(
        "hubspot/contacts",
        contacts=[
            {"email": people[0].email, "properties": {"hs_email_hard_bounce_reason_enum": "OTHER"}}
        ],
    )
    outcomes = told(ready.another(emails=EMAILS), sends(may, people, MAIL))
    assert outcomes[1].reason == "previously bounced"
