"""A door that opens before anything was applied: calls are taken in, the log says what is lacking
and what makes it, and with the first apply nothing of it is missing."""

from tests.functions.door.orders import N, field, order


def test_before_the_first_apply_the_door_takes_calls_and_says_what_is_lacking(corner, door) -> None:
    corner("pull")
    assert door.shopify("orders/create", order(N)).status == 200
    door.turn()
    (line,) = [one for one in door.lines if one.what == "tick"]
    assert "lacking HEADLINE, PICK1, Buyers, Regulars: `ofone plan`" in str(line.outcome)
    assert corner.writes() == 0
    corner("apply", corner.json("plan")["id"])
    assert field(corner, N) == "Thank you"
    door.turn()
    door.shopify("orders/create", order(N, id=7002, created_at="2026-03-02T10:06:00Z"))
    door.turn()
    assert "lacking" not in str(door.lines[-1].outcome)
