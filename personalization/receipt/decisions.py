"""The decisions behind a receipt: each taken apart, recomputed, and whether it still stands."""

import json
from collections.abc import Mapping
from typing import Any

from personalization.decide.output import Decided
from personalization.engine import literal
from personalization.facts import Facts
from personalization.models import DAY, Micros
from personalization.plan.session import EngineFactory
from personalization.receipt.model import ClickLine, DecisionLine, PickLine
from personalization.receipt.replay import replay
from personalization.store.protocol import Store

NEWEST = 5


def newest_decisions(store: Store, contact: str, at: Micros) -> list[dict[str, Any]]:
    """The newest decision of each slot recorded by then."""
    newest: dict[str, dict[str, Any]] = {}
    for decision in store.decisions_of(contact, at):
        newest[str(decision["slot"])] = decision
    return [newest[slot] for slot in sorted(newest)]


def decision_line(
    store: Store, make_engine: EngineFactory, decision: Mapping[str, Any],
    came: Mapping[str, list[ClickLine]], decided: Decided,
) -> DecisionLine:  # fmt: skip
    """A decision, its products taken apart, whether recomputing gives the same, and what came of
    it."""
    verdict = replay(store, make_engine, decision)
    clicked = came.get(decision["id"], [])
    stands, instead = in_force(decision, decided)
    return DecisionLine(
        slot=decision["slot"], id=decision["id"], message=decision["message"],
        alternatives=json.loads(decision["probabilities"] or "{}"),
        picks=pick_lines(store, make_engine, decision), decided_at=decision["decided_at"],
        standing_until=decision["standing_until"], playbook=decision["playbook"],
        facts=decision["facts"], catalogue=decision["catalogue"], policy=decision["policy"],
        replayed=verdict.verdict, difference=verdict.difference, stands=stands, instead=instead,
        clicked=tuple(clicked[:NEWEST]), clicks=len(clicked),
    )  # fmt: skip


def in_force(decision: Mapping[str, Any], decided: Decided) -> tuple[bool, str | None]:
    """Whether a decision still stands by what is decided now, and the message that would be shown
    without it, if that is another. `decided` has its one contact."""
    slot = decided.slots.get(decision["slot"])
    if slot is None:
        return False, None
    if slot.id[0] != decision["id"]:
        return False, slot.message[0] or "none"
    better = int(slot.better[0])
    return True, slot.messages[better] if better >= 0 else None


def pick_lines(
    store: Store, make_engine: EngineFactory, decision: Mapping[str, Any]
) -> tuple[PickLine, ...]:
    """Each product with the parts of its score and its newest orders."""
    picks: list[str] = json.loads(decision["picks"] or "[]")
    body = store.facts(decision["facts"])
    popular = Facts.from_json(body).popularity if body else {}
    if not picks:
        return ()
    with make_engine() as engine:
        store.load_products(engine, decision["catalogue"], picks)
        names = dict(engine.rows(f"SELECT id, name FROM products WHERE id IN ({listed(picks)})"))
    orders = own_orders(store, decision)
    return tuple(
        PickLine(
            product=one, name=str(names.get(one, one)), popular=popular.get(one, 0),
            own=sum(weight for _, weight in orders.get(one, [])),
            orders=tuple(key for key, _ in orders.get(one, []))[:NEWEST],
        )
        for one in picks
    )  # fmt: skip


def own_orders(store: Store, decision: Mapping[str, Any]) -> dict[str, list[tuple[str, int]]]:
    """The contact's orders by product as (event key, weight), newest first."""
    now = int(decision["now"])
    found: dict[str, list[tuple[str, int]]] = {}
    for event, _ in reversed(store.events_of(decision["contact"], int(decision["seen"]))):
        if event.kind == "order" and event.occurred_at <= now:
            weight = round(2**20 * 2 ** (-((now - event.occurred_at) // DAY) / 180))
            lines = event.props.get("lines") or [event.props]
            for product in {str(line["product"]) for line in lines if line.get("product")}:
                found.setdefault(product, []).append((event.key, weight))
    return found


def listed(texts: list[str]) -> str:
    """Texts as SQL."""
    return ", ".join(literal(text) for text in texts)
