"""Apply: exactly the plan that was shown, on those who may be written to, as the ledger tells."""

import pytest

from connectors.sandbox import ledger
from personalization.apply.judge import DRIFTED
from personalization.models import HOUR
from personalization.store.protocol import Scope
from tests.plan.corner import NOW, email, event, opened


def test_the_audience_shows_what_the_plan_said(corner):
    corner.pull()
    plan = corner.plan()
    applied = corner.apply(plan)
    assert (applied.complete, applied.confirmed, applied.written) == (True, 18, 18)
    assert corner.shows(0) == {"HEADLINE": "3 orders, Ann 0", "PICK1": "Soap 0", "ORDERS": "3"}
    assert corner.shows(9) == {"HEADLINE": "Thank you", "PICK1": "Soap 1", "ORDERS": "1"}
    assert (corner.tagged("Regulars"), corner.tagged("Unhappy")) == (3, 0)
    assert corner.sent() == []
    assert ledger.created_or_resubscribed(corner.sandbox.entries) == []


def test_a_value_that_a_person_changed_since_the_plan_is_left_alone_and_listed(corner):
    corner.settled()
    corner.happened(NOW + HOUR, *(event("order", n, NOW + 1) for n in (4, 5, 6)))
    plan = corner.plan(NOW + HOUR)
    corner.person(4, "write", by="admin", merge_fields={"ORDERS": "mine"})
    corner.person(5, "write", by="admin", merge_fields={"ORDERS": "2"})
    corner.mark()
    applied = corner.apply(plan, NOW + HOUR)
    assert applied.refused == {DRIFTED: 1}
    # Person 5 shows the new value already: confirmed, and nothing is written for it.
    assert (applied.confirmed, applied.written) == (2, 1)
    assert len(corner.effects("field_written")) == 1
    assert [corner.shows(n)["ORDERS"] for n in (4, 5, 6)] == ["mine", "2", "2"]


@pytest.mark.parametrize(("edits", "shown"), [("keep", "mine"), ("overwrite", "2")])
def test_unattended_a_persons_edit_is_kept_or_overwritten_as_the_playbook_says(
    corner, edits, shown
):
    corner.text = corner.text.replace("holdout: 0%", f"holdout: 0%, edits: {edits}")
    corner.settled()
    corner.person(4, "write", by="admin", merge_fields={"ORDERS": "mine"})
    corner.webhook(NOW + HOUR, event("order", 4, NOW + HOUR))
    corner.tick(NOW + HOUR)
    assert corner.shows(4)["ORDERS"] == shown


@pytest.mark.parametrize("action", ["unsubscribe", "clean", "archive", "erase"])
def test_who_left_since_the_plan_is_not_written_to_nor_sent_anything(corner, action):
    corner.settled()
    corner.happened(NOW + HOUR, *(event("order", n, NOW + k, k) for n in (4, 5) for k in (1, 2)))
    plan = corner.plan(NOW + HOUR)
    assert plan.sends == {"welcome": 2}
    before = corner.shows(4)
    corner.person(4, action)
    corner.mark()
    applied = corner.apply(plan, NOW + HOUR)
    assert sum(applied.refused.values()) == 3
    assert applied.sends == 1
    mine = {one["member"] for one in corner.effects()}
    assert len(mine) == 1
    if action != "erase":
        assert corner.shows(4) == before
    assert ledger.unwilling(corner.sandbox.entries) == []
    assert ledger.created_or_resubscribed(corner.sandbox.entries) == []


def test_an_opt_out_elsewhere_stops_a_send_and_no_field(corner):
    corner.settled()
    corner.happened(NOW + HOUR, *(event("order", n, NOW + k, k) for n in (4, 5) for k in (1, 2)))
    plan = corner.plan(NOW + HOUR)
    corner.happened(NOW + HOUR, event("consent", 4, NOW + HOUR, by="hubspot/main",
                                      channel="email", purpose="marketing", state="out"))  # fmt: skip
    applied = corner.apply(plan, NOW + HOUR)
    assert applied.refused == {"opted out": 1}
    assert (applied.sends, len(corner.sent())) == (1, 1)
    assert corner.shows(4)["ORDERS"] == "3"


def test_somebody_forgotten_since_the_plan_is_not_written_to(corner):
    corner.settled()
    corner.happened(NOW + HOUR, event("order", 4, NOW + 1), event("order", 5, NOW + 1))
    plan = corner.plan(NOW + HOUR)
    with corner.store.record(NOW + HOUR) as recorder:
        recorder.forget(corner.store.contact_of(f"email:{email(4)}"))
    corner.mark()
    assert corner.apply(plan, NOW + HOUR).complete
    assert len({one["member"] for one in corner.effects("field_written")}) == 1
    assert corner.shows(4)["ORDERS"] == "1"


def test_a_careful_first_week_writes_to_its_part_only_and_the_rest_later(corner):
    corner.pull()
    plan = corner.plan()
    first = corner.apply(plan, first=4)
    written = [n for n in range(10) if corner.shows(n).get("ORDERS")]
    assert len(written) == 4
    assert not first.complete
    assert first.left > 0
    corner.mark()
    rest = corner.apply(plan)
    assert rest.complete
    assert len({one["member"] for one in corner.effects("field_written")}) == 6
    # Each run counts what it did itself: six people's fields, and what the first one did apart.
    assert rest.earlier.confirmed == first.confirmed > 0
    assert rest.confirmed == rest.written == 18 - first.confirmed
    again = corner.apply(plan)
    assert (again.confirmed, again.earlier.confirmed) == (0, 18)
    assert corner.plan().empty


def test_only_those_who_carry_a_tag(corner):
    for n in (7, 8):
        corner.person(n, "tag", by="admin", tag="Test group")
    corner.pull()
    corner.apply(corner.plan(), only="Test group")
    assert [n for n in range(10) if corner.shows(n).get("ORDERS")] == [7, 8]
    assert corner.tagged("Regulars") == 0


@pytest.mark.parametrize("only", ["Regulars", "regulars", "buyers"])
def test_only_a_segment_is_its_members_as_decided_before_anyone_carries_its_tag(corner, only):
    limits = f"holdout: 0%, only: {only}"
    corner.text = corner.text.replace("holdout: 0%", limits)
    corner.pull()
    corner.apply(corner.plan())
    inside = list(range(10)) if only == "buyers" else [0, 1, 2]
    assert [n for n in range(10) if corner.shows(n).get("ORDERS")] == inside
    assert corner.tagged("Regulars") == 3
    # Unattended too: of two who order, the one who becomes a regular is written to.
    corner.webhook(
        NOW + HOUR, *(event("order", n, NOW + k, k) for n, k in ((4, 1), (4, 2), (5, 1)))
    )
    corner.tick(NOW + HOUR)
    assert corner.shows(4)["ORDERS"] == "3"
    assert corner.shows(5).get("ORDERS") == ("2" if only == "buyers" else None)


def test_an_ok_that_wrote_nothing_is_seen_by_the_read_back_and_written_again(corner):
    corner.settled()
    corner.happened(NOW + HOUR, event("order", 4, NOW + 1))
    plan = corner.plan(NOW + HOUR)
    corner.sandbox.control("failures", script=[{"kind": "silent", "method": "PATCH"}])
    corner.mark()
    applied = corner.apply(plan, NOW + HOUR)
    assert (applied.complete, applied.confirmed) == (True, 1)
    assert corner.calls["writes"] == 2
    assert corner.shows(4)["ORDERS"] == "2"


def test_what_is_never_shown_is_given_up_listed_and_planned_again_later(corner):
    corner.settled()
    corner.happened(NOW + HOUR, event("order", 4, NOW + 1))
    plan = corner.plan(NOW + HOUR)
    corner.sandbox.control(
        "failures", script=[{"kind": "silent", "method": "PATCH", "times": 1_000}]
    )
    corner.mark()
    applied = corner.apply(plan, NOW + HOUR)
    assert applied.failed == {"accepted, but a later pull does not show it": 1}
    assert applied.left == 0
    assert corner.calls["writes"] == 5
    corner.sandbox.control("failures")
    assert corner.apply(corner.plan(NOW + 2 * HOUR), NOW + 2 * HOUR).complete
    assert corner.shows(4)["ORDERS"] == "2"


def test_one_job_and_a_few_reads_for_a_thousand_changed_members(tmp_path):
    with opened(tmp_path, people=1_000) as corner:
        corner.settled()
        corner.happened(NOW + HOUR, *(event("order", n, NOW + 1) for n in range(1_000)))
        plan = corner.plan(NOW + HOUR)
        assert plan.written == 1_000
        corner.mark()
        assert corner.apply(plan, NOW + HOUR).complete
        counts = corner.calls
    # One job writes all. Reads: before writing a pull (fields, archived members, others), one
    # poll; after it a pull (the thousand).
    assert counts == {"writes": 1, "reads": 5, "operations": 1_000}, counts
    assert plan.cost.writes == 1
    assert plan.cost.reads >= counts["reads"] - 3


def test_a_shadow_says_what_the_audience_shows(corner):
    corner.settled()
    shadow = corner.store.shadows("mailchimp", "main", Scope())
    assert len(shadow["contact"]) == 10
    assert all('"ORDERS"' in one for one in shadow["values"])
    assert sum("Regulars" in one for one in shadow["tags"]) == 3
