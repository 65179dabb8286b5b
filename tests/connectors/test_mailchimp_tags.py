"""Tags end confirmed whether or not they move a member's `last_changed`, and cost few calls."""

import pytest

from connectors.sandbox import ledger
from personalization.models import DAY
from tests.plan.corner import NOW, event, opened


@pytest.mark.parametrize(("count", "writes", "reads"), [(5, 1, 7), (1_200, 4, 3)])
def test_tags_that_move_nothing_are_read_back_by_id(shop, may, told, count, writes, reads):
    shop.sandbox.control("options", tags_move_last_changed=False)
    told(shop.destination, [may(1, "setup", {"tag": "Regulars"})])
    people = shop.people(count)
    shop.sandbox.control("clock", advance=60)
    shop.sandbox.control("members", members=[{"email": "later@example.com"}])
    cursor = list(shop.destination.pull(None))[-1].cursor
    shop.mark()
    told(shop.destination, [may(n + 10, "tags", {"Regulars": True}, one)
                            for n, one in enumerate(people)])  # fmt: skip
    shown = {record.alias: record.tags for page in shop.destination.pull(cursor)
             for record in page.records}  # fmt: skip
    assert {shown[one.alias] for one in people} == {("Regulars",)}
    # Written: 500 addresses a call, and the start of the job by which many are read. Read: the
    # tags' ids, the cursor's second again; then five calls, or a poll.
    made = ledger.counts(shop.entries)
    assert (made["writes"], made["reads"]) == (writes, reads)
    assert shop.destination.unread == {}


def test_tags_that_do_move_it_cost_no_call_more(shop, may, told):
    told(shop.destination, [may(1, "setup", {"tag": "Regulars"})])
    people = shop.people(20)
    cursor = list(shop.destination.pull(None))[-1].cursor
    shop.sandbox.control("clock", advance=60)
    told(shop.destination, [may(n + 10, "tags", {"Regulars": True}, one)
                            for n, one in enumerate(people)])  # fmt: skip
    shop.mark()
    list(shop.destination.pull(cursor))
    assert ledger.counts(shop.entries)["reads"] == 1


def test_with_tags_that_move_nothing_a_plan_still_ends_confirmed(tmp_path):
    with opened(tmp_path) as corner:
        corner.sandbox.control("options", tags_move_last_changed=False)
        corner.settled()
        assert corner.tagged("Regulars") == 3
        # Somebody becomes unhappy, and nothing but a tag and a field changes.
        later = NOW + DAY
        corner.happened(later, event("feedback", 1, later - 1, rating=1))
        corner.mark()
        plan = corner.plan(later)
        assert corner.apply(plan, later).complete
        assert corner.tagged("Unhappy") == 1
        corner.mark()
        assert corner.apply(corner.plan(later), later).written == 0
        assert corner.effects() == []
