"""Oracle (a): what a store holds depends on what happened, not on how the news came in."""

from hypothesis import given, settings
from hypothesis import strategies as st

from personalization.models import Event
from personalization.store.embedded import EmbeddedStore
from tests.store.histories import ALIASES, by_people, events, fresh, ingest


@st.composite
def two_arrivals(draw: st.DrawFn) -> tuple[list[list[Event]], list[list[Event]]]:
    """The same events twice: each time in an order, with repetitions and in batches of its own;
    an empty batch stands for a compaction."""
    news = draw(st.lists(events(), min_size=1, max_size=12))
    return draw(arrival(news)), draw(arrival(news))


@st.composite
def arrival(draw: st.DrawFn, news: list[Event]) -> list[list[Event]]:
    repeated = draw(st.lists(st.sampled_from(news), max_size=3))
    queue = draw(st.permutations([*news, *repeated]))
    batches = []
    while queue:
        size = draw(st.integers(1, 4))
        batches.append(queue[:size])
        if draw(st.booleans()):
            batches.append([])
        queue = queue[size:]
    return batches


def live(store: EmbeddedStore, batches: list[list[Event]]) -> None:
    for batch in batches:
        if batch:
            ingest(store, *batch)
        else:
            store.compact(1)


FEWER = settings(max_examples=max(20, settings.default.max_examples * 2 // 5))


@FEWER
@given(two_arrivals())
def test_any_order_ends_in_the_same_people(both):
    with fresh() as one, fresh() as other:
        live(one, both[0])
        live(other, both[1])
        assert by_people(one) == by_people(other)


@FEWER
@given(st.lists(events(), min_size=1, max_size=8))
def test_a_batch_in_any_order_ends_in_the_same_ids_and_counts(news):
    with fresh() as one, fresh() as other:
        assert ingest(one, *news) == ingest(other, *reversed(news))
        assert [one.contact_of(a) for a in ALIASES] == [other.contact_of(a) for a in ALIASES]


@FEWER
@given(st.lists(events(), min_size=1, max_size=8), st.integers(0, 8))
def test_what_is_known_already_changes_nothing(news, split):
    with fresh() as store:
        ingest(store, *news[:split])
        ingest(store, *news[split:])
        if split % 2:
            store.compact(1)
        before = by_people(store)
        again = ingest(store, *news)
        assert (again.new, again.replaced, again.merged) == (0, 0, 0)
        assert again.duplicates + again.conflicts == len(news)
        assert by_people(store) == before
