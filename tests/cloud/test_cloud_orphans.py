"""Objects that nothing names are gone a day later; those that something names stay."""

import json
from datetime import timedelta

import pytest

from personalization.models import DAY, Event
from tests.store.histories import ALIASES, ingest

pytest.importorskip("moto")

ANN, BOB = ALIASES[:2]
LATER = 4_000_000_000 * 1_000_000
"""Long after anything that is written here was written."""


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
def store(tmp_path):
    from tests.cloud.shelves import opened

    with opened(tmp_path / "one", "key") as store:
        yield store


def visit(key: str, alias: str, length: int) -> Event:
    return Event(key=key, kind="visit", alias=alias, occurred_at=5, props={"note": "x" * length})


def names(store) -> list[str]:
    return [name for begins in ("body/", "ahead/") for name in store.objects.names(begins)]


def test_what_a_dead_writer_left_goes_and_what_is_named_stays(store):
    ingest(store, visit("long", ANN, 40_000))
    with store.record(1) as recorder:
        recorder.plan("p", "ready", json.dumps({"why": "x" * 5_000}))
    kept = names(store)
    assert len(kept) == 2

    def dies(*_):
        raise Killed

    store._dynamo.write, write = dies, store._dynamo.write
    with pytest.raises(Killed):
        ingest(store, visit("lost", BOB, 50_000))
    store._dynamo.write = write
    store._shelf.desk.clear()
    store.objects.put(f"ahead/{store.contact_of(ANN)}/left", b"{}")
    assert len(names(store)) == 4
    store.compact(1)
    assert len(names(store)) == 4  # written only just: their transaction may be under way
    store.compact(LATER + DAY)
    assert names(store) == kept
    assert [len(event.props["note"]) for event, _ in
            store.events_of(store.contact_of(ANN))] == [40_000]  # fmt: skip
    assert "xxx" in store.plan("p")[1]


def test_what_is_agreed_and_not_done_yet_keeps_its_objects(store):
    """A great change of one contact is agreed in its head and done in parts. Whoever dies between
    leaves objects that only the agreement names."""
    ingest(store, visit("first", ANN, 10))
    real = store._dynamo.write

    def dies_once_agreed(ops):
        if ":a" in (ops[0].values or {}):
            raise Killed
        return real(ops)

    store._dynamo.write = dies_once_agreed
    with pytest.raises(Killed):
        ingest(store, *(visit(f"e{n:03}", ANN, 40_000 if n == 7 else 10) for n in range(150)))
    store._dynamo.write = real
    store._shelf.desk.clear()
    assert any(name.startswith("ahead/") for name in names(store))
    from functions.cloud import orphans

    assert orphans.sweep(store._shelf, LATER) == 0
    texts = {event.key: event.props["note"]
             for event, _ in store.events_of(store.contact_of(ANN))}  # fmt: skip
    assert len(texts) == 151
    assert len(texts["e007"]) == 40_000


def test_a_text_that_was_written_again_meanwhile_stays(store):
    name = "body/somebody/text"
    for body in (b"left by a dead writer", b"written again"):
        store.objects.put(name, body)
    versions = store.objects.client.list_object_versions(
        Bucket=store.objects.bucket, Prefix=store.objects.prefix + name)["Versions"]  # fmt: skip
    old, new = sorted(versions, key=lambda one: one["IsLatest"])
    from functions.cloud.objects import micros

    class Dated:
        """The client, with the first version two days older than the second."""

        def __getattr__(self, what):
            return getattr(client, what)

        def get_paginator(self, _):
            dated = [{**old, "LastModified": old["LastModified"] - timedelta(days=2)}, new]
            return type("Pages", (), {"paginate": lambda *_, **__: [{"Versions": dated}]})()

    client, store.objects.client = store.objects.client, Dated()
    store.objects.remove_before(name, micros(new["LastModified"]) - DAY)
    store.objects.client = client
    assert store.objects.get(name) == b"written again"
    left = client.list_object_versions(
        Bucket=store.objects.bucket, Prefix=store.objects.prefix + name)["Versions"]  # fmt: skip
    assert len(left) == 1


def test_a_row_that_changes_and_keeps_its_long_text_keeps_the_object(store):
    body = json.dumps({"why": "x" * 5_000})
    for state in ("building", "ready", "applied"):
        with store.record(1) as recorder:
            recorder.plan("p", state, body)
        assert store.plan("p") == (state, body)
    with store.record(1) as recorder:
        recorder.plan("twin", "ready", body)
    with store.record(1) as recorder:
        recorder.plan("twin", "superseded", json.dumps({"why": "y" * 5_000}))
    assert store.plan("p") == ("applied", body)
    ingest(store, visit("long", ANN, 40_000))
    ingest(store, Event(key="l", kind="link", alias=BOB, occurred_at=5, props={"other": ANN}))
    assert "long" in [event.key for event, _ in store.events_of(store.contact_of(BOB))]
