"""Of one key's contents the greatest stands, whichever came first, and readers of the past still
see what stood then."""

import pytest

from personalization.models import Event
from tests.store.histories import ALIASES, NOW, ingest, picture

ANN = ALIASES[0]


def visit(at: int, city: str) -> Event:
    return Event(key="v", kind="visit", alias=ANN, occurred_at=at, props={"city": city})


def cities(store, until=None) -> list[str]:
    contact = store.contact_of(ANN)
    return [event.props["city"] for event, _ in store.events_of(contact, until)]


@pytest.mark.parametrize("compacted", [False, True])
def test_the_greater_content_stands_and_the_past_shows_the_other(store, compacted):
    ingest(store, visit(5, "Lyon"))
    then, seen = store.watermark(), picture(store)
    if compacted:
        store.compact(NOW)
    greater = ingest(store, visit(6, "Nice"))
    assert (greater.new, greater.replaced) == (0, 1)
    assert cities(store) == ["Nice"]
    assert cities(store, then) == ["Lyon"]
    assert picture(store, then) == seen
    lesser = ingest(store, visit(4, "Metz"))
    assert (lesser.replaced, lesser.conflicts) == (0, 1)
    assert cities(store) == ["Nice"]
