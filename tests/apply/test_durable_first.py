"""The intent of every write and send is durable before its call, and a kill between a call and
its answer ends in the undisturbed run's state: exactly one send, every value written."""

from collections.abc import Iterator
from typing import Any

import pytest

from personalization.models import HOUR
from personalization.store.embedded import open_store
from tests.plan.corner import NOW, event


class Killed(BaseException):
    """The end of a process, as far as its callers can tell."""


class Watched:
    """A destination that tells of what it is asked to write, and dies once where it is told to."""

    def __init__(self, destination: Any, watch: Any, die_after: str = "") -> None:
        self.destination = destination
        self.watch = watch
        self.die_after = die_after

    def __getattr__(self, name: str) -> Any:
        return getattr(self.destination, name)

    def write(self, permits: Any) -> Iterator[Any]:
        self.watch([permit.row for permit in permits])
        told = list(self.destination.write(permits))
        if permits[0].row.kind == self.die_after:
            self.die_after = ""
            raise Killed
        yield from told


@pytest.fixture
def ready(corner):
    """A plan with fields, a tag and a send for two contacts."""
    corner.settled()
    corner.happened(NOW + HOUR, *(event("order", n, NOW + k, k) for n in (4, 5) for k in (1, 2)))
    corner.plan(NOW + HOUR)
    return corner


def test_another_process_sees_every_row_as_sent_before_its_call(ready):
    seen = []

    def watch(rows):
        with open_store(ready.folder / "store", "00" * 32) as other:
            for row in rows:
                (held,) = [one for one in other.outbox(plan="plan-2") if one.id == row.id]
                seen.append((held.kind, held.state, held.attempt))

    ready.destination, plain = Watched(ready.destination, watch), ready.destination
    assert ready.apply("plan-2", NOW + HOUR).complete
    ready.destination = plain
    assert seen == [(kind, "sent", 1) for kind in ("fields", "fields", "tags", "tags", "send",
                                                   "send")]  # fmt: skip


@pytest.mark.parametrize("kind", ["fields", "tags", "send"])
def test_killed_between_call_and_answer_nothing_is_lost_and_nothing_happens_twice(ready, kind):
    plain = ready.destination
    ready.destination = Watched(plain, lambda rows: None, die_after=kind)
    with pytest.raises(Killed):
        ready.apply("plan-2", NOW + HOUR)
    ready.destination = plain
    applied = ready.apply("plan-2", NOW + HOUR)
    assert applied.complete
    assert len(ready.sent()) == len(set(ready.sent())) == 2
    assert [ready.shows(n)["ORDERS"] for n in (4, 5)] == ["3", "3"]
    assert ready.tagged("Regulars") == 5
    ready.mark()
    assert ready.plan(NOW + HOUR).empty
    assert ready.calls["writes"] == 0


@pytest.mark.parametrize("kind", ["lost_after", "lost_before", "500", "429"])
def test_a_send_happens_once_whatever_becomes_of_its_call(ready, kind):
    script = [{"kind": kind, "method": "POST", "path": "/events"}]
    ready.sandbox.control("failures", script=script)
    assert ready.apply("plan-2", NOW + HOUR).complete
    assert len(ready.sent()) == len(set(ready.sent())) == 2


def test_the_content_is_there_before_the_send_that_shows_it(ready):
    ready.apply("plan-2", NOW + HOUR)
    kinds = [one["kind"] for one in ready.effects()][-6:]
    assert kinds.index("event") > max(n for n, one in enumerate(kinds) if one == "field_written")
