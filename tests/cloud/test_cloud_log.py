"""The log's base on S3: killed anywhere it loses nothing, and an erased person is in no version."""

import json

import numpy as np
import pytest

from personalization.models import Event
from personalization.store import base, compact
from personalization.store.columns import objects
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

pytest.importorskip("moto")


class Counted:
    """A client that counts the calls that change something, and dies at one of them."""

    WRITES = ("put_item", "update_item", "transact_write_items", "put_object", "upload_file",
              "delete_object")  # fmt: skip

    def __init__(self, client, tally: dict[str, int]) -> None:
        self._client, self._tally = client, tally

    def __getattr__(self, name: str):
        real = getattr(self._client, name)
        if name not in self.WRITES:
            return real

        def call(*given, **named):
            if self._tally["passed"] == self._tally["die_at"]:
                raise Killed
            self._tally["passed"] += 1
            return real(*given, **named)

        return call


@pytest.fixture
def desks(tmp_path):
    """Makes processes at one table."""
    from contextlib import ExitStack

    from tests.cloud.shelves import opened, table

    over = table()
    with ExitStack() as stack:
        yield lambda name: stack.enter_context(opened(tmp_path / name, "key", over, clock=clock))


def clock() -> int:
    """Always later than any lease of before: whoever held it is dead."""
    clock.now += 10**12
    return clock.now


clock.now = 0


def live(store, round_: int) -> None:
    """New events, a replaced key, a merge over the base."""
    ingest(store, visit(f"a{round_}", ANN, city="Lyon"), visit("b", BOB, 5 + round_),
           visit("c", SHOP if round_ % 2 else ANN, 5 + round_))  # fmt: skip
    decide(store, BOB, round_)
    if round_ == 1:
        ingest(store, Event(key="l", kind="link", alias=ANN, occurred_at=5, props={"other": BOB}))


def test_a_compaction_killed_at_any_write_loses_nothing(desks):
    reader = desks("reader")
    live(reader, 0)
    reader.compact(NOW)
    first, before = reader.watermark(), picture(reader)
    live(reader, 1)
    now, die_at, died = picture(reader), 0, True
    while died:
        store = desks(f"dies at {die_at}")
        tally = {"passed": 0, "die_at": die_at}
        store._dynamo.client = Counted(store._dynamo.client, tally)
        store.objects.client = Counted(store.objects.client, tally)
        try:
            store.compact(NOW)
            died = False
        except Killed:
            pass
        assert picture(reader) == now
        die_at += 2
    assert die_at > 8
    assert picture(reader, first) == before
    assert desks("last").compact(NOW) == 0
    assert len(list(reader.objects.names("events/"))) <= 2


def test_a_grown_base_is_split_and_read_by_groups_and_by_contacts(desks, monkeypatch):
    monkeypatch.setattr(compact, "TARGET", 20)
    monkeypatch.setattr(base, "ROW_GROUP", 8)
    store = desks("one")
    for round_ in range(2):
        ingest(store, *(visit(f"{round_}-{n}", f"shop/main:{n % 12}", n) for n in range(36)))
        everyone = picture(store)["events"]
        assert store.compact(NOW) == 36
        assert picture(store)["events"] == everyone
    assert len(list((store.folder / "events").glob("*.parquet"))) > 2
    groups = store.groups(events=20)
    assert [one.first for one in groups[1:]] == [one.last + 1 for one in groups[:-1]]
    assert (groups[0].first, groups[-1].last) == (0, 255)
    apart = [row for scope in groups for row in loaded(store, scope, None)["events"]]
    assert sorted(apart) == everyone
    ids = tuple(row[1] for row in picture(store)["contacts"])[:3]
    store._dynamo.calls.clear()
    some = loaded(store, Scope(ids=ids), None)["events"]
    assert some == [row for row in everyone if row[3] in ids]


def everything(store) -> bytes:
    """All bytes that the table, every version in the bucket, and the desk hold."""
    client, found = store._dynamo.client, b""
    for page in client.get_paginator("scan").paginate(TableName=store._dynamo.name):
        found += json.dumps(page["Items"]).encode()
    bucket, s3 = store.objects.bucket, store.objects.client
    for page in s3.get_paginator("list_object_versions").paginate(
        Bucket=bucket, Prefix=store.objects.prefix
    ):
        for one in page.get("Versions", ()):
            body = s3.get_object(Bucket=bucket, Key=one["Key"], VersionId=one["VersionId"])["Body"]
            found += one["Key"].encode() + body.read()
    for file in sorted(store.folder.rglob("*")):
        found += file.read_bytes() if file.is_file() else b""
    return found


def crowd(store, size: int) -> None:
    people = [f"email:person{n}@example.com" for n in range(size)]
    for half in range(3):
        ingest(store, *(visit(f"{half}-{n}", one, note=f"person{n}@example.com")
                        for n, one in enumerate(people)))  # fmt: skip
        if half < 2:
            store.compact(NOW)
    ids = [store.contact_of(one) for one in people]
    long = [json.dumps({"F": f"person{n}@example.com" * 2_000}) for n in range(size)]
    with store.record(NOW) as recorder:
        recorder.shadows("mailchimp", "main", "pulled", {
            "contact": objects(ids), "outside_id": objects(ids), "email": objects(people),
            "status": objects(["subscribed"] * size), "values": objects(long),
            "tags": objects(["[]"] * size), "observed_at": np.full(size, 5)})  # fmt: skip
        recorder.plan("p", "ready", json.dumps({"examples": [
            {"contact": one, "new": name * 1_000}
            for one, name in zip(ids, people, strict=True)]}))  # fmt: skip


@pytest.mark.parametrize("cut_short", [False, True])
def test_erasure_reaches_every_item_object_and_version(desks, cut_short):
    store = desks("one")
    crowd(store, 6)
    gone = store.contact_of("email:person3@example.com")
    assert everything(store).count(b"person3@") > 3
    if cut_short:
        store._sweep = lambda: None
    with store.record(NOW) as recorder:
        assert recorder.forget(gone)["events"] == 3
    if cut_short:
        store.__dict__.pop("_sweep")
        store = desks("two")
    found = everything(store)
    assert b"person3@" not in found
    assert b"person4@" in found
    assert len(picture(store)["events"]) == 15
    assert store.count_shadows("mailchimp", "main") == 5
    assert store.erased(gone)


def test_a_restored_table_forgets_again_before_it_is_read(desks):
    from functions.cloud.erasing import apply_tombstones

    store = desks("one")
    ingest(store, visit("a", ANN), visit("b", BOB))
    gone = store.contact_of(ANN)
    store.objects.put(f"erased/{gone}", b"")
    restored = desks("two")
    assert apply_tombstones(restored, NOW) == 1
    assert apply_tombstones(restored, NOW) == 0
    assert restored.contact_of(ANN) is None
    assert ANN in restored.tombstoned([ANN])
    assert restored.contact_of(BOB)
