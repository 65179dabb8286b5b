"""Undoing a plan: what it confirmed comes back, as far as it is still ours to take back."""

import pytest

from functions.actions import planning
from personalization.apply.run import HELD
from personalization.errors import Stop
from personalization.models import HOUR
from tests.plan.corner import NOW, event


def undo(corner, name, now):
    return planning.undo(corner.shop(now), name)


def test_undoing_the_first_plan_leaves_the_audience_as_it_was(corner):
    corner.settled()
    assert corner.tagged("Regulars") == 3
    back = undo(corner, "plan-1", NOW + HOUR)
    assert back.undoes == "plan-1"
    assert back.remove == ("HEADLINE", "PICK1", "ORDERS", "Regulars", "Unhappy")
    assert back.written == 10
    assert corner.apply(back, NOW + HOUR).complete
    assert corner.shows(0) == {}
    state = corner.sandbox.state()["lists"].popitem()[1]
    assert state["tags"] == {}
    assert not {"HEADLINE", "PICK1", "ORDERS"} & set(state["merge_fields"])


def test_undoing_a_later_plan_restores_what_stood_before(corner):
    corner.settled()
    before = [corner.shows(n) for n in range(10)]
    corner.happened(NOW + HOUR, *(event("order", 5, NOW + k, k) for k in (1, 2)))
    changed = corner.plan(NOW + HOUR)
    assert corner.apply(changed, NOW + HOUR).complete
    assert corner.shows(5)["ORDERS"] == "3"
    assert corner.tagged("Regulars") == 4
    back = undo(corner, changed.id, NOW + 2 * HOUR)
    # Fields and tag of one contact.
    assert (back.rows, back.written, back.remove) == (2, 1, ())
    assert corner.apply(back, NOW + 2 * HOUR).complete
    assert [corner.shows(n) for n in range(10)] == before
    assert corner.tagged("Regulars") == 3


def test_what_a_person_changed_since_is_not_undone(corner):
    corner.settled()
    corner.happened(NOW + HOUR, event("order", 5, NOW + 1), event("order", 6, NOW + 1))
    changed = corner.plan(NOW + HOUR)
    assert corner.apply(changed, NOW + HOUR).complete
    corner.person(5, "write", by="admin", merge_fields={"ORDERS": "mine"})
    corner.pull(NOW + 2 * HOUR)
    back = undo(corner, changed.id, NOW + 2 * HOUR)
    assert back.written == 1
    assert corner.apply(back, NOW + 2 * HOUR).complete
    assert (corner.shows(5)["ORDERS"], corner.shows(6)["ORDERS"]) == ("mine", "1")


def test_what_a_killed_apply_wrote_and_never_read_back_is_undone_too(corner):
    corner.settled()
    corner.happened(NOW + HOUR, event("order", 5, NOW + 1))
    changed = corner.plan(NOW + HOUR)
    assert corner.apply(changed, NOW + HOUR).complete
    with corner.store.record(NOW + HOUR) as recorder:  # as if it had ended before its pull
        recorder.outbox_state([row.id for row in corner.store.outbox(plan=changed.id)], "sent")
    back = undo(corner, changed.id, NOW + 2 * HOUR)
    assert back.written == 1
    assert corner.apply(back, NOW + 2 * HOUR).complete
    assert corner.shows(5)["ORDERS"] == "1"


def test_sends_are_said_to_stay_and_nothing_is_undone_that_never_was(corner):
    corner.settled()
    corner.happened(NOW + HOUR, *(event("order", 5, NOW + k, k) for k in (1, 2)))
    with_send = corner.plan(NOW + HOUR)
    assert with_send.sends == {"welcome": 1}
    with pytest.raises(Stop, match="never applied"):
        undo(corner, with_send.id, NOW + HOUR)
    assert corner.apply(with_send, NOW + HOUR).complete
    back = undo(corner, with_send.id, NOW + 2 * HOUR)
    assert back.unseen == (f"1 sends of {with_send.id} cannot be undone",)
    after = corner.plan(NOW + 2 * HOUR)
    assert {one.name: (one.before, one.contacts) for one in after.segments} == {
        "regulars": (4, 4), "buyers": (10, 10), "unhappy": (0, 0)}  # fmt: skip


def test_of_a_row_only_what_still_stands_as_we_wrote_it_goes_back(corner):
    corner.settled()
    corner.person(5, "write", by="admin", merge_fields={"HEADLINE": "mine"})
    corner.person(0, "untag", by="admin", tag="Regulars")
    corner.pull(NOW + HOUR)
    back = undo(corner, "plan-1", NOW + HOUR)
    assert {one.name: one.contacts for one in back.fields} == {
        "HEADLINE": 9, "PICK1": 10, "ORDERS": 10}  # fmt: skip
    assert (back.segments, back.tags) == ((), {"Regulars": (0, 2)})
    assert back.left_alone == {"changed since then": 2}
    assert back.remove == ("PICK1", "ORDERS", "Regulars", "Unhappy")
    assert corner.apply(back, NOW + HOUR).complete
    assert [corner.shows(n) for n in (5, 6)] == [{"HEADLINE": "mine"}, {"HEADLINE": ""}]


def test_an_undo_says_that_the_same_playbook_writes_it_all_again(corner):
    corner.settled()
    back = undo(corner, "plan-1", NOW + HOUR)
    assert "write the same again" in back.warnings[0]
    corner.apply(back, NOW + HOUR)
    again = corner.plan(NOW + 2 * HOUR)
    assert (again.written, again.create[:3]) == (10, ("HEADLINE", "PICK1", "ORDERS"))


def test_undoing_a_replaced_plan_names_the_one_that_stands(corner):
    corner.settled()
    corner.happened(NOW + HOUR, event("order", 5, NOW + 1))
    replaced = corner.plan(NOW + HOUR)
    corner.plan(NOW + HOUR)
    with pytest.raises(Stop, match=rf"{replaced.id} was replaced .*`ofone undo plan-1`"):
        undo(corner, replaced.id, NOW + HOUR)
    # Applied to one contact before it was replaced, it has something to take back.
    part = corner.plan(NOW + 2 * HOUR)
    corner.apply(part, NOW + 2 * HOUR, first=1)
    corner.plan(NOW + 3 * HOUR)
    assert undo(corner, part.id, NOW + 3 * HOUR).written == 1


def test_a_field_that_a_later_plan_filled_stays_and_is_said_to(corner):
    corner.settled()
    corner.happened(NOW + HOUR, event("order", 5, NOW + 1))
    assert corner.apply(corner.plan(NOW + HOUR), NOW + HOUR).complete
    back = undo(corner, "plan-1", NOW + 2 * HOUR)
    assert back.remove == ("HEADLINE", "PICK1", "Regulars", "Unhappy")
    assert [one for one in back.unseen if one.startswith("ORDERS stays")] != []
    corner.mark()
    assert corner.apply(back, NOW + 2 * HOUR).complete
    assert corner.shows(5) == {"ORDERS": "2"}
    assert len(corner.effects("merge_field_deleted")) == 2


def test_a_field_that_was_filled_after_the_undo_was_made_stays_too(corner):
    corner.settled()
    back = undo(corner, "plan-1", NOW + HOUR)
    corner.webhook(NOW + HOUR, event("order", 5, NOW + 1))
    corner.tick(NOW + 2 * HOUR)
    applied = corner.apply(back, NOW + 3 * HOUR)
    assert (applied.complete, applied.refused[HELD]) == (True, 3)
    assert corner.shows(5) == {"HEADLINE": "Thank you", "PICK1": "Soap 1", "ORDERS": "2"}


@pytest.mark.parametrize(
    ("module", "last"), [("run", "finish"), ("undo", "undo_report"), ("tick", "tick_report")]
)
def test_what_was_never_finished_is_said_to_be_so(corner, module, last, monkeypatch):
    corner.settled()
    corner.webhook(NOW + HOUR, event("order", 5, NOW + 1))
    make = {
        "run": corner.plan,
        "tick": corner.tick,
        "undo": lambda now: undo(corner, "plan-1", now),
    }
    with monkeypatch.context() as cut:
        cut.setattr(f"personalization.plan.{module}.{last}", killed)
        with pytest.raises(KeyboardInterrupt):
            make[module](NOW + HOUR)
    name = corner.store.plans()[-1][0]
    with pytest.raises(Stop, match="there is no plan"):
        undo(corner, name, NOW + HOUR)
    corner.tick(NOW + 2 * HOUR)
    corner.plan(NOW + 2 * HOUR)
    finished = name == "plan-2"  # begun again under its name, and never applied
    with pytest.raises(Stop, match="was never applied" if finished else "was never finished"):
        undo(corner, name, NOW + 2 * HOUR)


def killed(*_: object) -> None:
    raise KeyboardInterrupt
