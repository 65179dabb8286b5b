"""A shop with an audience and a portal behind one door: an order reaches both, what both tell back
of our writes comes to nothing, and a workflow gets its answer."""

import pytest

from connectors.sandbox import ledger
from tests.functions.door.conftest import SECRETS
from tests.functions.door.orders import N, field, hear_mailchimp, order
from tests.functions.portal import filled, portal
from tests.functions.settled import settled


@pytest.fixture
def both(corner, request, monkeypatch):
    """Everybody in the audience, some in the portal too; both as planned. Gives (corner, door)."""
    monkeypatch.setenv("HUBSPOT_SECRET", SECRETS["HUBSPOT_SECRET"])
    settings = corner.folder / "ofone.toml"
    settings.write_text(settings.read_text() + portal(corner.sandbox.url, "HUBSPOT_SECRET"))
    filled(corner.sandbox, (N, 3, 4))

    def planned():
        for place in ("mailchimp/main", "hubspot/main"):
            corner("apply", corner.json("plan", "--to", place)["id"])

    settled("both behind a door", corner.folder, corner.sandbox, planned)
    door = request.getfixturevalue("door")
    door.turn()
    return corner, door


def held(corner, n):
    """What the portal shows for person n."""
    table = corner.sandbox.world.portal.tables["contacts"]
    return table.with_email(f"p{n}@example.com").properties["ofone_headline"]


def hear_hubspot(corner, door):
    """The sandbox tells all that ever happened, as HubSpot does."""
    now = "2026-03-02T12:00:00+00:00"
    return corner.sandbox.control("hubspot/deliver", url=f"{door.url}/hooks/hubspot/main", now=now,
                                  secret=SECRETS["HUBSPOT_SECRET"], repeat=2)  # fmt: skip


def test_an_order_reaches_both_and_what_both_tell_back_changes_nothing(both) -> None:
    corner, door = both
    assert door.shopify("orders/create", order(N)).status == 200
    door.turn()
    assert (field(corner, N), held(corner, N)) == ("Thank you", "Thank you")
    told = hear_hubspot(corner, door)
    assert told["events"] > 5
    assert {*told["statuses"], *hear_mailchimp(door, corner, 0)} == {200}
    heard, writes = len(corner.sandbox.entries), corner.writes()
    door.turn()
    door.turn()
    assert corner.writes() == writes
    assert ledger.effects(corner.sandbox.entries[heard:]) == []
    assert door.shop.store.waiting() == []
    assert list(door.shop.store.dead_letters()) == []


def test_an_opt_out_in_one_stands_in_both_at_once(both) -> None:
    corner, door = both
    corner.sandbox.control("hubspot/person", email="p3@example.com", action="opt_out")
    assert set(hear_hubspot(corner, door)["statuses"]) == {200}
    door.turn()
    store = door.shop.store
    who = store.contact_of("email:p3@example.com")
    assert store.consent([who])[who]["hubspot/main email marketing"] == "out"


def workflow(corner, door, n, slot="hero", secret=SECRETS["HUBSPOT_SECRET"]):
    """A workflow comes to the action for person n."""
    return corner.sandbox.control("hubspot/execute", url=f"{door.url}/actions/hubspot/main",
                                  secret=secret, contact=f"p{n}@example.com",
                                  inputs={"slot": slot})  # fmt: skip


def test_a_workflow_is_answered_at_once_or_by_a_callback(both) -> None:
    corner, door = both
    outputs = {"message": "loved", "stage": "regulars", "product": "Bread", "personal": "yes",
               "hs_execution_state": "SUCCESS"}  # fmt: skip
    if door.decision("p3@example.com").json["arm"] == "holdout":
        outputs |= {"message": "", "product": "", "personal": "no"}
    assert workflow(corner, door, 3)["outputs"] == outputs
    assert workflow(corner, door, 3, secret="a guess")["status"] == 401
    assert (
        workflow(corner, door, 3, slot="attic")["outputs"]["hs_execution_state"] == "FAIL_CONTINUE"
    )
    acting = door.work.chores[0].args[0]
    with acting.counter.busy:  # as if a large decision were at work
        acting.patience = 0.01
        asked = workflow(corner, door, 3)
    assert asked["waits"]
    assert corner.sandbox.world.portal.callbacks[asked["callback"]]["outputs"] is None
    door.turn()
    late = corner.sandbox.world.portal.callbacks[asked["callback"]]["outputs"]
    assert late == outputs
    writes = corner.writes()
    door.turn()
    assert corner.writes() == writes
    assert "example.com" not in door.said()
