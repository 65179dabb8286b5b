"""Whatever a shop lives through, the store on AWS says byte for byte what the one at home says, of
now and of every moment before."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personalization.store.embedded import open_store
from personalization.store.protocol import Scope
from tests.store.histories import (
    ALIASES,
    NOW,
    decide,
    events,
    fail_sends,
    ingest,
    loaded,
    picture,
    root,
)

pytest.importorskip("moto")

steps = st.one_of(
    st.lists(events(), min_size=1, max_size=4).map(lambda batch: ("ingest", batch)),
    st.sampled_from(ALIASES).map(lambda alias: ("decide", alias)),
    st.sampled_from(ALIASES).map(lambda alias: ("forget", alias)),
    st.sampled_from(["compact", "compact", "fail"]).map(lambda what: (what, None)),
)


def live(store, number, step):
    what, given_ = step
    if what == "ingest":
        return ingest(store, *given_)
    if what == "decide":
        return decide(store, given_, number)
    if what == "fail":
        return fail_sends(store)
    if what == "compact":
        return store.compact(1) and None
    contact = store.contact_of(given_)
    if contact:
        with store.record(NOW) as recorder:
            return recorder.forget(contact)
    return None


@settings(max_examples=max(6, settings.default.max_examples // 8))
@given(st.lists(steps, min_size=3, max_size=8))
def test_every_history_reads_as_it_does_at_home(history):
    from tests.cloud.shelves import opened

    with tempfile.TemporaryDirectory(dir=root()) as name:
        home, away = Path(name) / "home", Path(name) / "away"
        with open_store(home, "key") as here, opened(away, "key") as there:
            moments = []
            for number, step in enumerate(history):
                assert live(here, number, step) == live(there, number, step)
                moments.append(here.watermark())
                if number % 3 == 0:
                    assert picture(there) == picture(here)
            assert picture(there) == picture(here)
            for moment in {moments[0], moments[len(moments) // 2]}:
                assert picture(there, moment) == picture(here, moment)
            ids = tuple(row[1] for row in picture(here)["contacts"])[:2]
            for until in (None, moments[0]):
                assert loaded(there, Scope(ids=ids), until) == loaded(here, Scope(ids=ids), until)
