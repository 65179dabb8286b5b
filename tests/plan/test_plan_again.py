"""What a plan holds, and that only what changed is ever planned and written again."""

import pytest

from personalization.errors import Stop
from personalization.models import DAY, HOUR
from tests.plan.corner import NOW, event


def test_a_plan_tells_what_would_change_and_changes_nothing(corner):
    corner.person(9, "unsubscribe")
    corner.happened(NOW, event("order", 99, NOW - DAY))
    corner.pull()
    corner.mark()
    plan = corner.plan()
    assert (plan.contacts, plan.reachable, plan.absent) == (11, 9, 1)
    assert plan.left_alone == {"unsubscribed": 1}
    assert plan.written == 9
    assert {one.name: one.contacts for one in plan.fields} == {
        "HEADLINE": 9, "PICK1": 9, "ORDERS": 9}  # fmt: skip
    headline = next(one for one in plan.fields if one.name == "HEADLINE")
    assert set(headline.examples) <= {("", "Thank you"), *(
        ("", f"3 orders, Ann {n}") for n in range(3))}  # fmt: skip
    assert (headline.fallbacks, headline.emptied) == (0, 0)
    assert {one.name: (one.contacts, one.added) for one in plan.segments} == {
        "regulars": (3, 3), "buyers": (11, 0), "unhappy": (0, 0)}  # fmt: skip
    assert plan.create == ("HEADLINE", "PICK1", "ORDERS", "Regulars", "Unhappy")
    assert plan.sends == {}
    # 9 contacts, 3 of them with a tag, and 5 things to make.
    assert plan.rows == 17
    assert corner.calls["writes"] == 0


def test_a_second_plan_right_after_apply_is_empty_and_its_apply_writes_nothing(corner):
    corner.settled()
    corner.mark()
    second = corner.plan()
    assert second.empty
    assert corner.apply(second).complete
    assert corner.calls["writes"] == 0
    assert corner.effects() == []


def test_a_plan_that_was_only_looked_at_hides_no_movement_from_the_next(corner):
    first, again = corner.plan(), corner.plan(NOW + 1)
    assert [one.before for one in first.segments] == [None, None, None]
    assert [one.before for one in again.segments] == [one.contacts for one in first.segments]
    corner.settled()
    corner.happened(NOW + HOUR, *(event("order", 5, NOW + k, k) for k in (1, 2)))
    for minutes in (0, 1):
        plan = corner.plan(NOW + HOUR + minutes)
        regulars = next(one for one in plan.segments if one.name == "regulars")
        assert (regulars.before, regulars.contacts) == (3, 4)
    assert corner.apply(plan, NOW + HOUR + 1).complete
    after = corner.plan(NOW + HOUR + 2)
    assert all(one.before == one.contacts for one in after.segments)


def test_our_own_writes_coming_back_make_no_event_no_plan_and_no_send(corner):
    corner.pull()
    known = [corner.log(n) for n in range(10)]
    corner.settled()
    assert [corner.log(n) for n in range(10)] == known
    corner.mark()
    for hours in (1, 2):
        echo = corner.pull(NOW + hours * HOUR)
        assert (echo.events, echo.touched) == (0, ())
    assert [corner.log(n) for n in range(10)] == known
    assert corner.plan(NOW + 2 * HOUR).empty
    ticked = corner.tick(NOW + 3 * HOUR)
    assert (ticked.ticked.looked_at, ticked.applied) == (0, None)
    assert corner.calls["writes"] == 0


def test_a_day_later_only_what_time_explains_is_planned(corner):
    # Person 4 bought once more, 89.5 days ago: half a day from now that is out of the window.
    corner.happened(NOW, event("order", 4, NOW - 89 * DAY - 12 * HOUR))
    corner.settled()
    corner.pull(NOW + DAY)
    later = corner.plan(NOW + DAY)
    assert later.rows == later.written == 1
    assert {one.name: one.examples for one in later.fields if one.contacts} == {
        "ORDERS": (("2", "1"),)}  # fmt: skip
    assert later.cost.writes == 1
    corner.mark()
    assert corner.apply(later, NOW + DAY).complete
    assert [one["after"] for one in corner.effects("field_written")] == [{"ORDERS": "1"}]
    assert corner.shows(4) == {"HEADLINE": "Thank you", "PICK1": "Soap 0", "ORDERS": "1"}


def test_a_plan_that_a_newer_one_replaced_is_refused_with_the_remedy(corner):
    corner.pull()
    first, second = corner.plan(), corner.plan()
    corner.mark()
    with pytest.raises(Stop, match="a newer plan was made since"):
        corner.apply(first)
    with pytest.raises(Stop, match="there is no plan"):
        corner.apply("plan-77")
    assert corner.effects() == []
    assert corner.apply(second).complete
    assert corner.shows(0)["HEADLINE"] == "3 orders, Ann 0"


def test_a_plan_needs_room_and_names_of_its_own(corner):
    corner.pull()
    api = corner.destination.api
    api.call(api.lists.add_list_merge_field, api.audience,
             {"tag": "ORDERS", "name": "Somebody's own", "type": "text"})  # fmt: skip
    with pytest.raises(Stop, match="field ORDERS is already in mailchimp/main"):
        corner.plan()
    corner.text = corner.text.replace("ORDERS:", "BOUGHT:")
    assert corner.plan().create == ("HEADLINE", "PICK1", "BOUGHT", "Regulars", "Unhappy")
    for n in range(24):
        api.call(api.lists.add_list_merge_field, api.audience,
                 {"tag": f"F{n}", "name": f"F{n}", "type": "text"})  # fmt: skip
    with pytest.raises(Stop, match="of 30 fields"):
        corner.plan()


def test_a_field_given_another_name_is_filled_before_the_old_one_goes(corner):
    corner.settled()
    corner.text = corner.text.replace("ORDERS:", "BOUGHT:")
    plan = corner.plan(NOW + HOUR)
    assert (plan.create, plan.rename, plan.remove) == (
        ("BOUGHT",), (("ORDERS", "BOUGHT"),), ("ORDERS",))  # fmt: skip
    corner.mark()
    assert corner.apply(plan, NOW + HOUR).complete
    kinds = [one["kind"] for one in corner.effects()]
    assert (kinds[0], kinds[-1], kinds.count("field_written")) == (
        "merge_field_created", "merge_field_deleted", 10)  # fmt: skip
    assert "ORDERS" not in corner.shows(0)
    assert corner.plan(NOW + HOUR).empty
