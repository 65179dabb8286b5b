"""What is written to HubSpot: by record id only, in few calls, each row with its own outcome."""

import json

import pytest

from connectors.sandbox import ledger
from personalization.connector import Started
from personalization.errors import Retry
from tests.connectors.hubspot.rows import fields, gone, results

UPDATE = "/contacts/batch/update"


def test_fields_go_out_a_hundred_a_call_by_record_id(ready, may, told):
    people = ready.people(250)
    ready.mark()
    assert set(results(told(ready.destination, fields(may, people)))) == {"accepted"}
    calls = ready.calls("POST")
    assert [(call["path"], len(call["body"]["inputs"])) for call in calls] == [
        (f"/crm/v3/objects{UPDATE}", 100), (f"/crm/v3/objects{UPDATE}", 100),
        (f"/crm/v3/objects{UPDATE}", 50)]  # fmt: skip
    assert "@" not in json.dumps([call["body"] for call in calls])
    assert ready.values(people[7].outside_id)["ofone_hero"] == "for 7"
    assert ledger.created_or_resubscribed(ready.entries) == []


def test_empty_clears_and_only_our_own_properties_can_be_written(ready, may, told):
    (one,) = ready.people(1, properties={"firstname": "Ann"})
    told(ready.destination, [may(1, "fields", {"HERO": "x", "PICK1": "y"}, one)])
    outcomes = told(ready.destination, [may(1, "fields", {"HERO": "", "PICK1": None}, one),
                                        may(2, "fields", {"FIRSTNAME": "Eve"}, one)])  # fmt: skip
    assert results(outcomes) == ["accepted", "refused"]
    assert "ofone_firstname" in outcomes[2].reason
    held = ready.values(one.outside_id)
    assert (held["firstname"], "ofone_hero" in held, "ofone_pick1" in held) == ("Ann", False, False)


def test_who_is_not_there_is_refused_alone_and_shown_as_gone(ready, may, told):
    people = ready.people(5)
    cursor = [page.cursor for page in ready.destination.pull(None)][-1]
    ready.person(1, "archive")
    ready.person(3, "erase")
    ready.mark()
    outcomes = told(ready.destination, fields(may, people))
    assert results(outcomes) == ["accepted", "refused", "accepted", "refused", "accepted"]
    assert outcomes[4].reason == "not in the destination"
    records = {one.outside_id: one for page in ready.destination.pull(cursor)
               for one in page.records}  # fmt: skip
    assert [records[one.outside_id].status for one in people] == [
        "subscribed", "gone", "subscribed", "gone", "subscribed"]  # fmt: skip


def test_ids_of_which_the_answer_says_nothing_are_asked_for(ready, may, told):
    people = ready.people(3)
    ready.sandbox.control("hubspot/settings", name_unknown_ids=False)
    outcomes = told(ready.destination, fields(may, [*people, gone(people[0])]))
    assert results(outcomes) == ["accepted", "accepted", "accepted", "refused"]


def test_of_a_partial_failure_only_the_failed_row_is_tried_again(ready, may, told):
    people = ready.people(100)
    ready.fail({"kind": "partial", "path": UPDATE})
    outcomes = told(ready.destination, fields(may, people))
    again = [row for row, one in outcomes.items() if one.result == "again"]
    assert len(again) == 1
    assert sorted(set(results(outcomes))) == ["accepted", "again"]
    shown = ["ofone_hero" in ready.values(one.outside_id) for one in people]
    assert shown.index(False) == again[0] - 1
    assert shown.count(False) == 1


def test_a_wrong_value_refuses_its_row_and_no_other_and_is_not_repeated(ready, may, told):
    people = ready.people(8)
    rows = fields(may, people)
    rows[3] = may(4, "fields", {"HERO": "Ann Smith " * 7_000}, people[3])
    outcomes = told(ready.destination, rows)
    assert [row for row, one in outcomes.items() if one.result == "refused"] == [4]
    assert "Ann" not in outcomes[4].reason


def test_a_record_twice_is_written_in_two_calls_and_the_later_row_stands(ready, may, told):
    (one,) = ready.people(1)
    rows = [may(1, "fields", {"HERO": "a"}, one), may(2, "fields", {"HERO": "b"}, one)]
    ready.mark()
    assert results(told(ready.destination, rows)) == ["accepted", "accepted"]
    assert len(ready.calls("POST")) == 2
    assert ready.values(one.outside_id)["ofone_hero"] == "b"


def test_a_call_refused_as_a_whole_is_halved_until_only_what_is_wrong_is_refused(
    ready, may, told, monkeypatch
):
    people = ready.people(20)
    # A portal that does not know trace ids refuses the whole call.
    real = ready.destination.api.batch.update

    def without(body, **more):
        inputs = [{k: v for k, v in row.items() if k != "objectWriteTraceId"}
                  for row in body["inputs"]]  # fmt: skip
        return real({"inputs": inputs}, **more)

    ready.destination.api.batch.update = without
    rows = fields(may, people)
    rows[11] = may(12, "fields", {"HERO": "x" * 70_000}, people[11])
    ready.mark()
    outcomes = told(ready.destination, rows)
    assert [row for row, one in outcomes.items() if one.result == "refused"] == [12]
    assert len(ready.calls("POST")) <= 11
    # A property that is not there is named: its rows go, and the others need one more call.
    ready.mark()
    rows = [may(n + 1, "fields", {"NOWHERE": "x"} if n % 2 else {"HERO": "y"}, one)
            for n, one in enumerate(people)]  # fmt: skip
    assert results(told(ready.destination, rows)) == ["accepted", "refused"] * 10
    assert len(ready.calls("POST")) == 2


def test_tags_take_one_call_for_a_thousand_added_and_a_thousand_removed(ready, may, told):
    people = ready.people(2_000)
    told(ready.destination, [may(n, "tags", {"Regulars": True}, one)
                             for n, one in enumerate(people[1_000:])])  # fmt: skip
    rows = [may(n, "tags", {"Regulars": n < 1_000}, one) for n, one in enumerate(people)]
    rows.append(may(5_000, "tags", {"Regulars": True}, gone(people[0])))
    ready.mark()
    outcomes = told(ready.destination, rows)
    assert [row for row, one in outcomes.items() if one.result != "accepted"] == [5_000]
    assert (len(ready.calls("PUT")), ready.counts) == (2, (2, 1))
    assert len(ready.effects("list_added")) == len(ready.effects("list_removed")) == 1_000


@pytest.mark.parametrize("kind", ["429", "429_retry_after", "500", "502", "lost_before"])
def test_a_call_that_may_be_repeated_is_and_waits_as_asked(ready, may, told, kind):
    people = ready.people(3)
    ready.slept.clear()
    ready.fail({"kind": kind, "path": UPDATE, "times": 3})
    assert set(results(told(ready.destination, fields(may, people)))) == {"accepted"}
    assert ready.slept == ([10.0] * 3 if kind == "429_retry_after" else [0.5, 1.0, 2.0])


def test_a_time_out_is_a_failed_call_and_the_write_is_done_once(ready, may, told):
    people = ready.people(3)
    ready.fail({"kind": "slow", "path": UPDATE}, delay=0.6)
    ready.mark()
    hurried = ready.another(timeout=0.2)
    assert set(results(told(hurried, fields(may, people)))) == {"accepted"}
    assert len(ready.effects("property_written")) == 3


def test_rate_limits_are_waited_for_and_the_days_end_is_not(portal, may, told):
    people = portal.people(300)
    told(portal.destination, [may(1, "setup", {"field": "HERO", "label": "Hero"})])
    portal.sandbox.control("hubspot/settings", limits={"window": 4, "search": 2})
    portal.sandbox.control("clock", advance=20)
    for _ in range(4):
        assert set(results(told(portal.destination, fields(may, people)))) == {"accepted"}
    assert sum(portal.slept) >= 20
    portal.sandbox.control("hubspot/settings", limits={"daily": 1})
    portal.slept.clear()
    with pytest.raises(Retry, match="of this day") as stopped:
        list(portal.destination.write(fields(may, people)))
    assert (stopped.value.after, portal.slept) == (3600.0, [])


def test_nothing_runs_on_after_a_call_so_nothing_is_settled(ready, may):
    people = ready.people(3)
    said = list(ready.destination.write(fields(may, people)))
    assert not any(isinstance(one, Started) for one in said)
    ready.mark()
    ready.destination.settle("")
    assert ready.calls() == []
