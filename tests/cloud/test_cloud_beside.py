"""What another process wrote is met by whoever reads, and what is set up can be moved by any."""

import json

import numpy as np

from personalization.engine import Engine
from personalization.store.columns import objects
from personalization.store.protocol import Scope
from tests.store.histories import ANN, BOB, NOW, ingest, picture, send, visit


def test_what_a_plan_sets_up_is_nobodys_and_any_process_can_move_it(pair):
    one, two = pair
    with one.record(NOW) as recorder:
        recorder.outbox([send("", None, kind="setup", plan="p", moment=None)] * 2)
    with one.record(NOW) as recorder:
        recorder.outbox([send("", None, kind="setup", plan="q", moment=None)])
    with two.record(NOW) as recorder:
        recorder.outbox_state([1], "confirmed")
    assert [(row.id, row.state) for row in one.outbox(plan="p")] == [
        (1, "confirmed"), (2, "planned")]  # fmt: skip
    assert picture(two)["contacts"] == []


def test_a_transaction_may_read_everyone_and_keeps_what_it_has_changed(pair):
    one, two = pair
    ingest(two, visit("a"), visit("b", BOB))
    ann, bob = two.contact_of(ANN), two.contact_of(BOB)
    with Engine() as engine:
        one.load(engine, Scope(ids=(ann,)), NOW)
    told = {"contact": objects([ann, bob]), "outside_id": objects(["1", "2"]),
            "email": objects([None] * 2), "status": objects(["subscribed"] * 2),
            "values": objects(["{}"] * 2), "tags": objects(["[]"] * 2),
            "observed_at": np.full(2, 5)}  # fmt: skip
    with two.record(NOW) as recorder:
        recorder.shadows("mailchimp", "main", "pulled", told)
    everyone = sorted([ann, bob])
    with one.record(NOW) as recorder:
        recorder.outbox([send(bob, "s1")])
        seen = one.shadows("mailchimp", "main", Scope())["contact"].tolist()
        assert bob in seen
    assert two.shadows("mailchimp", "main", Scope())["contact"].tolist() == everyone
    assert one.shadows("mailchimp", "main", Scope())["contact"].tolist() == everyone
    assert [row.key for row in two.outbox(contacts=[bob])] == ["s1"]


def test_what_another_wrote_is_met_by_whoever_looks_the_contact_up(pair):
    one, two = pair
    ingest(one, visit("a"))
    before = one.watermark()
    ingest(two, visit("b"), visit("c", BOB))
    one.erased(one.contact_of(ANN))  # as the decision API does before it gives what it remembers
    assert one.watermark() > before
    assert one.watermark() == [at for _, at in two.events_of(two.contact_of(ANN))][-1]


def test_listing_plans_and_facts_reads_none_of_their_texts(pair):
    one, two = pair
    with two.record(NOW) as recorder:
        for n in range(5):
            recorder.plan(f"p{n}", "ready", json.dumps({"examples": "x" * 20_000}))
            recorder.facts(f"v{n}", n, json.dumps({"popularity": "x" * 20_000}))
    read: list[str] = []
    one.objects.get = lambda name: read.append(name) or two.objects.get(name)
    assert len(one.plans()) == 5
    assert one.facts_as_of(3) == "v3"
    assert read == []
    items = [item for name in ("plan", "facts") for item in one._dynamo.query(f"G#{name}")]
    assert max(sum(len(str(value)) for value in item.values()) for item in items) < 400
    assert "xxx" in one.plan("p2")[1]
    assert len(read) == 1


def test_only_sends_of_plans_that_nobody_has_to_apply_join_another(pair):
    one, two = pair
    ingest(one, visit("a"), visit("b", BOB))
    ann, bob = one.contact_of(ANN), one.contact_of(BOB)
    with one.record(NOW) as recorder:
        for id_, state in (("parked", "parked"), ("over", "superseded"), ("new", "building")):
            recorder.plan(id_, state, "{}")
        recorder.outbox([send(ann, "s1", plan="parked"), send(bob, "s2", plan="over")])
    with two.record(NOW) as recorder:
        assert recorder.adopt_sends("new", "mailchimp", "main") == 1
    assert [(row.key, row.plan) for row in one.outbox(kinds=("send",))] == [
        ("s1", "parked"), ("s2", "new")]  # fmt: skip
