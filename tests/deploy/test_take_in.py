"""A batch of messages: what one of them is wrong with, or another writer, costs the others little."""

from types import SimpleNamespace

import pytest

from functions import take_in
from functions.cloud.clients import Clash

BATCH = [({"messageId": str(n), "attributes": {}, "body": "{}"}, n) for n in range(100)]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """The batches that the log was given."""
    seen: list[list[int]] = []

    def take(_store: object, parcels: list[int], _now: int) -> set[str]:
        seen.append(parcels)
        if len(seen) == 1:
            raise Clash("somebody else has written here first: run again")
        if 42 in parcels:
            raise KeyError("poison")
        return {str(one) for one in parcels}

    monkeypatch.setattr(take_in, "take", take)
    return seen


def test_a_bad_message_of_a_hundred_is_found_in_few_transactions(calls: list[list[int]]) -> None:
    touched, bad = take_in.taken(SimpleNamespace(store=None), BATCH, 1)
    assert touched == {str(n) for n in range(100) if n != 42}
    assert [one["messageId"] for one in bad] == ["42"]
    assert len(calls) < 20


def test_a_batch_that_met_another_writer_is_taken_whole_at_once(calls: list[list[int]]) -> None:
    touched, bad = take_in.taken(SimpleNamespace(store=None), BATCH[:40], 1)
    assert (len(touched), bad) == (40, [])
    assert len(calls) == 2
