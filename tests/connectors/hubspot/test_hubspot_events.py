"""The events that triggers send are part of the plan: made by it, read back, taken back by undo and
uninstall; judged by the portal and the ledger."""

from functions.actions import planning
from functions.actions.uninstalling import uninstall
from personalization.models import HOUR
from tests.plan.corner import NOW, event


def there(corner):
    """The names of the portal's events."""
    held = corner.sandbox.world.portal.definitions.values()
    return sorted(one["name"] for one in held)


def two_regulars(corner):
    """Two people buy often enough to be welcomed."""
    corner.happened(NOW + HOUR, *(event("order", n, NOW + k, k) for n in (4, 5) for k in (1, 2)))


def test_a_plan_makes_the_events_that_it_shows_and_no_send_makes_any(corner):
    corner.pull()
    plan = corner.plan()
    assert {"cart_left", "welcome"} <= set(plan.create)
    assert there(corner) == []
    # The call that says OK and makes nothing is found out by reading back.
    corner.sandbox.control("hubspot/failures", script=[
        {"kind": "silent", "method": "POST", "path": "/event-definitions"}])  # fmt: skip
    assert corner.apply(plan).complete
    assert there(corner) == ["cart_left", "welcome"]
    assert corner.plan().create == ()
    two_regulars(corner)
    assert corner.apply(corner.plan(NOW + HOUR), NOW + HOUR).sends == 2
    assert len(corner.effects("event_defined")) == 2


def test_undo_takes_back_the_events_that_nothing_later_was_sent_as(corner):
    corner.settled()
    two_regulars(corner)
    corner.apply(corner.plan(NOW + HOUR), NOW + HOUR)
    back = planning.undo(corner.shop(NOW + 2 * HOUR), "plan-1")
    assert "cart_left" in back.remove
    assert "welcome" not in back.remove
    assert "event welcome stays, though plan-1 created it: sent 2 times since" in back.unseen
    assert corner.apply(back, NOW + 2 * HOUR).complete
    assert there(corner) == ["welcome"]


def test_an_event_sent_between_undo_and_its_apply_stays(corner):
    corner.settled()
    back = planning.undo(corner.shop(NOW), "plan-1")
    corner.webhook(NOW + HOUR, *(event("order", 4, NOW + k, k) for k in (1, 2)))
    corner.tick(NOW + HOUR)
    assert len(corner.sent()) == 1
    corner.apply(back, NOW + 2 * HOUR)
    assert there(corner) == ["welcome"]


def test_uninstall_drops_our_events_and_no_others(corner):
    api = corner.destination.api
    api.raw("POST", "/events/v3/event-definitions", {
        "label": "Welcome", "name": "welcome", "primaryObject": "CONTACT",
        "propertyDefinitions": [{"name": "message", "label": "Message", "type": "string"}],
    })  # fmt: skip
    corner.pull()
    plan = corner.plan()
    assert "welcome" not in plan.create
    assert corner.apply(plan).complete
    two_regulars(corner)
    corner.apply(corner.plan(NOW + HOUR), NOW + HOUR)
    made = uninstall(corner.shop(NOW + 2 * HOUR), corner.destination)
    assert "cart_left" in made.remove
    assert any(one.startswith("event welcome was made by others") for one in made.unseen)
    assert corner.apply(made, NOW + 2 * HOUR).complete
    assert there(corner) == ["welcome"]
    assert uninstall(corner.shop(NOW + 3 * HOUR), corner.destination).rows == 0


def test_a_portal_without_events_keeps_all_else_and_its_sends_wait(corner):
    scopes = [f"crm.{what}.{how}" for how in ("read", "write")
              for what in ("objects.contacts", "schemas.contacts", "lists")]  # fmt: skip
    scopes += ["communication_preferences.statuses.batch.read"]
    corner.sandbox.control("hubspot/settings", tokens={
        "pat-eu1-00000000-1111-2222-3333-444444444444": scopes})  # fmt: skip
    corner.pull()
    applied = corner.apply(corner.plan())
    assert [n for why, n in applied.refused.items() if "Enterprise" in why] == [2]
    assert corner.shows(0)["ORDERS"] == "3"
    two_regulars(corner)
    applied = corner.apply(corner.plan(NOW + HOUR), NOW + HOUR)
    assert (applied.sends, applied.left, applied.failed) == (0, 2, {})
    assert corner.shows(4)["ORDERS"] == "3"
