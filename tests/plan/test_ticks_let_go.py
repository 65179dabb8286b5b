"""Ticks that a person let go on, and ticks while writing is paused."""

from collections.abc import Callable

import pytest

from connectors.sandbox.world import LIST
from functions.actions import planning
from functions.actions.standing import standing
from functions.stack.times import OutOfTime
from personalization.apply.run import apply_plan
from personalization.apply.write import Work
from personalization.models import DAY, HOUR, MINUTE
from personalization.plan import parking
from tests.plan.corner import NOW, Corner, event

LATER = NOW + DAY


def out_of_time(*_: object) -> None:
    """What a function's clock says that ends."""
    raise OutOfTime("the function ends")


@pytest.fixture
def careful(corner: Corner, monkeypatch: pytest.MonkeyPatch) -> Corner:
    """A shop whose limits let nothing through that nobody has looked at."""
    monkeypatch.setattr(parking, "FEW", 0)
    corner.text = corner.text.replace("park_above: 50%", "park_above: 0%")
    corner.settled()
    return corner


@pytest.fixture
def begun(careful: Corner) -> str:
    """A tick of six orders and a cart that was parked and approved, and whose apply ended early."""
    orders = [event("order", n, LATER) for n in range(6)]
    careful.webhook(LATER, *orders, event("cart", 7, LATER - 2 * HOUR))
    plan = careful.tick(LATER).ticked.plan
    planning.approve(careful.shop(LATER), plan)
    outlet = careful.shop(LATER).destination()
    with pytest.raises(OutOfTime):
        apply_plan(Work(careful.store, outlet, plan, LATER), out_of_time)
    return plan


def state(corner: Corner, plan: str) -> str:
    """A plan's state."""
    return (corner.store.plan(plan) or ("none", ""))[0]


def test_what_was_approved_is_written_however_often_its_apply_ends_early(
    careful: Corner, begun: str
) -> None:
    for minute in (1, 2):
        ticked = careful.tick(LATER + minute * MINUTE).ticked
        assert (ticked.looked_at, ticked.report) == (0, None)
    assert state(careful, begun) == "applying"
    assert standing(careful.shop(LATER)).to_apply == (begun,)
    assert careful.sent() == []
    # Somebody of whom something new is told meanwhile is decided as ever, and parks as ever.
    careful.webhook(LATER + HOUR, event("order", 9, LATER + HOUR))
    news = careful.tick(LATER + HOUR).ticked
    assert news.report is not None
    assert news.report.parked
    assert careful.apply(begun, LATER + HOUR).complete
    assert [careful.shows(n)["ORDERS"] for n in (0, 5, 9)] == ["4", "2", "1"]
    assert len(careful.sent()) == 1


def test_the_next_plan_takes_the_place_of_what_was_approved_and_not_ended(
    careful: Corner, begun: str
) -> None:
    plan = careful.plan(LATER + HOUR)
    assert state(careful, begun) == "superseded"
    assert plan.sends == {"cart_left": 1}
    assert careful.apply(plan, LATER + HOUR).complete
    assert careful.shows(5)["ORDERS"] == "2"
    assert len(careful.sent()) == 1


def test_while_paused_only_news_are_decided_and_the_rest_is_judged_when_it_goes_on(
    corner: Corner, monkeypatch: pytest.MonkeyPatch
) -> None:
    corner.settled()
    corner.pause(True)
    corner.webhook(NOW, event("cart", 3, NOW), event("cart", 4, NOW))
    corner.tick(NOW + MINUTE)
    assert corner.tick(NOW + 2 * HOUR).ticked.looked_at == 2
    corner.webhook(NOW + 3 * HOUR, event("order", 4, NOW + 3 * HOUR))
    assert corner.tick(NOW + 3 * HOUR).ticked.looked_at == 1
    loaded = counted(corner, monkeypatch)
    for minute in range(1, 4):
        idle = corner.tick(NOW + 3 * HOUR + minute * MINUTE)
        assert (idle.paused, idle.ticked.looked_at, idle.ticked.report) == (True, 0, None)
    assert loaded() == 0
    corner.pause(False)
    corner.tick(NOW + 4 * HOUR)
    (only,) = corner.sent()
    assert corner.store.contact_of("email:p4@example.com") not in only
    assert corner.shows(4)["ORDERS"] == "2"


def counted(corner: Corner, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How often contacts are loaded with their events from now on."""
    times: list[None] = []
    real = type(corner.store).load

    def load(*given: object) -> object:
        times.append(None)
        return real(*given)

    monkeypatch.setattr(type(corner.store), "load", load)
    return lambda: len(times)


def test_a_tick_says_so_once_a_field_that_it_wrote_to_is_there_no_longer(corner: Corner) -> None:
    corner.settled()
    (field,) = [one for one in corner.destination.fields() if one.name == "ORDERS"]
    audience = corner.sandbox.world.audience(LIST)
    audience.merge_fields.pop(int(field.id))  # somebody deletes it in the audience's settings
    for member in audience.members.values():
        member.merge_fields.pop("ORDERS")
    corner.webhook(NOW + HOUR, event("order", 5, NOW + HOUR))
    first = corner.tick(NOW + HOUR)
    assert first.ticked.lacking == ()  # it was there when it was looked for last
    assert first.applied is not None
    assert first.applied.failed
    corner.webhook(NOW + 2 * HOUR, event("order", 6, NOW + 2 * HOUR))
    assert corner.tick(NOW + 2 * HOUR).ticked.lacking == ("ORDERS",)
    plan = corner.plan(NOW + 3 * HOUR)
    assert plan.create == ("ORDERS",)
    assert corner.apply(plan, NOW + 3 * HOUR).complete
    assert [corner.shows(n)["ORDERS"] for n in (5, 6)] == ["2", "2"]
