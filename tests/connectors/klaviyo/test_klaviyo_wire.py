"""Klaviyo over its wire: nobody is made or subscribed, nothing is lost and nothing sent twice, and
the calls stay within its limits. Judged by the ledger."""

import pytest

from connectors.sandbox import ledger
from personalization.errors import Stop
from tests.connectors.klaviyo.rows import fields, sends

NO_ANSWER = [{"kind": "lost_after", "path": "event-bulk-create-jobs"}]


def test_a_value_that_is_emptied_is_gone_and_what_is_not_ours_stays(ready, may):
    (one,) = ready.people(1, properties={"favourite": "tea"})
    assert ready.results([may(5, "fields", {"HERO": "hi"}, one)]) == ["accepted"]
    assert ready.sandbox.account.profiles[one.outside_id].properties == {
        "favourite": "tea", "ofone_hero": "hi"}  # fmt: skip
    assert ready.results([may(6, "fields", {"HERO": ""}, one)]) == ["accepted"]
    assert ready.sandbox.account.profiles[one.outside_id].properties == {"favourite": "tea"}
    assert ready.shown()[one.outside_id].values == {}


def test_dropping_a_field_takes_it_from_everyone(ready, may):
    people = ready.people(3)
    ready.told(fields(may, people))
    assert ready.results([may(1, "setup", {"drop_field": "HERO"})]) == ["accepted"]
    assert ready.destination.fields() == []
    assert all(not one.properties for one in ready.sandbox.account.profiles.values())


def test_one_who_was_deleted_is_refused_alone_and_then_gone(ready, may):
    people = ready.people(40)
    cursor = ready.cursor()
    ready.sandbox.erase(people[13].outside_id)
    tags = [may(n, "tags", {"Regulars": True}, one) for n, one in enumerate(people)]
    told = ready.told(tags)
    assert [n for n, one in told.items() if one.result == "refused"] == [13]
    assert len(next(iter(ready.sandbox.account.members.values()))) == 39
    assert [one.outside_id for one in ready.shown(None, cursor).values()
            if one.status == "gone"] == [people[13].outside_id]  # fmt: skip
    for group in (fields(may, people[13:14]), sends(may, people[13:14])):
        assert ready.results(group) == ["refused"]
    assert not ledger.created_or_resubscribed(ready.sandbox.entries)


def test_sends_to_those_who_left_since_the_pull_are_refused(ready, may):
    people = ready.people(3)
    ready.sandbox.change(people[0].outside_id, consent="UNSUBSCRIBED")
    ready.sandbox.change(people[1].outside_id, suppressed="SPAM_COMPLAINT")
    assert ready.results(sends(may, people)) == ["refused", "refused", "accepted"]
    assert [one["profile"] for one in ready.effects("event_sent")] == [people[2].outside_id]
    assert not ledger.unwilling(ready.sandbox.entries)


def test_a_thousand_sends_take_one_call_that_writes(ready, may):
    people = ready.people(1_000)
    ready.mark()
    group = sends(may, people)
    assert set(ready.results(group)) == {"accepted"}
    assert ready.counts == (1, 10)
    ready.mark()
    assert all(ready.destination.sent(group).values())
    assert ready.counts == (0, 2)


@pytest.mark.parametrize(
    "script", [NO_ANSWER, [{"kind": "lost_before", "path": "event-bulk-create-jobs"}],
               [{"kind": "500", "path": "event-bulk-create-jobs", "times": 3}],
               [{"kind": "429_retry_after", "path": "", "times": 2}],
               [{"kind": "502", "path": "api/events", "times": 2}, *NO_ANSWER]],
)  # fmt: skip
def test_whatever_goes_wrong_each_send_is_there_once(ready, may, script):
    people = ready.people(30)
    group = sends(may, people)
    ready.sandbox.fail(script=script)
    assert set(ready.results(group)) == {"accepted"}
    again = ready.another()
    assert set(again.sent(group).values()) == {True}
    repeated = [may(one.row.id, "send", dict(one.row.new), who, key=one.row.key,
                    moment=one.row.moment, attempt=1)
                for one, who in zip(group, people)]  # fmt: skip
    assert set(ready.results(repeated)) == {"accepted"}
    sent = [one["key"] for one in ready.sandbox.effects("event_sent")]
    assert sorted(sent) == sorted(one.row.key for one in group)


def test_an_event_that_was_accepted_and_lost_is_found_missing_and_sent_alone(ready, may):
    people = ready.people(5)
    group = sends(may, people)
    ready.sandbox.fail(script=[{"kind": "partial_silent"}])
    assert set(ready.results(group)) == {"accepted"}
    ready.sandbox.account.late = 30
    found = ready.destination.sent(group)
    assert [found[one.row.id] for one in group] == [False, True, True, True, True]


def test_events_that_show_late_are_waited_for(ready, may):
    ready.sandbox.account.late = 45
    group = sends(may, ready.people(2))
    ready.told(group)
    assert set(ready.destination.sent(group).values()) == {True}
    assert sum(ready.slept) >= 45


def test_journeys_and_emails_are_refused_with_their_remedy(ready, may):
    (one,) = ready.people(1)
    told = ready.told([may(1, "send", {"event": "e", "by": "journey"}, one)])
    assert "by: event" in told[1].reason


def test_calls_keep_to_the_limits_by_waiting_as_long_as_is_asked(ready, may):
    people = ready.people(160)
    ready.mark()
    assert set(ready.results(fields(may, people))) == {"accepted"}
    refused = [one for one in ledger.calls(ready.entries) if one["status"] == 429]
    assert 1 <= len(refused) <= 3
    assert len(ready.effects("field_written")) == 160
    assert sum(ready.slept) <= 10


def test_a_key_that_is_refused_or_may_too_little_stops_with_the_remedy(shop, may):
    shop.sandbox.account.scopes = frozenset({"accounts:read", "profiles:read", "lists:read",
                                             "tags:read"})  # fmt: skip
    (one,) = shop.people(1)
    with pytest.raises(Stop, match=r"scopes that docs/vendors/klaviyo.md lists"):
        list(shop.destination.write(fields(may, [one])))
    levels = {one.about: one.level for one in shop.destination.examine()}
    assert (levels["key"], levels["metrics"], levels["events"]) == ("good", "short", "short")
    shop.sandbox.account.keys = frozenset({"another"})
    with pytest.raises(Stop, match="private API key"):
        shop.shown()
    (finding,) = shop.destination.examine()
    assert (finding.about, finding.level) == ("key", "wrong")


def test_no_message_repeats_what_klaviyo_says_of_a_person(ready, may):
    (one,) = ready.people(1)
    told = ready.told(
        [may(1, "fields", {"HERO": "x"}, one.model_copy(update={"outside_id": "Px"}))]
    )
    assert told[1].reason == "not in the destination"
    ready.sandbox.account.keys = frozenset({"another"})
    with pytest.raises(Stop) as stopped:
        ready.shown()
    assert "pk_" not in str(stopped.value)


def test_a_fallback_with_quotation_marks_stays_one_text(shop):
    said = shop.destination.snippet("HERO", "it's")
    assert said == "{{ person|lookup:'ofone_hero'|default:\"it's\" }}"
    both = shop.destination.snippet("HERO", 'it\'s "ours"')
    assert both == '{{ person|lookup:\'ofone_hero\'|default:"it\'s \\"ours\\"" }}'


def test_the_calls_that_a_thousand_changes_take_are_those_on_the_page(ready, may):
    ready.sandbox.account.limits = "off"
    people = ready.people(1_000)
    ready.sandbox.advance(600)
    cursor = ready.cursor()
    ready.mark()
    tags = [may(n, "tags", {"Regulars": True}, one) for n, one in enumerate(people, 5_000)]
    ready.told(fields(may, people))
    ready.told(tags)
    assert ready.counts == (1_001, 1)
    ready.mark()
    shown = ready.shown(None, cursor).values()
    assert {(one.tags, one.values["HERO"][:5]) for one in shown} == {(("Regulars",), "hello")}
    assert ready.counts[0] == 0
    assert 21 <= ready.counts[1] <= 24
    costs = ready.destination.estimate(1_000, {"Regulars": (1_000, 0)}, 0, 0)
    assert (costs.writes, abs(costs.reads - ready.counts[1]) <= 3) == (1_001, True)
    ready.sandbox.advance(600)
    ready.mark()
    after = max(one.changed_at for one in shown)
    assert len(ready.shown(None, f"{after + 600_000_000:020d}")) == 0
    assert ready.counts == (0, 2)
