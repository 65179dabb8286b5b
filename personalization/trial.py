"""Deciding for a contact that exists nowhere: what a playbook's own tests run on.

The trial has a store and an engine of its own, in a temporary folder, and the same `decide` as
everything else. Its catalogue is what the tests' events name, and nobody is in the holdout.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from personalization.decide.decide import decide
from personalization.decide.output import Decided
from personalization.decide.show import catalogue
from personalization.engine import Engine
from personalization.facts import Facts, day_of
from personalization.models import ATTRIBUTES, Event, Line, Micros, Product
from personalization.playbook.cases import Decide, run
from personalization.playbook.mistakes import Mistake
from personalization.playbook.model import Playbook
from personalization.receipt.words import scalar, shown
from personalization.render import Renderer
from personalization.store.embedded import open_store
from personalization.store.protocol import Scope, Store

Progress = Callable[[int, int], None]


def run_cases(playbook: Playbook, progress: Progress | None = None) -> list[Mistake]:
    """Runs all tests that a playbook carries; what does not hold comes back as mistakes."""
    found: list[Mistake] = []
    if not playbook.cases:
        return found
    with trial(playbook) as decide_one:
        for done, case in enumerate(playbook.cases, start=1):
            found.extend(run(case, playbook, decide_one))
            if progress:
                progress(done, len(playbook.cases))
    return found


@contextmanager
def trial(playbook: Playbook) -> Iterator[Decide]:
    """Yields a function that decides for one made-up contact; each call is another contact."""
    everyone = playbook.limits.model_copy(update={"holdout": 0})
    playbook = playbook.model_copy(update={"limits": everyone})
    with TemporaryDirectory(prefix="trial-") as name:
        folder = Path(name).resolve()
        store = open_store(folder)
        try:
            with Engine([folder]) as engine:
                yield decider(store, engine, playbook, Renderer(playbook))
        finally:
            store.close()


def decider(store: Store, engine: Engine, playbook: Playbook, renderer: Renderer) -> Decide:
    """Makes the function that `playbook.cases` asks for."""
    calls = iter(range(1_000_000))

    def one(
        events: Sequence[Mapping[str, Any]], attributes: Mapping[str, Any], now: Micros
    ) -> Mapping[str, Any]:
        alias = f"trial/main:{next(calls)}"
        with store.record(now) as recorder:
            recorder.products(products(events))
            (contact,) = recorder.ingest(happened(alias, events, attributes)).contacts
        store.load(engine, Scope(ids=(contact,)), now)
        goods = catalogue(engine, store.load_products(engine))
        facts = Facts.of(day_of(now), {})
        return answer(playbook, decide(engine, playbook, facts, goods, renderer))

    return one


def happened(
    alias: str, events: Sequence[Mapping[str, Any]], attributes: Mapping[str, Any]
) -> Iterator[Event]:
    """The contact's whole log: its attributes since ever, then what the test says happened."""
    yield Event(key=f"{alias}|attributes", kind=ATTRIBUTES, alias=alias, occurred_at=0,
                props={"set": dict(attributes)})  # fmt: skip
    for number, event in enumerate(events):
        yield Event(key=f"{alias}|{number}", kind=event["kind"], alias=alias,
                    occurred_at=event["occurred_at"], props=dict(event["props"]))  # fmt: skip


def products(events: Sequence[Mapping[str, Any]]) -> Iterator[Product]:
    """A catalogue of what the events name: the id is the name, and all is in stock."""
    for event in events:
        for given in event["props"].get("lines") or ():
            line = Line.model_validate(given)
            yield Product(id=line.product, name=line.product, category=line.category)


def answer(playbook: Playbook, decided: Decided) -> Mapping[str, Any]:
    """What was decided for the one contact, by name; the values of traits as people read them."""
    return {
        "segments": sorted(name for name, held in decided.segments.items() if held[0]),
        "stage": decided.stage[0],
        "messages": {name: slot.message[0] for name, slot in decided.slots.items()},
        "fields": {name: texts[0] for name, texts in decided.fields.items()},
        "values": {name: shown(playbook, name, scalar(column[0]))
                   for name, column in decided.traits.items()},
        "since": json.loads(decided.memberships[0]),
    }  # fmt: skip
