"""Whoever is erased is gone from what waits and what was set aside, however they are written there."""

import json
from base64 import b64encode

import pytest

from tests.store.erasing import erase, everywhere, said
from tests.store.histories import (
    ANN,
    BOB,
    NOW,
    SHOP,
    ingest,
)

WRITINGS = {
    "as it is": '{"customer": {"email": "Ann@Example.com"}}',
    "a form": "email=ann%40example.com&total=3",
    "text in JSON in JSON": json.dumps({"body": json.dumps({"to": ["ANN@example.com"]})}),
    "JSON that escapes": '{"email": "ann\\u0040example.com"}',
    "base64": json.dumps({"raw": b64encode(b'{"email":"ann@example.com"}').decode()}),
    "an outside id, as a number": '{"order": {"customer_id": 7701234}}',
    "a short id, where ids stand": '{"user_id": "77", "n": 5}',
}

OTHERS = {
    "somebody's longer address": '{"email": "joann@example.com"}',
    "another domain": '{"email": "ann@example.com.au"}',
    "a longer number": '{"customer_id": 77012345}',
    "a price like the short id": '{"price": 77}',
    "not text": "\x00{[%",
}


@pytest.mark.parametrize("where", ["inbox", "dead letters"])
def test_what_waits_and_what_was_set_aside_is_searched_too(store, where):
    ingest(store, *(said(f"l{id_}", f"shop/main:{id_}", 5, "link", other=ANN)
                    for id_ in ("7701234", "77")))  # fmt: skip
    with store.record(NOW) as recorder:
        for body in (*WRITINGS.values(), *OTHERS.values()):
            if where == "inbox":
                recorder.accept("shop", "main", body)
            else:
                recorder.dead_letter(body, "shop/main: no time")
    removed = erase(store, ANN)
    left = [row[-1] for row in store.waiting()] or [row[1] for row in store.letters()]
    assert left == list(OTHERS.values())
    assert removed["inbox"] + removed["dead_letter"] == len(WRITINGS)
    bytes_ = everywhere(store.folder).lower()
    assert not any(text.lower().encode() in bytes_ for text in WRITINGS.values())


def test_of_a_waiting_batch_only_the_erased_persons_part_goes(store):
    ingest(store, said("a", ANN, 5))
    fresh_alias = [said("l", SHOP, 6, "link", other=ANN),
                   said("n", SHOP, 6, "attributes", set={"name": "Ann"})]  # fmt: skip
    raw = [{"objectId": 1, "email": "ann@example.com"}, {"objectId": 2, "email": "bob@example.com"}]
    with store.record(NOW) as recorder:
        batch = [*fresh_alias, said("b", BOB, 6)]
        recorder.accept("shop", "main", json.dumps([one.model_dump() for one in batch]))
        recorder.accept("hub", "main", json.dumps(raw))
    erase(store, ANN)
    ((_, _, _, events_), (_, _, _, others)) = store.waiting()
    assert [one["alias"] for one in json.loads(events_)] == [BOB]
    assert json.loads(others) == raw[1:]
    assert b"ann@" not in everywhere(store.folder).lower()
    assert SHOP in store.tombstoned([SHOP]), "linked to somebody erased"
