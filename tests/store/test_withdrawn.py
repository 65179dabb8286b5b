"""A call that an object is gone names it alone: what was told of it no longer counts, until it is told
of again."""

import pytest

from personalization.models import WITHDRAWN, Event
from tests.store.histories import ALIASES, NOW, ingest, picture

ANN = ALIASES[0]
OWN = "woocommerce/main:order:7"


def order(at: int, amount: int = 500) -> Event:
    return Event(key=OWN, kind="order", alias=ANN, occurred_at=at, props={"amount": amount})


def gone(key: str = OWN) -> Event:
    return Event(key=key, kind=WITHDRAWN, alias=key, occurred_at=0)


def kinds(store, until=None) -> list[str]:
    return [event.kind for event, _ in store.events_of(store.contact_of(ANN), until)]


@pytest.mark.parametrize("compacted", [False, True])
def test_what_is_gone_counts_no_more_and_what_is_restored_counts_again(store, compacted):
    ingest(store, order(5))
    then, seen = store.watermark(), picture(store)
    if compacted:
        store.compact(NOW)
    owner = store.contact_of(ANN)
    assert ingest(store, gone()).contacts == (owner,)
    assert kinds(store) == ["cancelled"]
    assert (kinds(store, then), picture(store, then)) == (["order"], seen)
    assert ingest(store, gone()).contacts == (), "told again, nothing changes"
    ingest(store, order(5))
    assert kinds(store) == ["cancelled"], "an old call that comes again restores nothing"
    ingest(store, order(7))
    assert kinds(store) == ["order"]


def test_it_is_called_off_in_whatever_batch_it_was_told(store):
    ingest(store, gone(), order(5))
    assert kinds(store) == ["cancelled"]


def test_of_what_nobody_has_heard_of_nothing_is_kept(store):
    told = ingest(store, gone("woocommerce/main:order:8"))
    assert (told.new, told.contacts) == (0, ())
    assert store.contact_of("woocommerce/main:order:8") is None
