"""Histories that a store may live through, and the picture of what it then holds."""

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st

from personalization.engine import Engine
from personalization.models import Event, OutboxRow
from personalization.store.columns import objects
from personalization.store.embedded import EmbeddedStore, open_store
from personalization.store.protocol import Scope

ALIASES = ["email:ann@example.com", "email:bob@example.com", "shop/main:1", "shop/main:2",
           "mailchimp/main:x"]  # fmt: skip
ANN, BOB, SHOP = ALIASES[:3]
NOW = 1_000
moments = st.integers(1, 6)
amounts = st.one_of(st.integers(0, 3), st.sampled_from(["7", "junk", 1.5, None, True]))
lines = st.lists(
    st.fixed_dictionaries({"product": st.sampled_from("pq")}, optional={"amount": amounts}),
    max_size=2,
)
PROPS = {
    "order": st.fixed_dictionaries(
        {"order": st.sampled_from(["o1", "o2"])}, optional={"amount": amounts, "lines": lines}),
    "refund": st.fixed_dictionaries(
        {"order": st.sampled_from(["o1", "o2"]), "amount": amounts}),
    "visit": st.fixed_dictionaries({"city": st.sampled_from(["Lyon", "Köln", "\ud800", 5])}),
    "attributes": st.fixed_dictionaries(
        {"set": st.dictionaries(st.sampled_from("ab"), st.sampled_from([1, "x", None]))},
        optional={"zone": st.sampled_from(["Europe/Paris", "Asia/Tokyo", None]),
                  "zone_from": st.just("destination"),
                  "language": st.sampled_from(["fr", "de"])}),
    "consent": st.fixed_dictionaries(
        {"by": st.sampled_from(["mailchimp/main", "shop/main"]), "channel": st.just("email"),
         "purpose": st.just("marketing"), "state": st.sampled_from(["in", "out"])}),
    "link": st.fixed_dictionaries({"other": st.sampled_from(ALIASES)}),
}  # fmt: skip


@st.composite
def events(draw: st.DrawFn, kinds: Sequence[str] = tuple(PROPS)) -> Event:
    """An event out of a small world, so that keys, aliases and moments often meet."""
    kind = draw(st.sampled_from(sorted(kinds)))
    return Event(
        key=draw(st.sampled_from([f"k{n}" for n in range(9)])), kind=kind,
        alias=draw(st.sampled_from(ALIASES)), occurred_at=draw(moments),
        props=draw(PROPS[kind]),
    )  # fmt: skip


KEPT = ExitStack()
"""What stays open over tests; closed at the end of the session."""


@cache
def root() -> str:
    """Where property tests keep their stores."""
    return KEPT.enter_context(tempfile.TemporaryDirectory())


@contextmanager
def fresh() -> Iterator[EmbeddedStore]:
    """An empty store in a folder of its own, for property tests."""
    with tempfile.TemporaryDirectory(dir=root()) as name, open_store(Path(name), "key") as store:
        yield store


@cache
def engine(folder: Path) -> Engine:
    """One engine for many reads, as a long-running process has."""
    return KEPT.enter_context(Engine([folder], threads=1))


class Killed(BaseException):
    """The process ends here."""


def visit(key: str, alias: str = ANN, at: int = 5, **props: object) -> Event:
    """Somebody came by."""
    return Event(key=key, kind="visit", alias=alias, occurred_at=at, props=props)


def ingest(store: EmbeddedStore, *some: Event) -> Any:
    """One batch, one transaction."""
    with store.record(NOW) as recorder:
        return recorder.ingest(some)


def loaded(store: EmbeddedStore, scope: Scope, until: int | None) -> dict[str, list[Any]]:
    """Every table that `load` makes, as sorted rows."""
    session = engine(store.folder.parent)
    store.load(session, scope, NOW, until)
    orders = {"contacts": "id", "events": "key", "standing": "contact, slot",
              "memberships": "contact", "sends": "key"}  # fmt: skip
    return {name: [tuple(map(plain, row))
                   for row in session.rows(f"SELECT * FROM {name} ORDER BY {order}")]
            for name, order in orders.items()}  # fmt: skip


def plain(value: Any) -> Any:
    """A value that compares by what it says."""
    return json.dumps(value, sort_keys=True) if isinstance(value, list | dict) else value


def picture(store: EmbeddedStore, until: int | None = None) -> dict[str, Any]:
    """All that the store says of a moment: rows, ids, and whose every alias is."""
    homes = {alias: store.contact_of(alias, until) for alias in ALIASES}
    return {"homes": homes, **loaded(store, Scope(), until)}


def by_people(store: EmbeddedStore) -> dict[frozenset[str], Any]:
    """What is known of each person, by alias set: without ids and without arrival times."""
    seen = picture(store)
    people: dict[str, set[str]] = {}
    for alias, contact in seen["homes"].items():
        if contact:
            people.setdefault(contact, set()).add(alias)
    state = {row[1]: row[3:8] for row in seen["contacts"]}
    assert set(state) == set(people)
    return {
        frozenset(aliases): (
            state[contact],
            [(*row[:3], row[4], *row[6:]) for row in seen["events"] if row[3] == contact],
        )
        for contact, aliases in people.items()
    }  # fmt: skip


def decide(store: EmbeddedStore, alias: str, number: int) -> None:
    """Writes what a decide step might, about the contact of an alias if there is one."""
    contact = store.contact_of(alias)
    if contact is None:
        return
    with store.record(NOW) as recorder:
        recorder.arms([contact], ["holdout" if number % 2 else "treated"])
        recorder.memberships([contact], [f'{{"s{number}":1}}'])
        recorder.decisions(decision(contact, f"d{number}", period=number), {})
        recorder.outbox([send(contact, f"send {number}")])
        if number % 3 == 0:
            recorder.exposures(exposure(contact, f"x{number}", f"d{number - 1}"))


def fail_sends(store: EmbeddedStore) -> None:
    """Every send that is still planned is refused."""
    rows = store.outbox(kinds=("send",), states=("planned",))
    with store.record(NOW) as recorder:
        recorder.outbox_state([row.id for row in rows], "refused", reason="quiet")


def decision(contact: str, id: str, period: int = 1, slot: str = "hero") -> dict[str, np.ndarray]:
    """One decision as columns."""
    texts = {"contact": contact, "slot": slot, "id": id, "message": None, "picks": '["p"]',
             "channel": "email", "probabilities": '{"none":1}', "playbook": "hash",
             "facts": "f1", "catalogue": "0", "policy": "rules", "hour": None}  # fmt: skip
    numbers = {"period": period, "decided_at": 5, "standing_until": 500, "now": 5, "seen": 1}
    return {**{name: objects([text]) for name, text in texts.items()},
            **{name: np.array([number]) for name, number in numbers.items()}}  # fmt: skip


def exposure(contact: str, key: str, decision_id: str | None) -> dict[str, np.ndarray]:
    """One exposure as columns."""
    return {"key": objects([key]), "contact": objects([contact]), "sent_at": np.array([5]),
            "decision": objects([decision_id])}  # fmt: skip


def send(contact: str, key: str, **more: Any) -> OutboxRow:
    """A planned send."""
    given = {"id": 0, "plan": "", "destination": "mailchimp", "account": "main",
             "contact": contact, "kind": "send", "old": {}, "key": key, "moment": 7,
             "new": {"trigger": "t", "message": "m", "channel": "email"}}  # fmt: skip
    return OutboxRow(**(given | more))
