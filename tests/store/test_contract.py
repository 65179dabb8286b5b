"""What every store promises about the small things: each would be noticed by whoever calls it."""

import json

import numpy as np
import pytest

from personalization.engine import Engine
from personalization.errors import Stop
from personalization.models import Event, Product
from personalization.store.columns import objects
from personalization.store.protocol import Recorder, Scope, Store
from tests.store.histories import (
    ANN,
    BOB,
    NOW,
    SHOP,
    decide,
    decision,
    exposure,
    ingest,
    loaded,
    picture,
)
from tests.store.meeting import link, meet


def keeps_the_contract(store, recorder) -> tuple[Store, Recorder]:
    """For the type checker: this is all that there is to be a store."""
    return store, recorder


def test_small_values_and_versions_are_kept(store):
    with store.record(NOW) as recorder:
        recorder.setting("cursor", "1")
        recorder.setting("cursor", "2")
        recorder.playbook("hash", {"a.yaml": "text"})
        recorder.facts("v1", 500, '{"a":1}')
        recorder.plan("p1", "building", "{}")
    with store.record(NOW) as recorder:
        recorder.facts("v2", 500, "{}")
        recorder.plan("p2", "ready", "{}")
        recorder.plan("p1", "applied", '{"x":1}')
    assert (store.setting("cursor"), store.setting("none")) == ("2", None)
    assert (store.playbook("hash"), store.playbook("none")) == ({"a.yaml": "text"}, None)
    assert (store.facts("v1"), store.facts("none")) == ('{"a":1}', None)
    assert (store.facts_as_of(500), store.facts_as_of(499)) == ("v2", None)
    assert store.plans() == [("p1", "applied", NOW), ("p2", "ready", NOW + 1)]
    assert (store.plan("p1"), store.plan("none")) == (("applied", '{"x":1}'), None)


def test_webhooks_wait_until_taken(store):
    with store.record(NOW) as recorder:
        ids = [recorder.accept("shop", "main", body) for body in ("a", "b", "c")]
        recorder.taken(ids[:1])
        recorder.dead_letter("b", "odd")
    assert store.waiting(1) == [(ids[1], "shop", "main", "b")]
    assert list(store.dead_letters()) == [("b", "odd", NOW)]


def test_a_catalogue_version_stays_readable(store):
    def read(version=None):
        with Engine() as engine:
            found = store.load_products(engine, version)
            return found, engine.rows("SELECT id, price, in_stock FROM products")

    empty, _ = read()
    with store.record(NOW) as recorder:
        recorder.products([Product(id="b", name="B", price=2), Product(id="a", name="A")])
    first, rows = read()
    assert rows == [("a", None, True), ("b", 2, True)]
    with store.record(NOW) as recorder:
        recorder.products([Product(id="b", name="B", price=2)])
    assert read()[0] == first
    with store.record(NOW) as recorder:
        recorder.products([Product(id="b", name="B", price=3, in_stock=False)])
    assert read() != (first, rows)
    assert read()[1] == [("a", None, True), ("b", 3, False)]
    assert read(first) == (first, rows)
    assert read(empty) == (empty, [])
    with pytest.raises(Stop, match="no catalogue version"):
        read("nonsense")


def test_shadows_are_upserted_and_read_in_contact_order(store):
    ids = sorted(meet(store, ANN, BOB, SHOP))

    def shadow(contacts, status, **more):
        count = len(contacts)
        return {"contact": objects(contacts), "outside_id": objects(contacts),
                "email": objects([None] * count), "status": objects([status] * count),
                "values": objects(["{}"] * count), "tags": objects(["[]"] * count),
                "observed_at": np.full(count, 5)} | more  # fmt: skip

    with store.record(NOW) as recorder:
        told = {"told": objects(["x", "y", "z"])}
        recorder.shadows("mailchimp", "main", "pulled", shadow(ids, "subscribed", **told))
        recorder.shadows("mailchimp", "main", "readback", shadow(ids[:1], "unsubscribed"))
    seen = store.shadows("mailchimp", "main", Scope())
    assert seen["contact"].tolist() == ids
    assert seen["status"].tolist() == ["unsubscribed", "subscribed", "subscribed"]
    assert seen["told"].tolist() == ["x", "y", "z"]
    assert seen["seen"].tolist() == [NOW + 1] * 3
    assert store.count_shadows("mailchimp", "main") == 2
    assert store.count_shadows("mailchimp", "other") == 0
    some = store.shadows("mailchimp", "main", Scope(ids=tuple(ids[1:])))
    assert some["contact"].tolist() == ids[1:]
    assert store.shadows("mailchimp", "other", Scope())["contact"].tolist() == []


def test_one_person_with_two_records_has_one_shadow(store):
    ids = meet(store, ANN, BOB)
    with store.record(NOW) as recorder:
        recorder.shadows("mailchimp", "main", "pulled", {
            "contact": objects(ids), "outside_id": objects(["r1", "r2"]),
            "email": objects([None, None]), "status": objects(["unsubscribed", "subscribed"]),
            "values": objects(["{}", "{}"]), "tags": objects(["[]", "[]"]),
            "observed_at": np.full(2, 5)})  # fmt: skip
    ingest(store, link("l", ANN, BOB))
    seen = store.shadows("mailchimp", "main", Scope())
    assert seen["contact"].tolist() == [store.contact_of(ANN)]
    assert seen["outside_id"].tolist() == ["r2"], "the record that may be written"


def test_an_exposed_decision_no_longer_stands(store):
    (a,) = meet(store, ANN)
    with store.record(NOW) as recorder:
        recorder.decisions(decision(a, "d1"), {})
        recorder.decisions(decision(a, "d2", slot="foot"), {})
    with store.record(NOW) as recorder:
        recorder.exposures(exposure(a, "x1", "d1"))
        recorder.exposures(exposure(a, "x1", "d1"))
        recorder.exposures(exposure(a, "x2", None))
    assert [row[2] for row in picture(store)["standing"]] == ["d2"]
    assert [one["id"] for one in store.decisions_of(a)] == ["d2", "d1"]
    assert store.decisions_of(a)[0]["slot"] == "foot"
    assert len(store.export(a)["exposures"]) == 2


def test_an_arm_once_given_stays_and_a_mix_is_marked(store):
    a, b = meet(store, ANN, BOB)
    with store.record(NOW) as recorder:
        recorder.arms([a, b], ["treated", "holdout"])
        recorder.arms([a], ["holdout"])
    assert {row[1]: row[8:] for row in picture(store)["contacts"]} == {
        a: ("treated", False), b: ("holdout", False)}  # fmt: skip
    ingest(store, link("l", ANN, BOB))
    survivor = store.contact_of(BOB)
    arms = {a: "treated", b: "holdout"}
    assert [row[1:2] + row[8:] for row in picture(store)["contacts"]] == [
        (survivor, arms[survivor], True)]  # fmt: skip


def test_a_merge_keeps_the_elder_and_what_was_written_to_both(store):
    (a,) = meet(store, BOB)
    (b,) = meet(store, ANN)
    for number, alias in enumerate([BOB, ANN]):
        decide(store, alias, number)
    with store.record(NOW) as recorder:
        recorder.due([(5, b, "cart", "k")])
    merged = ingest(store, link("l", ANN, BOB))
    assert (merged.contacts, merged.merged) == ((a,), 1)
    assert (store.contact_of(ANN), store.contact_of(ANN, merged_before(store))) == (a, b)
    assert store.aliases_of(a) == [ANN, BOB]
    told = store.introduced([a, b])
    assert {one: (list(told[one].aliases), list(told[one].decisions)) for one in told} == {
        one: (store.aliases_of(one), store.decisions_of(one)) for one in (a, b)}  # fmt: skip
    assert len(told[b].decisions) == 2
    with store.record(NOW) as recorder:
        recorder.done([(b, "k")])
    assert store.due(9) == [(5, a, "cart", "k")]
    assert {row[0] for row in picture(store)["sends"]} == {a}
    assert [row[1] for row in picture(store)["sends"]] == ["send 0", "send 1"]
    assert [(row[0], row[2]) for row in picture(store)["standing"]] == [(a, "d0")]
    assert {row.contact for row in store.outbox(contacts=[a])} == {a}


def merged_before(store) -> int:
    return store.watermark() - 1


def test_consent_is_the_latest_word_of_each_destination(store):
    def said(key, alias, at, by, state):
        return Event(
            key=key,
            kind="consent",
            alias=alias,
            occurred_at=at,
            props={"by": by, "channel": "email", "purpose": "marketing", "state": state},
        )

    ingest(store, said("a", ANN, 5, "mailchimp/main", "out"),
           said("b", ANN, 4, "mailchimp/main", "in"), said("c", ANN, 4, "my shop", "in"),
           said("d", ANN, 9, "my shop", "perhaps"))  # fmt: skip
    contact = store.contact_of(ANN)
    assert store.consent([contact, "0" * 32]) == {contact: {
        "mailchimp/main email marketing": "out", "my_shop email marketing": "in"}}  # fmt: skip


def test_every_contact_has_its_own_moment_where_asked(store):
    ids = sorted(meet(store, ANN, BOB, SHOP))
    with Engine() as engine:
        assert store.load(engine, Scope(), {ids[2]: 7, ids[0]: 9, "0" * 32: 1}) == NOW
        assert engine.rows("SELECT i, id, now FROM contacts") == [(0, ids[0], 9), (1, ids[2], 7)]
        assert engine.rows("SELECT count(*) FROM events") == [(2,)]
        store.load(engine, Scope(first=0, last=int(ids[0][:2], 16)), 5)
        assert engine.rows("SELECT id, now FROM contacts") == [(ids[0], 5)]


def test_ids_from_outside_are_texts_and_nothing_else(store):
    meet(store, ANN)
    odd = ('x"]', "'; DROP TABLE contacts; --", "\\")
    assert loaded(store, Scope(ids=odd), None)["contacts"] == []
    assert store.events_of(odd[0]) == []


def test_an_export_is_plain_data_and_whole(store):
    a, _ = meet(store, ANN, BOB)
    decide(store, ANN, 1)
    ingest(
        store,
        link("l", ANN, BOB),
        Event(key="k", kind="attributes", alias=ANN, occurred_at=3, props={"set": {"name": "Ann"}}),
    )
    store.compact(NOW)
    found = json.loads(json.dumps(store.export(a)))
    assert found["aliases"] == [ANN, BOB]
    assert found["contact"]["attributes"] == {"name": "Ann"}
    assert {one["key"] for one in found["events"]} == {f"met {ANN}", f"met {BOB}", "l", "k"}
    assert len(found["decisions"]) == len(found["memberships"]) == len(found["outbox"]) == 1
    assert found["outbox"][0]["new"]["trigger"] == "t"


def test_a_store_of_a_newer_program_is_left_alone(store):
    with store.record(NOW):
        store._connection.execute("PRAGMA user_version = 99")
    with pytest.raises(Stop, match="newer program"):
        store.prepare("key")
