"""Whoever is erased is gone from every table and file, and comes back only by their own will."""

import json
import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personalization.models import Event
from tests.store.erasing import crowd, erase, everywhere, opt_in, said
from tests.store.histories import (
    ALIASES,
    ANN,
    BOB,
    NOW,
    SHOP,
    decide,
    events,
    fresh,
    ingest,
    picture,
)


@pytest.mark.parametrize("compacted", [False, True])
def test_erasure_reaches_every_byte(store, compacted):
    size = 300
    crowd(store, size)
    if compacted:
        store.compact(NOW)
    gone = [3, 50, 51, 52, 299]
    for n in gone:
        removed = erase(store, f"email:person{n}@example.com")
        assert removed["events"] == 4
        assert removed["shadow"] == 1
        assert removed["dead_letter"] == 1
    bytes_ = everywhere(store.folder)
    for n in gone:
        assert f"person{n}@".encode() not in bytes_
        assert f"PERSON{n}@".encode() not in bytes_
    assert b"person49@" in bytes_
    assert len(list(store.dead_letters())) == size - len(gone)
    plan = json.loads(store.plan("p")[1])
    assert sum("erased" in one for one in plan["examples"]) == len(gone)


def test_the_past_comes_back_by_no_import(store):
    known = [said("a", ANN, 5), said("b", SHOP, 6), said("l", SHOP, 6, "link", other=ANN)]
    ingest(store, *known)
    old = store.contact_of(ANN)
    erase(store, ANN)
    again = ingest(store, *known, said("c", BOB, 6, "link", other=SHOP))
    assert (again.new, again.erased, again.contacts) == (0, 4, ())
    assert store.contact_of(ANN) is None
    assert store.contact_of(BOB) is None
    assert store.tombstoned([ANN, SHOP]) == {ANN: NOW + 1, SHOP: NOW + 1}
    assert ingest(store, said("d", BOB, NOW + 50)).erased == 1, "linked to somebody erased"
    assert store.erased(old) == NOW + 1


def test_a_fresh_opt_in_starts_somebody_new(store):
    ingest(store, said("a", ANN, 5), said("l", SHOP, 5, "link", other=ANN))
    old = store.contact_of(ANN)
    erase(store, ANN)
    later = NOW + 100
    assert ingest(store, said("b", ANN, later + 5)).erased == 1
    assert ingest(store, opt_in("c", ANN, NOW)).erased == 1, "dated before the erasure"
    took = ingest(store, said("d", ANN, later + 1), opt_in("e", ANN, later), said("a", ANN, 5),
                  said("f", SHOP, later + 2),
                  said("g", SHOP, later + 1, "link", other=ANN))  # fmt: skip
    assert (took.new, took.erased) == (4, 1)
    new = store.contact_of(ANN)
    assert new not in (None, old)
    assert store.contact_of(SHOP) == new
    assert [event.key for event, _ in store.events_of(new)] == ["e", "d", "g", "f"]


def test_two_erasures_make_three_people(store):
    ids = set()
    for round_ in range(3):
        ingest(store, opt_in(f"in{round_}", ANN, NOW * (round_ + 1) * 2))
        ids.add(store.contact_of(ANN))
        with store.record(NOW * (round_ + 1) * 2) as recorder:
            recorder.forget(store.contact_of(ANN))
    assert len(ids) == 3


def test_erasing_reaches_all_that_merged(store):
    ingest(store, said("a", ANN, 5))
    ingest(store, said("b", BOB, 5))
    ids = [store.contact_of(ANN), store.contact_of(BOB)]
    for number, alias in enumerate([ANN, BOB]):
        decide(store, alias, number)
    store.compact(NOW)
    ingest(store, said("l", ANN, 6, "link", other=BOB))
    removed = erase(store, BOB)
    assert (removed["events"], removed["decision"], removed["outbox"]) == (3, 2, 2)
    assert all(store.erased(one) for one in ids)
    seen = picture(store)
    assert not any(seen[table] for table in ("contacts", "events", "standing", "sends"))
    assert [row.state for row in store.outbox()] == ["refused", "refused"]
    assert [(row.old, row.new) for row in store.outbox()] == [({}, {})] * 2


def test_an_erasure_cut_short_is_ended_by_the_next_start(store, monkeypatch):
    ingest(store, said("a", ANN, 5))
    store.compact(NOW)
    monkeypatch.setattr(type(store), "_sweep", lambda _: None)
    erase(store, ANN)
    assert b"ann@" in everywhere(store.folder)
    monkeypatch.undo()
    store.prepare("another key")
    assert b"ann@" not in everywhere(store.folder)


def test_an_erasure_is_open_until_no_reader_keeps_the_log(store, tmp_path):
    ingest(store, said("a", ANN, 5))
    store._connection.execute("PRAGMA busy_timeout = 1")
    with sqlite3.connect(tmp_path / "contacts.sqlite") as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM tail").fetchall()
        erase(store, ANN)
        assert store.setting("sweep") == "due"
        reader.rollback()
    reader.close()
    store.prepare("another key")
    assert store.setting("sweep") is None
    assert b"ann@" not in everywhere(store.folder)


@settings(max_examples=max(20, settings.default.max_examples * 2 // 5))
@given(st.lists(st.one_of(events(), st.sampled_from([*ALIASES, "compact"])), min_size=2,
                max_size=10))  # fmt: skip
def test_nothing_dated_before_an_erasure_is_ever_seen_after_it(history):
    with fresh() as store:
        erased: set[str] = set()
        for number, step in enumerate(history):
            if step == "compact":
                store.compact(1)
            elif isinstance(step, Event):
                ingest(store, step)
            elif contact := store.contact_of(step):
                decide(store, step, number)
                erased.update(store.aliases_of(contact))
                erase(store, step)
        seen = picture(store)
        assert not {row[2] for row in seen["events"]} & erased
        assert not {alias for alias in erased if seen["homes"][alias]}


@pytest.mark.parametrize("compacted", [False, True])
def test_a_refund_told_alone_finds_the_order_of_somebody_erased_buried(store, compacted):
    """It goes by the order's key, and nobody ever said that this is a name of theirs."""
    ingest(store, said("shop/main:order:7", ANN, 5, "order", order="7", amount=500))
    if compacted:
        store.compact(NOW)
    erase(store, ANN)
    refund = said("shop/main:refund:1", "shop/main:order:7", 9, "refund", order="7", amount=500)
    assert (ingest(store, refund).new, store.contact_of("shop/main:order:7")) == (0, None)
