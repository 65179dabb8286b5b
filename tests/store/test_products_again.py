"""A whole catalogue is kept at hand, and never an old one or one that was undone."""

import pytest

from personalization.engine import Engine
from personalization.models import Product


def names(store, version=None):
    with Engine() as engine:
        store.load_products(engine, version)
        return [row[0] for row in engine.rows("SELECT name FROM products ORDER BY id")]


def put(store, now, name):
    with store.record(now) as recorder:
        recorder.products([Product(id="p1", name=name)])


def test_what_has_changed_shows_at_once_and_older_versions_stay(store):
    put(store, 1_000, "Tea")
    first = store.setting("catalogue")
    assert names(store) == ["Tea"]
    put(store, 2_000, "Green tea")
    assert names(store) == ["Green tea"]
    assert names(store, first) == ["Tea"]
    assert names(store) == ["Green tea"]


def test_what_a_transaction_undid_was_never_there(store):
    put(store, 1_000, "Tea")

    def undone():
        with store.record(2_000) as recorder:
            recorder.products([Product(id="p1", name="Nothing")])
            assert names(store) == ["Nothing"]
            raise RuntimeError("undone")

    with pytest.raises(RuntimeError, match="undone"):
        undone()
    put(store, 2_000, "Green tea")
    assert names(store) == ["Green tea"]
