"""A record that still stands somewhere and changes there brings nobody back who was erased; only
their own opting in does."""

from personalization.models import Event
from tests.store.histories import ALIASES, NOW, ingest

ANN = ALIASES[0]


def consent(key: str, at: int, **more: object) -> Event:
    said = {"by": "mailchimp/main", "channel": "email", "purpose": "marketing", "state": "in"}
    return Event(key=key, kind="consent", alias=ANN, occurred_at=at, props={**said, **more})


def test_a_status_that_was_only_seen_is_no_fresh_opt_in(store):
    ingest(store, consent("before", 5))
    erased = store.contact_of(ANN)
    with store.record(NOW) as recorder:
        recorder.forget(erased)
    assert ingest(store, consent("seen", 2 * NOW, observed=True)).erased == 1
    assert store.contact_of(ANN) is None
    assert ingest(store, consent("said", 3 * NOW)).erased == 0
    assert store.contact_of(ANN) not in (None, erased)
