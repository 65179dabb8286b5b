"""What was just written to many contacts is not worked on again: neither by the next pull, nor by a
tick, nor by a plan. The same with 20,000 is `make calls`."""

import pytest

from personalization.models import HOUR, MINUTE
from tests.connectors.hubspot.conftest import corner_on_hubspot
from tests.plan.corner import NOW, event, opened

PEOPLE = 2_000
PLACES = {"mailchimp": opened, "hubspot": corner_on_hubspot}


@pytest.mark.parametrize("place", PLACES)
def test_a_great_write_comes_back_as_nothing(place, tmp_path) -> None:
    folder = tmp_path if place == "mailchimp" else tmp_path / "shop"
    with PLACES[place](folder, people=PEOPLE) as corner:
        corner.settled()
        assert corner.store.outbox_counts("plan-1")["fields", "confirmed", None, True] == PEOPLE
        corner.mark()
        pulled = corner.pull(NOW + MINUTE)
        assert (pulled.events, pulled.touched, pulled.skipped) == (0, (), 0)
        # Members of the newest second are read once more; nobody else is.
        assert pulled.records <= PEOPLE // 100
        assert corner.calls["reads"] <= 5
        corner.mark()
        ticked = corner.tick(NOW + 2 * MINUTE)
        assert (ticked.ticked.looked_at, ticked.applied) == (0, None)
        assert sum(corner.calls.values()) == 0
        # One who does something is decided, and nobody else.
        corner.webhook(NOW + HOUR, event("order", 7, NOW + HOUR))
        assert corner.tick(NOW + HOUR + MINUTE).ticked.looked_at == 1
        assert corner.plan(NOW + 2 * HOUR).rows == 0


def test_what_a_person_changes_while_a_plan_is_applied_is_decided_with_the_next_tick(
    tmp_path,
) -> None:
    with opened(tmp_path) as corner:
        corner.pull()
        plan = corner.plan()
        corner.person(0, "write", merge_fields={"FNAME": "Zoe"})
        corner.apply(plan)
        assert corner.shows(0)["HEADLINE"] == "3 orders, Ann 0"
        assert corner.tick(NOW + MINUTE).ticked.looked_at == 1
        assert corner.shows(0)["HEADLINE"] == "3 orders, Zoe"
        assert corner.tick(NOW + 2 * MINUTE).ticked.looked_at == 0
