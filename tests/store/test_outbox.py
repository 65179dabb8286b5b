"""What every store promises about the outbox: rows by page and plan, and what becomes of them when a plan ends."""

import json
from itertools import product

import numpy as np

from personalization.models import OutboxRow
from personalization.store.columns import objects
from personalization.store.outbox import KINDS, STATES
from tests.store.histories import (
    ANN,
    BOB,
    NOW,
    send,
)
from tests.store.meeting import fields, meet


def test_the_outbox_pages_filters_and_counts(store):
    a, b = sorted(meet(store, ANN, BOB))
    with store.record(NOW) as recorder:
        rows = [fields(one, account=place) for one in (a, b) for place in ("main", "other")]
        assert recorder.outbox(iter(rows)) == 4
        assert recorder.outbox([send(a, "s1", plan="p"), send(a, "s1"), send(b, "s2")]) == 2
    assert [row.model_copy(update={"id": 0}) for row in store.outbox(most=4)] == rows
    ids = [row.id for row in store.outbox()]
    assert [row.id for row in store.outbox(after=ids[1], most=2)] == ids[2:4]
    assert [row.contact for row in store.outbox(contacts=[b], account="main")] == [b, b]
    assert len(store.outbox(plan="p", kinds=["fields"], destination="mailchimp")) == 4
    assert len(store.outbox(due_by=6)) == 4
    assert len(store.outbox(due_by=7, kinds=["send"])) == 2
    with store.record(NOW) as recorder:
        recorder.outbox_state(ids[:2], "sent", call="c1", attempted=True)
        recorder.outbox_state(ids[1:2], "refused", reason="why")
        recorder.outbox_state(ids[2:3], "sent", attempted=True)
    with store.record(NOW) as recorder:
        recorder.outbox_state(ids[2:3], "planned")
        recorder.untried(ids[2:3])
    first, second = store.outbox(plan="p", states=["refused", "sent"])
    assert (first.state, first.call, first.attempt, first.reason) == ("sent", "c1", 1, None)
    assert (second.state, second.call, second.reason) == ("refused", "c1", "why")
    assert store.outbox_counts("p") == {
        ("fields", "planned", None, False): 2, ("fields", "sent", None, True): 1,
        ("fields", "refused", "why", True): 1, ("send", "planned", None, False): 1}  # fmt: skip


def test_a_superseded_plan_drops_its_rows_and_keeps_its_sends(store):
    (a,) = meet(store, ANN)
    with store.record(NOW) as recorder:
        recorder.outbox([fields(a), fields(a), send(a, "s", plan="p"),
                         send(a, "t", account="other")])  # fmt: skip
    with store.record(NOW) as recorder:
        recorder.outbox_state([1], "confirmed")
        recorder.drop_planned("p")
    assert [(row.id, row.plan) for row in store.outbox()] == [(1, "p"), (3, ""), (4, "")]
    with store.record(NOW) as recorder:
        assert recorder.adopt_sends("q", "mailchimp", "main") == 1
    assert [row.key for row in store.outbox(plan="q")] == ["s"]


def test_plans_that_ended_can_be_dropped(store):
    with store.record(NOW) as recorder:
        recorder.plan("tick-1", "applied", "x" * 5_000)
        recorder.plan("tick-2", "applied", "{}")
    with store.record(NOW) as recorder:
        recorder.drop_plans(["tick-1", "never-there"])
    assert [id_ for id_, _, _ in store.plans()] == ["tick-2"]
    assert (store.plan("tick-1"), store.plan("tick-2")) == (None, ("applied", "{}"))


def test_a_part_of_a_plan_is_taken_back_alone(store):
    some = sorted(meet(store, ANN, BOB))
    with store.record(NOW) as recorder:
        recorder.outbox([fields(one) for one in some])
        recorder.outbox([send(one, one, plan="p") for one in some])
    first = int(some[0][:2], 16)
    with store.record(NOW) as recorder:
        recorder.drop_planned("p", (0, first))
    left = [one for one in some if int(one[:2], 16) > first]
    assert [row.contact for row in store.outbox(plan="p", kinds=["fields"])] == left
    assert [row.contact for row in store.outbox(plan="p", kinds=["send"])] == left


def test_many_outbox_rows_travel_as_columns(store):
    a, b = sorted(meet(store, ANN, BOB))
    rows = [fields(a, decision="it's one"), fields(b, decision="other"), fields(b, plan="it's two")]
    with store.record(NOW) as recorder:
        assert recorder.outbox_columns(*columns_of(rows[:2])) == 2
        assert recorder.outbox_columns(*columns_of(rows[2:])) == 1
    assert [row.model_copy(update={"id": 0}) for row in store.outbox()] == rows


def columns_of(rows: list[OutboxRow]) -> tuple[dict[str, np.ndarray], dict[str, object]]:
    """Rows of one kind as columns, and what they share: whatever nobody has is said of nobody."""
    given = {name: [getattr(row, name) for row in rows] for name in OutboxRow.model_fields}
    shared = {
        name: given.pop(name)[0] for name in ("plan", "destination", "account", "kind", "state")
    }
    for name in ("old", "new"):
        given[name] = [json.dumps(one) for one in given[name]]
    return {name: objects(values) for name, values in given.items()
            if name != "id" and any(values)}, shared  # fmt: skip


def test_due_rows_are_unique_and_looks_are_replaced(store):
    a, b = sorted(meet(store, ANN, BOB))
    with store.record(NOW) as recorder:
        recorder.due([(5, a, "look", "a1"), (3, b, "look", "b1"), (4, a, "cart", "a2")])
        recorder.due([(9, b, "look", "b1")])
    assert store.due(8) == [(4, a, "cart", "a2"), (5, a, "look", "a1")]
    with store.record(NOW) as recorder:
        recorder.due([(6, a, "look", "a3")], instead_of=[a])
        recorder.done([(b, "b1"), (a, "b1")])
    assert store.due(100) == [(4, a, "cart", "a2"), (6, a, "look", "a3")]
    assert store.due(100, 1) == [(4, a, "cart", "a2")]


def test_without_a_plan_every_state_and_kind_is_found_whatever_index_it_is_in(store):
    (ann,) = meet(store, ANN)
    pairs = list(product(STATES, KINDS))
    with store.record(NOW) as recorder:
        recorder.outbox(
            OutboxRow(id=0, plan=f"p{n % 3}", destination="mailchimp", account="main", contact=ann,
                      kind=kind, old={}, new={"n": n}, key=f"k{n}" if kind == "send" else None)
            for n, (_, kind) in enumerate(pairs)
        )  # fmt: skip
    ids = {one.new["n"]: one.id for one in store.outbox()}
    with store.record(NOW) as recorder:
        for n, (state, _) in enumerate(pairs):
            recorder.outbox_state([ids[n]], state)
    for state, kind in pairs:
        (found,) = store.outbox(states=(state,), kinds=(kind,))
        assert (found.state, found.kind) == (state, kind)
    assert [one.id for one in store.outbox()] == sorted(ids.values())
