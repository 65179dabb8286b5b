"""A send that quiet hours hold back can be seen: by the tick that held it and on its receipt."""

NIGHT, LATER, MORNING = "2026-03-02T20:59:00Z", "2026-03-02T23:00:00Z", "2026-03-03T07:01:00Z"


def test_a_send_held_by_quiet_hours_shows_in_the_tick_and_in_the_receipt(corner):
    corner("plan")
    corner("apply")
    corner.add_events("cart", "c4,cart,4,2026-03-02T19:30:00Z")
    corner("tick", "--now", "2026-03-02T19:31:00Z")
    early = corner("explain", "files/main:4", "--now", "2026-03-02T19:32:00Z").out
    assert "cart_left waits until 2026-03-02 21:30 Europe/Berlin (its wait)" in early
    said = corner("tick", "--now", NIGHT).out
    assert "sends planned: none" in said
    assert "1 send waits for quiet hours to end" in said
    told = corner.json("explain", "files/main:4", "--now", LATER)["waits"]
    assert [(one["trigger"], one["why"]) for one in told] == [("cart_left", "quiet hours")]
    page = corner("explain", "files/main:4", "--now", LATER).out
    assert "cart_left waits until 2026-03-03 08:00 Europe/Berlin (quiet hours)" in page
    assert "sends planned: cart_left 1" in corner("tick", "--now", MORNING).out
    after = corner.json("explain", "files/main:4", "--now", "2026-03-03T07:02:00Z")
    assert (after["waits"], len(after["sends"])) == ([], 1)
