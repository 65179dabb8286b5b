"""Compaction changes where rows lie and nothing that anybody reads, wherever it is killed."""

import json
import os
import shutil
from contextlib import suppress
from pathlib import Path

import pytest

from personalization.models import Event
from personalization.store import base, compact, connection
from personalization.store.embedded import open_store
from personalization.store.protocol import Scope
from tests.store.histories import (
    ANN,
    BOB,
    NOW,
    SHOP,
    Killed,
    decide,
    ingest,
    loaded,
    picture,
    visit,
)


def live(store) -> list[tuple[int, dict]]:
    """A history with rows in every place: two bases, a tail, a merge, replaced keys."""
    seen = []

    def took(*some: Event) -> None:
        ingest(store, *some)
        seen.append((store.watermark(), picture(store)))

    took(visit("a", ANN, city="Lyon"), visit("b", BOB), visit("c", SHOP))
    store.compact(NOW)
    took(visit("a", ANN, 6, city="Nice"), visit("c", BOB, 7), visit("d", SHOP))
    decide(store, BOB, 1)
    store.compact(NOW)
    took(visit("b", BOB, 8), visit("e", ANN))
    took(Event(key="l", kind="link", alias=ANN, occurred_at=5, props={"other": BOB}))
    return seen


class Points:
    """Counts the moments at which something becomes durable, and dies at one of them."""

    def __init__(self, monkeypatch, die_at: int | None) -> None:
        self.passed, self._die_at = 0, die_at
        for module, name in ((os, "replace"), (os, "fsync"), (connection, "commit")):
            monkeypatch.setattr(module, name, self.guarded(getattr(module, name)))

    def guarded(self, real):
        def step(*given):
            self.point()
            done = real(*given)
            self.point()
            return done

        return step

    def point(self) -> None:
        if self.passed == self._die_at:
            raise Killed
        self.passed += 1


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    """A folder with that history, and what was read of it while it happened."""
    folder = tmp_path_factory.mktemp("lived")
    with open_store(folder, "key") as store:
        seen = live(store)
    return folder, seen


def killed(lived, tmp_path, monkeypatch, die_at: int | None) -> int:
    """Compacts a copy of that folder, dying at a point; checks what is read then and later;
    returns how many points were passed."""
    folder, seen = lived
    copy = Path(shutil.copytree(folder, tmp_path / f"at {die_at}"))
    (first, before), (last, now) = seen[0], seen[-1]
    with open_store(copy) as store:
        with monkeypatch.context() as patch:
            points = Points(patch, die_at)
            with suppress(Killed):
                store.compact(NOW)
        assert picture(store, last) == now
        store.compact(NOW)
        assert picture(store) == now
        assert picture(store, first) == before
    return points.passed


def test_killed_anywhere_nothing_is_lost(lived, tmp_path, monkeypatch):
    total = killed(lived, tmp_path, monkeypatch, None)
    assert total > 10
    for die_at in range(total):
        assert killed(lived, tmp_path, monkeypatch, die_at) == die_at


def test_rows_of_the_tail_are_counted_and_gone(store):
    live(store)
    assert store.compact(NOW) > 0
    assert store.compact(NOW) == 0


def test_a_file_stays_for_readers_until_the_next_compaction(store):
    ingest(store, visit("a", ANN))
    store.compact(NOW)
    (first,) = (store.folder / "events").glob("*.parquet")
    ingest(store, visit("b", ANN))
    store.compact(NOW)
    assert first.exists()
    store.compact(NOW)
    assert not first.exists()


def test_a_conflict_with_the_base_is_seen_when_it_arrives(store):
    ingest(store, visit("a", ANN, 5, n=1), visit("b", ANN, 5))
    store.compact(NOW)
    again = ingest(store, visit("b", ANN, 5))
    assert (again.duplicates, again.contacts) == (1, ())
    assert ingest(store, visit("a", ANN, 4, n=9)).conflicts == 1
    assert ingest(store, visit("a", BOB, 6, n=2)).replaced == 1
    rows = {row[0]: (row[2], row[-1]) for row in picture(store)["events"]}
    assert rows == {"a": (BOB, '{"n":2}'), "b": (ANN, "{}")}
    store.compact(NOW)
    rows = {row[0]: (row[2], row[-1]) for row in picture(store)["events"]}
    assert rows == {"a": (BOB, '{"n":2}'), "b": (ANN, "{}")}


def test_a_grown_base_is_split_into_files_and_groups(store, monkeypatch):
    monkeypatch.setattr(compact, "TARGET", 50)
    monkeypatch.setattr(base, "ROW_GROUP", 8)
    for round_ in range(4):
        ingest(store, *(visit(f"{round_}-{n}", f"shop/main:{n % 70}", n) for n in range(90)))
        everyone = picture(store)["events"]
        store.compact(NOW)
        assert picture(store)["events"] == everyone
    assert len(list((store.folder / "events").glob("*.parquet"))) > 4
    groups = store.groups(events=60)
    assert [one.first for one in groups[1:]] == [one.last + 1 for one in groups[:-1]]
    assert (groups[0].first, groups[-1].last) == (0, 255)
    apart = [row for scope in groups for row in loaded(store, scope, None)["events"]]
    assert sorted(apart) == everyone
    ids = tuple(row[1] for row in picture(store)["contacts"])[:5]
    some = loaded(store, Scope(ids=ids), None)["events"]
    assert some == [row for row in everyone if row[3] in ids]


def test_what_parquet_holds_reads_as_what_the_tail_held(store):
    odd = [
        visit("a", ANN, amount="7", rating=4.5, city=5, order=12, page={"x": 1}, offset=True),
        visit("b", ANN, amount=2**70, latitude=-3, lines="none", currency=None),
        visit("c", ANN, product="p", price=3, quantity=2, category="c"),
        visit("d", ANN, product="p", price=2**62, quantity=8),
        visit("e", ANN, lines=[{"product": "p", "amount": "x"}, {"quantity": 1}, 4, None]),
        visit("f", ANN, lines=[], product="p"),
        visit("g", ANN, city="nul\x00 and \ud800", amount=float("nan")),
    ]
    ingest(store, *odd)
    before = picture(store)["events"]
    found = {row[0]: dict(zip(("amount", "currency", "order", "rating", "city", "page", "channel",
                               "latitude", "longitude", "offset", "lines"), row[6:17], strict=True))
             for row in before}  # fmt: skip
    assert found["a"] == dict.fromkeys(found["a"]) | {
        "amount": 7, "city": "5", "order": "12", "page": '{"x":1}'}  # fmt: skip
    assert found["b"] == dict.fromkeys(found["b"]) | {"latitude": -3}
    lines = {key: row["lines"] and json.loads(row["lines"]) for key, row in found.items()}
    assert lines["c"] == [{"product": "p", "quantity": 2, "amount": 6, "category": "c"}]
    assert lines["d"] == [{"product": "p", "quantity": 8, "amount": None, "category": None}]
    assert lines["e"] == [{"product": "p", "quantity": 1, "amount": None, "category": None}]
    assert lines["f"] == []
    assert found["g"]["city"] == "nul\x00 and \ufffd"
    store.compact(NOW)
    assert picture(store)["events"] == before
