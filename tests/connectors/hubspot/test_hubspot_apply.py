"""The main job over HubSpot, by the product's own plan and apply; judged by the ledger."""

import pytest

from connectors.sandbox import ledger
from personalization.models import HOUR
from tests.plan.corner import NOW, event

UPDATE = "/contacts/batch/update"


def end(corner):
    """What stands in the portal, and what was sent."""
    shown = {n: corner.shows(n) for n in range(10)}
    return shown, corner.tagged("Regulars"), corner.tagged("Unhappy"), corner.sent()


def run(corner):
    """A first plan, then news that change fields and tags and start sends, applied until done."""
    corner.pull()
    corner.apply(corner.plan())
    corner.happened(NOW + HOUR, *(event("order", n, NOW + k, k) for n in (4, 5) for k in (1, 2)))
    plan = corner.plan(NOW + HOUR)
    for _ in range(6):
        applied = corner.apply(plan, NOW + HOUR)
        if applied.complete:
            return applied
    return applied


def test_the_portal_shows_what_the_plan_said_and_a_second_plan_is_empty(corner):
    corner.pull()
    applied = corner.apply(corner.plan())
    assert (applied.complete, applied.confirmed, applied.written) == (True, 20, 20)
    assert corner.shows(0) == {"HEADLINE": "3 orders, Ann 0", "PICK1": "Soap 0", "ORDERS": "3"}
    assert corner.tagged("Regulars") == 3
    corner.mark()
    assert corner.plan().rows == 0
    assert corner.calls["writes"] == 0
    assert ledger.created_or_resubscribed(corner.sandbox.entries) == []


def test_an_unchanged_night_writes_nothing_and_reads_no_contact(corner):
    corner.settled()
    corner.pull()
    corner.mark()
    pulled = corner.pull()
    assert (pulled.records, pulled.events, corner.calls["writes"]) == (0, 0, 0)
    assert corner.apply(corner.plan()).written == 0
    assert corner.calls["writes"] == 0


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, request):
    """The end of a run in which nothing goes wrong."""
    opened = request.getfixturevalue("another_corner")
    with opened(tmp_path_factory.mktemp("undisturbed") / "shop") as corner:
        assert run(corner).complete
        return end(corner)


WRONG = {
    "lost": {"rates": {"lost_after": 0.15, "lost_before": 0.1}},
    "too many": {"rates": {"429": 0.1, "429_retry_after": 0.1}},
    "broken": {"rates": {"500": 0.15, "502": 0.1}},
    "silent": {"rates": {"silent": 0.3}},
    "in part": {"script": [
        {"kind": "partial", "path": UPDATE, "nth": 1},
        {"kind": "partial_silent", "path": UPDATE, "nth": 2},
    ]},
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_whatever_goes_wrong_the_end_is_that_of_the_undisturbed_run(corner, wrong, undisturbed):
    failures = corner.sandbox.control("hubspot/failures", seed=5, **WRONG[wrong])
    assert run(corner).complete
    happened = {call["failure"] for call in ledger.calls(corner.sandbox.entries)}
    assert happened >= set(failures["set"])
    assert end(corner) == undisturbed
    assert ledger.created_or_resubscribed(corner.sandbox.entries) == []
    sent = corner.sent()
    assert len(sent) == len(set(sent)) == 2


@pytest.mark.parametrize("action", ["opt_out", "archive", "erase"])
def test_who_left_since_the_plan_is_not_sent_to(corner, action):
    corner.settled()
    corner.happened(NOW + HOUR, *(event("order", n, NOW + k, k) for n in (4, 5) for k in (1, 2)))
    plan = corner.plan(NOW + HOUR)
    assert plan.sends == {"welcome": 2}
    corner.person(4, action)
    corner.mark()
    applied = corner.apply(plan, NOW + HOUR)
    assert applied.sends == 1
    assert len({one["record"] for one in corner.effects("property_written")}) == 1
    assert len(corner.sent()) == 1
    assert ledger.unwilling(corner.sandbox.entries) == []
    assert ledger.created_or_resubscribed(corner.sandbox.entries) == []


def test_who_opts_out_while_the_calls_are_made_is_not_sent_to(corner):
    corner.settled()
    corner.happened(NOW + HOUR, *(event("order", n, NOW + k, k) for n in (4, 5) for k in (1, 2)))
    plan = corner.plan(NOW + HOUR)
    # Just before the contacts are read for the send, the last moment that anybody can look.
    corner.sandbox.control(
        "hubspot/failures",
        script=[{"kind": "opt_out", "method": "POST", "path": "/contacts/batch/read", "nth": 1}],
    )
    applied = corner.apply(plan, NOW + HOUR)
    assert applied.refused.get("opted out") == 1
    assert len(corner.sent()) == 1
    assert ledger.unwilling(corner.sandbox.entries) == []
