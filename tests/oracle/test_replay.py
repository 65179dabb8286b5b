"""A logged decision is recomputed from the log recorded by then, whatever has happened since."""

from collections import Counter
from pathlib import Path

from functions.demo.data import NOW
from personalization.models import DAY, HOUR, Event
from personalization.plan.session import engines, session
from personalization.plan.step import step
from personalization.plan.tally import Tally
from personalization.playbook.load import from_files, load
from personalization.playbook.model import Playbook
from personalization.receipt.replay import replay_all
from personalization.store.protocol import Scope, Store
from tests.oracle.conftest import ROOT, MakeStore

HOUSEHOLDS = 420


def versions() -> list[Playbook]:
    """Three playbooks: the grocery one, one with shorter decisions, one with other lines."""
    files = dict(load(ROOT / "templates" / "grocery").files)
    text = files["playbook.yaml"]
    quick = text.replace("expires: 14d", "expires: 1d")
    other = quick.replace("orders_90d >= 12", "orders_90d >= 8").replace("picks: 3", "picks: 4")
    assert len({text, quick, other}) == 3
    return [from_files({**files, "playbook.yaml": one}, "grocery") for one in (text, quick, other)]


def decide_and_keep(folder: Path, store: Store, playbook: Playbook, now: int) -> None:
    with session(store, engines(folder), playbook, now) as run:
        for scope in store.groups():
            step(run, scope, now, "plan-x", (), Tally())


def later_events(store: Store, now: int) -> None:
    """Orders that arrive late, out of order and twice; people found to be one; a catalogue in
    which a popular product has sold out."""
    with store.record(now) as recorder:
        rows = [
            Event(key=f"late:{n}", kind="order", alias=f"files/grocery:{n}",
                  occurred_at=now - n * DAY, props={"amount": 1500 + n, "currency": "USD"})
            for n in range(1, 60)
        ]  # fmt: skip
        recorder.ingest([*reversed(rows), *rows[:20]])
        recorder.ingest(
            Event(key=f"link:{n}", kind="link", alias=f"files/grocery:{n}", occurred_at=now,
                  props={"other": f"files/grocery:{n + 1}"})
            for n in range(100, 130, 3)
        )  # fmt: skip


def test_a_thousand_decisions_replay_to_the_same(grocery: MakeStore) -> None:
    folder, store = grocery(HOUSEHOLDS)
    plain, quick, other = versions()
    decide_and_keep(folder, store, plain, NOW)
    later_events(store, NOW + HOUR)
    decide_and_keep(folder, store, quick, NOW + 2 * HOUR)
    decide_and_keep(folder, store, other, NOW + 15 * DAY)
    store.compact(NOW + 15 * DAY + HOUR)
    decide_and_keep(folder, store, other, NOW + 17 * DAY)
    with engines(folder)() as engine:
        store.load(engine, Scope(), NOW)
        ids = engine.columns("SELECT id FROM contacts")["id"].tolist()
    decisions = [one for contact in ids for one in store.decisions_of(contact)]
    replayed = list(replay_all(store, engines(folder), decisions))
    assert len(replayed) == len(decisions) >= 1_000
    assert len({one["playbook"] for one in decisions}) == 3
    assert len({one["facts"] for one in decisions}) >= 2
    different = [verdict.difference for _, verdict in replayed if verdict.verdict != "equal"]
    assert Counter(different) == Counter()
