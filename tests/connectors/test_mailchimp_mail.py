"""E-mails by the transactional API: one call for many, each with the audience's own values, never
twice, and never to who has left."""

import json

import pytest

from connectors.sandbox import ledger
from connectors.sandbox.ledger import of_api

KEY = "md-0123456789abcdefghij"


def mails(may, people, trigger="cart_left", **more):
    new = {"by": "email", "trigger": trigger, "event": trigger, "basis": "marketing"}
    return [may(n + 10, "send", new, one, key=f"key-{n}", **more)
            for n, one in enumerate(people)]  # fmt: skip


@pytest.fixture
def post(shop):
    shop.settings |= {
        "transactional_key": KEY, "transactional_url": f"{shop.sandbox.url}/api/1.0",
        "emails": {"cart_left": "left-a-cart"}, "sender_email": "shop@example.com",
    }  # fmt: skip
    shop.destination = shop.another()
    shop.sandbox.control("mailchimp/mail", templates={"left-a-cart": {}}, keys=[KEY])
    return shop


def went(shop):
    return [one["member"] for one in shop.effects("mail_sent")]


def test_a_thousand_mails_take_two_calls_and_one_job_that_reads_the_values(post, may, told):
    people = post.people(1_000, merge_fields={"FNAME": "Ann"})
    post.mark()
    outcomes = told(post.destination, mails(may, people))
    assert {one.result for one in outcomes.values()} == {"accepted"}
    assert len(set(went(post))) == len(went(post)) == 1_000
    sent = [one for one in post.calls("POST") if "send-template" in one["path"]]
    assert len(sent) == 2
    assert ledger.counts(post.entries) == {"reads": 1, "writes": 3, "operations": 1_000}
    message = post.sandbox.world.account.holdings.mail.messages[0]
    assert (message["template"], message["vars"]["FNAME"]) == ("left-a-cart", "Ann")
    assert set(post.destination.sent(mails(may, people)).values()) == {True}


def test_each_gets_a_message_of_their_own_and_sees_no_other_address(post, may, told):
    people = post.people(3)
    for n, one in enumerate(people):
        post.sandbox.control("person", email=one.email, action="write",
                             merge_fields={"FNAME": f"Ann {n}"})  # fmt: skip
    told(post.destination, mails(may, people))
    (call,) = [one for one in post.calls("POST") if "send-template" in one["path"]]
    assert call["body"]["message"]["preserve_recipients"] is False
    held = post.sandbox.world.account.holdings.mail.messages
    assert [row["vars"]["FNAME"] for row in held] == ["Ann 0", "Ann 1", "Ann 2"]
    assert len({row["metadata"]["ofone_key"] for row in held}) == 3
    assert KEY not in json.dumps(post.entries)


def test_one_person_gets_two_mails_in_two_calls(post, may, told):
    (one,) = post.people(1)
    outcomes = told(post.destination, mails(may, [one, one]))
    assert {outcome.result for outcome in outcomes.values()} == {"accepted"}
    assert len(went(post)) == 2


@pytest.mark.parametrize("kind", ["lost_after", "lost_before", "500", "429"])
@pytest.mark.parametrize("late", [0, 9])
def test_a_mail_goes_out_at_most_once_whatever_happens(post, may, told, kind, late):
    people = post.people(3)
    post.sandbox.control("mailchimp/mail", late=late)
    post.fail({"kind": kind, "method": "POST", "path": "send-template"})
    permits = mails(may, people)
    outcomes = told(post.destination, permits)
    results = {one.result for one in outcomes.values()}
    found = kind == "lost_after" and late == 0
    assert results == ({"accepted"} if kind == "429" or found else {"uncertain"})
    assert len(went(post)) == len(set(went(post))) == (3 if kind in ("429", "lost_after") else 0)
    post.sandbox.control("mailchimp/mail", late=0)
    happened = set(post.another().sent(permits).values())
    assert happened == ({True} if kind in ("429", "lost_after") else {None})


def test_who_has_left_meanwhile_or_is_rejected_gets_nothing_and_others_do(post, may, told):
    people = post.people(6)
    post.sandbox.control("person", email="p1@example.com", action="unsubscribe")
    post.sandbox.control("person", email="p2@example.com", action="erase")
    rejects = {"p3@example.com": "hard-bounce", "p4@example.com": "unsub"}
    post.sandbox.control("mailchimp/mail", rejects=rejects, queued="hourly-quota-exhausted")
    outcomes = told(post.destination, mails(may, people))
    assert [outcomes[n].reason for n in range(11, 15)] == [
        "unsubscribed", "not in the destination", "rejected: hard-bounce", "rejected: unsub",
    ]  # fmt: skip
    assert {outcomes[n].result for n in range(11, 15)} == {"refused"}
    assert {outcomes[n].result for n in (10, 15)} == {"accepted"}  # queued is on its way
    assert len(went(post)) == 2
    assert ledger.unwilling(of_api(post.entries, "transactional")) == []


@pytest.mark.parametrize(("held", "reason"), [
    ({}, "Unknown_Template"), ({"left-a-cart": {"published": None}}, "Unknown_Template"),
])  # fmt: skip
def test_a_template_that_is_not_there_is_refused_by_name(post, may, told, held, reason):
    post.sandbox.world.account.holdings.mail.templates.clear()
    post.sandbox.control("mailchimp/mail", templates=held)
    (one,) = post.people(1)
    outcome = told(post.destination, mails(may, [one]))[10]
    assert outcome.result == "refused"
    assert reason in outcome.reason
    assert "left-a-cart" in outcome.reason


def test_a_refused_key_stops_with_the_remedy_and_without_the_key(post, may):
    (one,) = post.people(1)
    wrong = post.another(transactional_key="md-wrong")
    with pytest.raises(Exception, match="transactional_key") as stopped:
        list(wrong.write(mails(may, [one])))
    assert "md-wrong" not in str(stopped.value)


def test_without_key_or_template_mails_are_refused_with_what_to_add(shop, post, may, told):
    (one,) = post.people(1)
    assert "transactional_key" in told(
        post.another(transactional_key=None), mails(may, [one]))[10].reason  # fmt: skip
    assert "add it to emails" in told(post.destination, mails(may, [one], "welcome"))[10].reason
    assert went(post) == []
