"""Writing to Mailchimp, judged by the sandbox's ledger and not by the answers."""

import json

import pytest

from connectors.sandbox import ledger
from connectors.sandbox.world import LIST
from personalization.connector import Started
from personalization.errors import Retry


def fields(may, people, text="hello"):
    return [may(n + 10, "fields", {"HERO": f"{text} {n}"}, one) for n, one in enumerate(people)]


def sends(may, people):
    return [may(n + 10, "send", {"event": "cart_left", "message": "thanks",
                                 "properties": {"cart": n}}, one, key=f"key-{n}", moment=10**15)
            for n, one in enumerate(people)]  # fmt: skip


def held(shop, email, tag="HERO"):
    return shop.sandbox.world.audience(LIST).find(email).merge_fields.get(tag)


def test_a_thousand_members_are_written_in_three_calls_and_read_back_in_one(ready, may, told):
    people = ready.people(1_000)
    cursor = list(ready.destination.pull(None))[-1].cursor
    ready.sandbox.control("clock", advance=60)
    ready.mark()
    outcomes = told(ready.destination, fields(may, people))
    assert {one.result for one in outcomes.values()} == {"accepted"}
    counts = ledger.counts(ready.entries)
    # One job, one poll; its results are a third call, to where the API put them.
    assert (counts["writes"], counts["reads"], counts["operations"]) == (1, 1, 1_000)
    assert len(ready.effects("field_written")) == 1_000
    ready.mark()
    pages = list(ready.destination.pull(cursor))
    values = {r.email: r.values["HERO"] for page in pages for r in page.records}
    assert values == {f"p{n}@example.com": f"hello {n}" for n in range(1_000)}
    # The thousand now stand in the seconds after the cursor; nothing else is asked for.
    assert ledger.counts(ready.entries)["reads"] == 1
    # What a pull that is no read-back asks for too: the fields and the archived ones.
    list(ready.destination.pull(pages[-1].cursor))
    assert ledger.counts(ready.entries)["reads"] == 4


def test_who_is_archived_while_we_write_is_told_of_and_written_no_more(ready, may, told):
    people = ready.people(4)
    cursor = list(ready.destination.pull(None))[-1].cursor
    ready.sandbox.control("clock", advance=60)
    told(ready.destination, fields(may, people[:3]))
    for n in (2, 3):
        ready.sandbox.control("person", email=f"p{n}@example.com", action="archive", by="admin")
    shown = {one.alias: one for page in ready.destination.pull(cursor) for one in page.records}
    # One of them was written to and shows nowhere else, so those in the archive are asked for.
    assert [shown[one.alias].status for one in people[2:]] == ["archived"] * 2
    assert [shown[one.alias].values["HERO"] for one in people[:2]] == ["hello 0", "hello 1"]


def test_few_members_are_written_by_a_call_each(ready, may, told):
    people = ready.people(3)
    ready.mark()
    told(ready.destination, fields(may, people))
    assert ledger.counts(ready.entries) == {"reads": 0, "writes": 3, "operations": 0}
    assert held(ready, "p2@example.com") == "hello 2"


@pytest.mark.parametrize("count", [3, 40])
def test_nothing_we_send_can_create_or_subscribe_anyone(ready, may, told, count):
    people = ready.people(count)
    gone = people[0]
    ready.sandbox.control("person", email=gone.email, action="erase")
    ready.mark()
    outcomes = told(ready.destination, fields(may, people))
    assert outcomes[10].result == "refused"
    assert outcomes[10].reason == "not in the destination"
    outcomes = told(ready.destination, sends(may, people))
    assert outcomes[10].result == "refused"
    told(ready.destination, [may(n + 10, "tags", {"Regulars": True}, one)
                             for n, one in enumerate(people)])  # fmt: skip
    assert ledger.created_or_resubscribed(ready.sandbox.entries) == []
    for call in ledger.calls(ready.entries) + ledger.calls(ready.entries, via="batch"):
        assert call["method"] in {"GET", "POST", "PATCH"}
        assert not call["path"].endswith("/members")
        assert call["path"] != f"/lists/{LIST}"
        assert "status" not in json.dumps(call["body"]).replace('\\"', '"').split('"')


def test_a_reply_lost_after_the_write_is_written_again_without_harm(ready, may, told):
    people = ready.people(20)
    ready.fail({"kind": "lost_after", "method": "POST", "path": "/batches"}, polls=(1, 1))
    ready.mark()
    outcomes = told(ready.destination, fields(may, people))
    assert {one.result for one in outcomes.values()} == {"accepted"}
    assert len(ready.effects("field_written")) == 20


@pytest.mark.parametrize("kind", ["429", "500", "403"])
@pytest.mark.parametrize("count", [2, 20])
def test_an_answer_without_a_body_is_tried_again_and_not_taken_for_done(
    ready, may, told, kind, count
):  # fmt: skip
    people = ready.people(count)
    ready.fail({"kind": kind, "times": 3}, polls=(1, 1))
    outcomes = told(ready.destination, fields(may, people))
    assert {one.result for one in outcomes.values()} == {"accepted"}
    assert held(ready, f"p{count - 1}@example.com") == f"hello {count - 1}"
    assert ready.slept[:3] == [0.5, 1.0, 2.0]


def test_an_ok_that_wrote_nothing_shows_in_the_read_back_only(ready, may, told):
    people = ready.people(2)
    ready.fail({"kind": "silent", "method": "PATCH"})
    outcomes = told(ready.destination, fields(may, people))
    assert outcomes[10].result == "accepted"
    seen = {r.email: r.values["HERO"] for page in ready.destination.pull(None)
            for r in page.records}  # fmt: skip
    assert seen == {"p0@example.com": "", "p1@example.com": "hello 1"}


def test_each_operation_of_a_job_has_its_own_outcome(ready, may, told):
    people = ready.people(30)
    permits = fields(may, people)
    permits[4] = may(14, "fields", {"HERO": "x" * 256}, people[4])
    ready.fail({"kind": "operation_error", "nth": 8}, polls=(1, 1))
    outcomes = told(ready.destination, permits)
    results = [outcomes[n + 10].result for n in range(30)]
    assert results.count("accepted") == 28
    assert (results[4], results[7]) == ("refused", "again")
    assert "HERO" in outcomes[14].reason
    assert "255 bytes" in outcomes[14].reason


def test_a_member_whose_call_always_fails_does_not_stop_the_others(ready, may, told):
    people = ready.people(3)
    path = f"/members/{people[1].outside_id}"
    ready.fail({"kind": "500", "times": 1_000, "path": path})
    outcomes = told(ready.destination, fields(may, people))
    assert [outcomes[n].result for n in (10, 11, 12)] == ["accepted", "again", "accepted"]


def test_a_job_killed_on_the_way_is_waited_for_by_its_reference(ready, may):
    people = ready.people(20)
    ready.fail(polls=(3, 3))
    started = next(iter(ready.destination.write(fields(may, people))))
    assert isinstance(started, Started)
    assert ready.effects("field_written") == []
    ready.another().settle(started.reference)
    assert len(ready.effects("field_written")) == 20
    ready.another().settle("unknown")


def test_a_job_that_takes_too_long_is_left_for_later(ready, may):
    people = ready.people(20)
    ready.fail(polls=(50, 50))
    slow = ready.another(deadline=5)
    with pytest.raises(Retry, match="still running"):
        list(slow.write(fields(may, people)))


@pytest.mark.parametrize("count", [3, 40])
@pytest.mark.parametrize("kind", ["lost_after", "lost_before", "500", "429"])
def test_a_send_happens_once_whatever_happens_to_its_call(ready, may, told, count, kind):
    people = ready.people(count)
    path = "/events" if count < 10 else "/batches"
    ready.fail({"kind": kind, "method": "POST", "path": path}, polls=(2, 2))
    permits, tries = sends(may, people), 0
    while permits and tries < 3:
        outcomes = told(ready.destination, permits)
        permits = [one for one in permits if outcomes[one.row.id].result == "again"]
        tries += 1
    keys = [effect["after"]["properties"]["ofone_key"] for effect in ready.effects("event")]
    assert sorted(keys) == sorted(f"key-{n}" for n in range(count))


def test_a_send_carries_its_event_message_and_properties(ready, may, told):
    (one,) = ready.people(1)
    told(ready.destination, sends(may, [one]))
    (event,) = ready.sandbox.world.audience(LIST).find(one.email).events
    assert event.name == "cart_left"
    assert event.properties == {"cart": "0", "message": "thanks", "ofone_key": "key-0"}
    assert event.syncing is False
    assert event.occurred_at == 10**15


@pytest.mark.parametrize("count", [3, 40])
def test_the_look_up_tells_what_was_sent(ready, may, told, count):
    people = ready.people(count)
    permits = sends(may, people)
    told(ready.destination, permits[: count // 2])
    ready.sandbox.control("person", email=people[-1].email, action="erase")
    found = ready.another().sent(permits)
    assert found == {one.row.id: n < count // 2 for n, one in enumerate(permits)}


def test_the_look_up_waits_for_a_job_that_still_runs(ready, may):
    people = ready.people(20)
    permits = sends(may, people)
    ready.fail(polls=(4, 4))
    next(iter(ready.destination.write(permits)))
    assert all(ready.another().sent(permits).values())


def test_posting_to_the_list_is_off_and_without_status_when_turned_on(ready, may, told):
    people = ready.people(600)
    ready.mark()
    outcomes = told(ready.another(bulk="post"), fields(may, people))
    assert {one.result for one in outcomes.values()} == {"accepted"}
    assert ledger.counts(ready.entries)["writes"] == 2
    assert "status" not in json.dumps([call["body"] for call in ready.calls("POST")])
    assert ledger.created_or_resubscribed(ready.sandbox.entries) == []


def test_the_estimate_is_what_the_ledger_counts_except_polls(ready, may, told):
    people = ready.people(1_200)
    ready.mark()
    told(ready.destination, fields(may, people))
    told(ready.destination, [may(n, "tags", {"Regulars": True}, one)
                             for n, one in enumerate(people)])  # fmt: skip
    estimate = ready.destination.estimate(1_200, {"Regulars": (1_200, 0)}, 0, 0)
    assert estimate.writes == ledger.counts(ready.entries)["writes"] == 4
    assert ready.destination.estimate(0, {}, 0, 0).model_dump() == {
        "writes": 0, "reads": 0, "minutes": 0.0}  # fmt: skip
