"""A send that was planned in the morning and goes in the evening is judged as of the evening."""

from personalization.models import HOUR
from personalization.plan.recheck import CAPPED, MOOT
from tests.plan.corner import NOW, email, event

CAPPED_AT_ONE = "sends: 1 per 1d, holdout: 0%"


def late(corner, *people: int):
    """A plan of 10:00 that has carts to speak of, which nobody applies before 18:00."""
    corner.settled()
    corner.happened(NOW, *(event("cart", n, NOW - HOUR - 1) for n in people))
    plan = corner.plan(NOW + 1)
    assert plan.sends == {"cart_left": len(people)}
    return plan


def test_an_order_since_the_plan_makes_a_send_moot(corner):
    plan = late(corner, 3, 4)
    corner.happened(NOW + HOUR, event("order", 3, NOW + HOUR))
    applied = corner.apply(plan, NOW + 8 * HOUR)
    assert (applied.sends, applied.refused) == (1, {MOOT: 1})
    (only,) = corner.sent()
    assert corner.store.contact_of(f"email:{email(4)}") in only
    # It stays so: the same cart is never spoken of.
    corner.tick(NOW + 9 * HOUR)
    corner.apply(corner.plan(NOW + 10 * HOUR), NOW + 10 * HOUR)
    assert len(corner.sent()) == 1


def test_two_who_turn_out_to_be_one_person_hear_as_much_as_one(corner):
    corner.text = corner.text.replace("holdout: 0%", CAPPED_AT_ONE)
    plan = late(corner, 3, 4)
    corner.happened(NOW + HOUR, event("link", 3, NOW, other=f"email:{email(4)}"))
    applied = corner.apply(plan, NOW + 8 * HOUR)
    assert (applied.sends, applied.refused) == (1, {CAPPED: 1})


def test_what_a_tick_could_not_send_is_judged_by_the_next_as_of_then(corner):
    corner.settled()
    corner.webhook(NOW, event("cart", 3, NOW))
    corner.pause(True)
    corner.tick(NOW + 2 * HOUR)
    corner.pause(False)
    corner.webhook(NOW + 3 * HOUR, event("order", 3, NOW + 3 * HOUR))
    assert corner.tick(NOW + 3 * HOUR).ticked.report.sends == {}
    assert corner.sent() == []
    (row,) = corner.store.outbox(kinds=("send",))
    assert (row.state, row.reason) == ("refused", MOOT)
