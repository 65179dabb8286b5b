"""A receipt tells why a contact got what they got, as of any moment, and whether it comes out the
same again."""

import pytest

from personalization.errors import Stop
from personalization.models import DAY, HOUR
from personalization.receipt.run import explain
from tests.plan.corner import NOW, email, event


def receipt(corner, n, at, text=None):
    """The receipt of person n."""
    if text:
        corner.text = text
    shop = corner.shop(NOW)
    contact = corner.store.contact_of(f"email:{email(n)}")
    return explain(shop.store, shop.engines, shop.playbook, contact, at, shop.destination())


def by_name(lines):
    return {one.name: one for one in lines}


def test_a_receipt_goes_from_what_is_shown_down_to_the_events(corner):
    corner.settled()
    told = receipt(corner, 0, NOW + HOUR)
    (decision,) = told.decisions
    assert (decision.message, decision.replayed) == ("loved", "equal")
    assert decision.alternatives == {"loved": 1, "thanks": 0, "sorry": 0, "none": 0}
    assert decision.picks[0].product == "s0"
    field = by_name(told.fields)["HEADLINE"]
    assert (field.value, field.there, field.fallback) == ("3 orders, Ann 0", "3 orders, Ann 0",
                                                         False)  # fmt: skip
    assert field.inputs == {"orders_90d": 3, "name": "Ann 0"}
    regulars = by_name(told.segments)["regulars"]
    assert (regulars.holds, regulars.source, regulars.values, regulars.since) == (
        True, "orders_90d >= 3", {"orders_90d": 3}, NOW)  # fmt: skip
    orders = by_name(told.traits)["orders_90d"]
    assert (orders.value, orders.count) == (3, 3)
    keys = {one for one in corner.log(0) if one.startswith("order")}
    assert set(orders.events) == set(decision.picks[0].orders) == keys
    assert told.consent == {"mailchimp/main email marketing": "in"}


def test_the_past_is_told_as_it_was_known_then_whatever_came_later(corner):
    corner.settled()
    then = corner.store.watermark()
    before = receipt(corner, 4, then)
    corner.happened(NOW + DAY, *(event("order", 4, NOW - k, k) for k in (1, 2, 3)),
                    event("feedback", 4, NOW - 1, rating=1))  # fmt: skip
    corner.apply(corner.plan(NOW + DAY), NOW + DAY)
    now = receipt(corner, 4, NOW + 2 * DAY)
    assert by_name(now.traits)["orders_90d"].value == 4
    assert by_name(now.segments)["unhappy"].holds
    again = receipt(corner, 4, then)
    assert (again.traits, again.segments, again.stage) == (
        before.traits, before.segments, before.stage)  # fmt: skip
    assert by_name(again.traits)["orders_90d"].value == 1
    assert [one.id for one in again.decisions] == [one.id for one in before.decisions]
    assert again.decisions[0].replayed == "equal"


UNKNOWN = {
    "last_stars": ("{last: feedback.rating}", "<= 2"),
    "least": ("{min: order.amount, where: amount > 1000000}", "<= 1000"),
    "mean": ("{average: feedback.rating}", "< 2.5"),
    "average_order": ("{average: order.amount, where: amount > 1000000}", "< 50"),
    "idle": ("{since_last: visit}", "<= 30"),
    "points": ("{attribute: points, type: integer}", "= 0"),
    "share": ("{attribute: share, type: number}", "< 0.5"),
    "debt": ("{attribute: debt, type: money}", "= 0"),
    "member": ("{attribute: member, type: boolean}", "= false"),
    "city": ("{attribute: city}", "= 'Lyon'"),
    "birthday": ("{attribute: birthday, type: date}", "= '1990-01-01'"),
    "joined": ("{attribute: joined, type: timestamp}", "is not null"),
}
"""Traits of every type that a contact may have no value of, and what a rule asks of them."""


def test_what_is_not_known_is_told_as_such_whatever_its_type_and_never_as_nought(corner):
    traits = "".join(f"  {name}: {rule}\n" for name, (rule, _) in UNKNOWN.items())
    rules = "".join(f"  of_{name}: {name} {asked}\n" for name, (_, asked) in UNKNOWN.items())
    text = corner.text.replace("segments:\n", f"{traits}segments:\n{rules}")
    text = text.replace('value: "{{ orders_90d }}"', 'value: "{{ last_stars }} {{ mean }}"')
    corner.settled()
    told = receipt(corner, 4, NOW + HOUR, text)
    values = {name: one.value for name, one in by_name(told.traits).items()}
    assert {name: values[name] for name in UNKNOWN} == dict.fromkeys(UNKNOWN)
    assert values["orders_90d"] == 1
    for name in UNKNOWN:
        group = by_name(told.segments)[f"of_{name}"]
        assert (group.holds, group.values) == (False, {name: None})
        assert group.nearest.startswith(f"{name} has no value; ")
    assert by_name(told.fields)["ORDERS"].inputs == {"last_stars": None, "mean": None}


def test_events_are_named_for_traits_over_lines_too_whether_or_not_a_rule_asks_for_their_keys(
    corner,
):
    corner.pull()
    lines = [{"product": "p1", "category": "tea"}, {"product": "p2", "category": "tea"}]
    corner.happened(NOW, event("order", 4, NOW - DAY, lines=lines))
    rules = "  favourite: {most_frequent: order.category}\nsegments:\n  tea: favourite = 'tea'\n"
    told = receipt(corner, 4, NOW + HOUR, corner.text.replace("segments:\n", rules))
    favourite = by_name(told.traits)["favourite"]
    assert favourite.value == "tea"
    assert f"order-4-0-{NOW - DAY}" in favourite.events


def test_a_decision_still_comes_out_equal_under_the_playbook_it_was_made_with(corner):
    corner.settled()
    told = receipt(corner, 0, NOW + HOUR, corner.text.replace("orders_90d >= 3", "orders_90d >= 9"))
    assert not by_name(told.segments)["regulars"].holds
    assert (told.decisions[0].message, told.decisions[0].replayed) == ("loved", "equal")


def test_nobody_who_was_forgotten_and_nobody_before_their_time_has_a_receipt(corner):
    corner.settled()
    contact = corner.store.contact_of(f"email:{email(4)}")
    with pytest.raises(Stop, match="not there yet"):
        receipt(corner, 4, NOW - 2 * DAY)
    with corner.store.record(NOW) as recorder:
        recorder.forget(contact)
    shop = corner.shop(NOW)
    with pytest.raises(Stop, match="erased") as stopped:
        explain(shop.store, shop.engines, shop.playbook, contact, NOW + HOUR)
    assert "@" not in str(stopped.value)
