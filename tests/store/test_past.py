"""What was read at a moment can be read again for ever, as it was."""

from hypothesis import given, settings
from hypothesis import strategies as st

from personalization.store.protocol import Scope
from tests.store.histories import (
    ALIASES,
    decide,
    events,
    fail_sends,
    fresh,
    ingest,
    loaded,
    picture,
)

steps = st.one_of(
    st.lists(events(), min_size=1, max_size=4).map(lambda batch: ("ingest", batch)),
    st.sampled_from(ALIASES).map(lambda alias: ("decide", alias)),
    st.just(("compact", None)),
    st.just(("fail", None)),
)


def live(store, number, step):
    what, given_ = step
    if what == "ingest":
        ingest(store, *given_)
    elif what == "decide":
        decide(store, given_, number)
    elif what == "fail":
        fail_sends(store)
    else:
        store.compact(1)


FEWER = settings(max_examples=max(15, settings.default.max_examples * 3 // 10))


@FEWER
@given(st.lists(steps, min_size=2, max_size=8))
def test_a_read_as_of_a_moment_equals_the_read_taken_then(history):
    with fresh() as store:
        seen = []
        for number, step in enumerate(history):
            live(store, number, step)
            seen.append((store.watermark(), picture(store)))
        past = dict(seen)
        for moment, then in past.items():
            assert picture(store, moment) == then
        store.compact(1)
        for moment, then in past.items():
            assert picture(store, moment) == then


@FEWER
@given(st.lists(steps, min_size=2, max_size=8), st.integers(1, 4))
def test_some_contacts_read_alone_are_as_among_all(history, size):
    with fresh() as store:
        middle = len(history) // 2
        for number, step in enumerate(history[:middle]):
            live(store, number, step)
        moment = store.watermark()
        for number, step in enumerate(history[middle:]):
            live(store, number, step)
        for until in (None, moment):
            everyone = picture(store, until)
            ids = tuple(row[1] for row in everyone["contacts"])[:size]
            alone = loaded(store, Scope(ids=ids), until)
            assert alone["events"] == [row for row in everyone["events"] if row[3] in ids]
            for table in ("standing", "memberships", "sends"):
                assert alone[table] == [row for row in everyone[table] if row[0] in ids]
            assert [row[1:] for row in alone["contacts"]] == [
                row[1:] for row in everyone["contacts"] if row[1] in ids
            ]
