"""Due rows that several processes, or several batches, could take for different ones."""

from types import SimpleNamespace

import pytest

from personalization.models import DAY, HOUR, MINUTE, Event, Micros
from personalization.plan import due
from personalization.plan.session import engines, session
from personalization.playbook.load import from_files
from personalization.store.embedded import open_store
from tests.decide.alone import NOW, PLAYBOOK, Alone, did, person

OUTLET = SimpleNamespace(name="mailchimp", account="main", channels=frozenset({"email"}))
WAITS = PLAYBOOK.replace(
    "welcome: {enter: regulars, send: loved}",
    "first: {enter: regulars, wait: 1h, send: loved}\n"
    "  second: {enter: buyers, wait: 10m, send: thanks}",
).replace("{holdout: 0%}", "{holdout: 0%, sends: 1 per 7d, quiet: '21:00-08:00'}")
EVENING = NOW + 8 * HOUR + 20 * MINUTE
"""20 minutes after nine in Berlin."""


def known(alone: Alone, *names: str) -> None:
    """People who have agreed, and of whom nothing else is known."""
    for name in names:
        agreed = Event(key=f"yes-{name}", kind="consent", alias=person(name),
                       occurred_at=NOW - DAY, props={"by": "mailchimp/main", "channel": "email",
                                                     "purpose": "marketing", "state": "in"})  # fmt: skip
        alone.happened(NOW - DAY, did("visit", name, NOW - DAY), agreed)
    alone.decide(NOW - HOUR)


def fire(alone: Alone, until: Micros, between=None) -> list[tuple[str, str]]:
    """Fires what is due; returns all sends so far as (contact, trigger). `between` happens once,
    after the first contacts were loaded."""
    playbook = from_files({"playbook.yaml": alone.text}, "alone")
    with session(alone.store, engines(alone.folder, 1, "200MB"), playbook, until) as run:
        load = run.store.load
        todo = [between] if between else []

        def loaded(*given):
            seen = load(*given)
            if todo:
                todo.pop()()
            return seen

        run.store.load = loaded
        try:
            due.fire_due(run, until, "p", OUTLET)
        finally:
            del run.store.load
    return sorted((row.contact, str(row.key).split("|")[0]) for row in alone.store.outbox())


def test_who_is_merged_while_their_moment_fires_is_sent_to_once(alone) -> None:
    alone.text = PLAYBOOK.replace("enter: regulars,", "enter: regulars, wait: 1h,")
    known(alone, "old", "ann")
    alone.happened(NOW - 1, *(did("order", "ann", NOW - 30 * DAY + k) for k in range(3)))
    alone.decide(NOW)
    fire(alone, NOW + MINUTE)
    at = NOW + HOUR + MINUTE
    with open_store(alone.folder) as another:  # a pull beside it

        def merge() -> None:
            with another.record(at) as recorder:
                recorder.ingest([Event(key="l", kind="link", alias=person("ann"),
                                       occurred_at=at - 1, props={"other": person("old")})])  # fmt: skip

        sent = fire(alone, at, merge)
    assert [trigger for _, trigger in sent] == ["welcome"]
    assert [row for row in alone.store.due(at) if row[2] == "trigger"] == []


@pytest.mark.parametrize("batch", [1, 2, 100])
def test_which_send_wins_does_not_depend_on_how_many_are_fired_at_once(
    alone, monkeypatch, batch: int
) -> None:
    alone.text = WAITS
    known(alone, *"xyz")
    for name in "xyz":
        alone.happened(EVENING, *(did("order", name, EVENING - 31 * DAY + k) for k in range(3)))
    alone.decide(EVENING)
    fire(alone, EVENING + 3 * HOUR)
    moments = [row[0] for row in alone.store.due(EVENING + DAY) if row[2] == "trigger"]
    assert (len(moments), len(set(moments))) == (6, 1)
    monkeypatch.setattr(due, "BATCH", batch)
    sent = fire(alone, EVENING + 12 * HOUR)
    assert [trigger for _, trigger in sent] == ["first"] * 3
