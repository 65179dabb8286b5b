"""Two writers, many rows, throttling, a death in the middle: nothing is lost, nothing is doubled."""

from collections.abc import Callable
from typing import Any

import pytest

from personalization.engine import Engine
from personalization.errors import Retry
from personalization.models import Event
from personalization.store.protocol import Scope
from tests.store.histories import (
    ANN,
    BOB,
    NOW,
    SHOP,
    Killed,
    decision,
    ingest,
    picture,
    send,
    visit,
)

pytest.importorskip("moto")


def keys_of(store) -> list[str]:
    return [event.key for event, _ in store.events_of(store.contact_of(ANN))]


def at_call(store, operation: str, number: int, act: Callable[[], None]) -> None:
    """Does something just before the store's next call of an operation but for `number`."""
    real, seen = store._dynamo.call, 0

    def call(name: str, **given: Any) -> Any:
        nonlocal seen
        if name == operation:
            seen += 1
            if seen == number + 1:
                act()
        return real(name, **given)

    store._dynamo.call = call


def test_of_two_writers_of_one_contact_one_runs_again_and_no_event_is_lost(pair):
    one, two = pair
    ingest(one, visit("a"))
    at_call(one, "transact_write_items", 0, lambda: ingest(two, visit("b")))
    with pytest.raises(Retry):
        ingest(one, visit("c"))
    assert keys_of(one) == ["a", "b"]
    ingest(one, visit("c"))
    assert keys_of(two) == ["a", "b", "c"]
    moments = [at for _, at in two.events_of(two.contact_of(ANN))]
    assert moments == sorted(set(moments))


def test_two_writers_who_meet_an_alias_or_a_key_first_make_one_contact_and_one_event(pair):
    one, two = pair
    at_call(one, "transact_write_items", 1, lambda: ingest(two, visit("a", BOB)))
    with pytest.raises(Retry):
        ingest(one, Event(key="l", kind="link", alias=ANN, occurred_at=1, props={"other": BOB}))
    ingest(one, Event(key="l", kind="link", alias=ANN, occurred_at=1, props={"other": BOB}))
    assert one.contact_of(ANN) == two.contact_of(BOB)
    assert ingest(two, visit("a", BOB)).duplicates == 1
    assert ingest(two, visit("a", SHOP, greater=True)).new == 0
    assert [row[0] for row in picture(one)["events"]] == ["a", "l"]


def test_a_decision_on_rows_that_have_changed_since_is_not_written(pair):
    one, two = pair
    ingest(one, visit("a"))
    contact = one.contact_of(ANN)
    with Engine() as engine:
        seen = one.load(engine, Scope(ids=(contact,)), NOW)
    ingest(two, visit("b"))

    def decide() -> None:
        with one.record(NOW) as recorder:
            recorder.decisions(decision(contact, "d1"), {})

    with pytest.raises(Retry):
        decide()
    assert two.decisions_of(contact) == []
    with Engine() as engine:
        assert one.load(engine, Scope(ids=(contact,)), NOW) > seen
    decide()
    (made,) = two.decisions_of(contact)
    ingest(two, visit("c"))
    later = [at for event, at in two.events_of(contact) if event.key == "c"]
    assert later > [made["recorded_at"]]


def test_more_rows_of_one_contact_than_a_transaction_takes_are_all_or_nothing(pair):
    one, two = pair
    many = [visit(f"{n:03d}", note="x" * 50) for n in range(150)]
    ingest(one, visit("000"))
    for die_at in range(1, 7):
        at_call(one, "transact_write_items", die_at, kill)
        try:
            ingest(one, *many)
        except Killed:
            one._dynamo.__dict__.pop("call")
            assert len(keys_of(two)) in (1, 150)
            one._shelf.desk.clear()
    ingest(one, *many)
    assert keys_of(two) == [event.key for event in many]
    assert list(one.objects.names("ahead/")) == []


def kill() -> None:
    raise Killed


def test_a_death_between_two_transactions_of_one_record_ends_the_same_when_run_again(pair):
    one, two = pair
    people = [f"email:p{n}@example.com" for n in range(60)]
    news = [visit(f"k{n}", alias) for n, alias in enumerate(people)]

    def work() -> None:
        with one.record(NOW) as recorder:
            found = recorder.ingest(news).contacts
            recorder.due((NOW, one_, "look", f"arrived|{one_}") for one_ in found)
            recorder.outbox(send(contact, f"welcome|{contact}") for contact in found)
            recorder.setting("cursor", "done")

    at_call(one, "transact_write_items", 3, kill)
    with pytest.raises(Killed):
        work()
    one._dynamo.__dict__.pop("call")
    assert two.setting("cursor") is None
    assert 0 < len(two.due(NOW)) < 60
    work()
    assert two.setting("cursor") == "done"
    assert len(picture(two)["events"]) == 60
    assert len(picture(two)["sends"]) == len({row.key for row in two.outbox(plan="")})
    assert len(two.due(NOW)) == len(two.outbox(plan="")) == 60


def test_throttling_is_waited_out_and_in_the_end_a_retry(pair):
    from botocore.exceptions import ClientError

    one, two = pair
    error = {"Error": {"Code": "ProvisionedThroughputExceededException", "Message": ""}}
    left = 3

    class Throttled:
        def __getattr__(self, name: str) -> Any:
            def call(**given: Any) -> Any:
                nonlocal left
                left -= 1
                if left >= 0:
                    raise ClientError(error, name)
                return getattr(real, name)(**given)

            return call

    real, one._dynamo.client = one._dynamo.client, Throttled()
    ingest(one, visit("a"))
    assert keys_of(two) == ["a"]
    left = 10**6
    with pytest.raises(Retry, match="busy"):
        ingest(one, visit("b"))
    left = 0
    assert keys_of(one) == ["a"]


def test_a_webhook_of_one_contact_costs_two_reads_and_one_transaction(pair):
    one, two = pair
    ingest(two, visit("a"))
    two.compact(NOW)
    for expected in ({"batch_get_item": 1, "query": 2, "transact_write_items": 1},) * 2:
        one._dynamo.calls.clear()
        with one.record(NOW) as recorder:
            (contact,) = recorder.ingest([visit(f"b{one.watermark()}")]).contacts
            recorder.due([(NOW, contact, "look", f"arrived|{contact}")])
        assert one._dynamo.calls == expected
