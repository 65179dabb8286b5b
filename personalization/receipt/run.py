"""Writing a receipt: everything about one contact as of one moment, down to event ids."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from personalization.connector import Destination
from personalization.decide.output import Decided
from personalization.engine import literal
from personalization.errors import Stop
from personalization.facts import Facts
from personalization.models import DAY, Micros
from personalization.plan.session import EngineFactory, Session, session
from personalization.playbook.model import Field, Playbook, Trait
from personalization.receipt.clicks import clicks
from personalization.receipt.evidence import evidence
from personalization.receipt.model import (
    ClickLine,
    DecisionLine,
    FieldLine,
    PickLine,
    Receipt,
    SegmentLine,
    TraitLine,
)
from personalization.receipt.nearest import nearest, said
from personalization.receipt.replay import replay
from personalization.receipt.words import rule
from personalization.store.protocol import Scope, Store

NEWEST = 5


def explain(
    store: Store,
    make_engine: EngineFactory,
    playbook: Playbook,
    contact: str,
    at: Micros,
    destination: Destination | None = None,
) -> Receipt:
    """A contact's receipt as of `at`: what was recorded by then, judged at that moment. Raises
    Stop where there is no such contact or it was erased."""
    with session(store, make_engine, playbook, at) as run:
        decided, _ = run.decide(Scope(ids=(contact,)), at, until=at)
        if not decided.contacts:
            raise Stop(f"nothing is known of contact {contact} by then: it was not there yet, or "
                       "it was erased")  # fmt: skip
        person = run.engine.columns("SELECT zone, zone_from, language, consent FROM contacts")
        behind = evidence(run.engine, playbook)
        traits = tuple(
            trait_line(trait, decided, behind.get(trait.name, ()))
            for trait in playbook.traits.values()
        )
        fields = field_lines(run, decided, there(store, destination, contact))
        groups = segment_lines(run, decided)
    newest, came = newest_decisions(store, contact, at), clicks(store, contact, at)
    return Receipt(
        contact=contact, at=at, arm=decided.arms[0], zone=person["zone"][0] or playbook.zone,
        zone_from=person["zone_from"][0] or "the shop's", language=person["language"][0],
        consent=json.loads(person["consent"][0] or "{}"), stage=decided.stage[0], traits=traits,
        segments=groups, fields=fields,
        decisions=tuple(decision_line(store, make_engine, one, came) for one in newest),
        sends=sends(store, contact, at), simulated=simulated(store, contact, at),
    )  # fmt: skip


def trait_line(trait: Trait, decided: Decided, keys: Sequence[str]) -> TraitLine:
    """A trait's value and the newest events that count for it."""
    return TraitLine(
        name=trait.name, value=scalar(decided.traits[trait.name][0]), rule=rule(trait),
        events=tuple(keys[:NEWEST]), count=len(keys),
    )  # fmt: skip


def scalar(value: Any) -> Any:
    """A numpy value as plain Python, None where masked."""
    if hasattr(value, "item"):
        value = value.item()
    return None if value is None or repr(value) == "masked" else value


def segment_lines(run: Session, decided: Decided) -> tuple[SegmentLine, ...]:
    """Every segment with the values that decided it. The last that is read from the session's
    traits: looking for what would flip a segment changes them."""
    values = {name: scalar(column[0]) for name, column in decided.traits.items()}
    values |= {name: bool(column[0]) for name, column in decided.segments.items()}
    since, changes = json.loads(decided.memberships[0]), nearest(run.engine, run.playbook, values)
    return tuple(
        SegmentLine(
            name=name, holds=bool(values[name]), source=segment.source,
            values={used: values[used] for used in segment.uses}, since=since.get(name),
            nearest=said(changes[name], run.playbook, values),
        )
        for name, segment in run.playbook.segments.items()
    )  # fmt: skip


def there(store: Store, destination: Destination | None, contact: str) -> Mapping[str, str]:
    """What the destination showed at the last pull."""
    if destination is None:
        return {}
    kept = store.shadows(destination.name, destination.account, Scope(ids=(contact,)))
    found: dict[str, str] = json.loads(kept["values"][0]) if len(kept["contact"]) else {}
    return found


def field_lines(run: Session, decided: Decided, shown: Mapping[str, str]) -> tuple[FieldLine, ...]:
    """Every field with its template and what it read."""
    values = {name: scalar(column[0]) for name, column in decided.traits.items()}
    values |= {name: bool(column[0]) for name, column in decided.segments.items()}
    values["stage"] = decided.stage[0]
    return tuple(
        FieldLine(
            name=field.name, template=template_of(run.playbook, field, decided),
            inputs=inputs(run, field, decided, values), value=decided.fields[field.name][0],
            fallback=decided.fields[field.name][0] == field.fallback, there=shown.get(field.name),
        )
        for field in run.playbook.fields.values()
    )  # fmt: skip


def inputs(
    run: Session, field: Field, decided: Decided, values: Mapping[str, Any]
) -> dict[str, Any]:
    """What the field's template reads, by the name it has there."""
    products = picked(run, field, decided)
    found: dict[str, Any] = {}
    for name in run.renderer.names(field.name, shown_message(field, decided)):
        place = re.fullmatch(r"picks\[(\d+)\]\.(\w+)", name)
        if place and int(place[1]) < len(products):
            found[name] = products[int(place[1])][place[2]]
        elif name == "picks":
            found[name] = [product["name"] for product in products]
        else:
            found[name] = values.get(name)
    return found


def shown_message(field: Field, decided: Decided) -> str | None:
    """The message that the field's slot shows."""
    return decided.slots[field.slot].message[0] if field.slot else None


def template_of(playbook: Playbook, field: Field, decided: Decided) -> str | None:
    """The template in force: the chosen message's, else the field's own."""
    message = shown_message(field, decided)
    given = playbook.messages[message].fields.get(field.name) if message else None
    return given or field.value


def picked(run: Session, field: Field, decided: Decided) -> list[Mapping[str, object]]:
    """The products that a field's slot carries."""
    if field.slot is None:
        return []
    products = run.goods.latest.products
    return [products[one] for one in decided.slots[field.slot].picks[0] if one in products]


def newest_decisions(store: Store, contact: str, at: Micros) -> list[dict[str, Any]]:
    """The newest decision of each slot recorded by then."""
    newest: dict[str, dict[str, Any]] = {}
    for decision in store.decisions_of(contact, at):
        newest[str(decision["slot"])] = decision
    return [newest[slot] for slot in sorted(newest)]


def decision_line(
    store: Store, make_engine: EngineFactory, decision: Mapping[str, Any],
    came: Mapping[str, list[ClickLine]],
) -> DecisionLine:  # fmt: skip
    """A decision, its products taken apart, whether recomputing gives the same, and what came of
    it."""
    verdict = replay(store, make_engine, decision)
    clicked = came.get(decision["id"], [])
    return DecisionLine(
        slot=decision["slot"], id=decision["id"], message=decision["message"],
        alternatives=json.loads(decision["probabilities"] or "{}"),
        picks=pick_lines(store, make_engine, decision), decided_at=decision["decided_at"],
        standing_until=decision["standing_until"], playbook=decision["playbook"],
        facts=decision["facts"], catalogue=decision["catalogue"], policy=decision["policy"],
        replayed=verdict.verdict, difference=verdict.difference,
        clicked=tuple(clicked[:NEWEST]), clicks=len(clicked),
    )  # fmt: skip


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


def sends(store: Store, contact: str, at: Micros) -> tuple[Mapping[str, Any], ...]:
    """The contact's sends of by then, and what became of them."""
    rows = store.outbox(contacts=(contact,), kinds=("send",))
    return tuple(
        {"trigger": row.new.get("trigger"), "message": row.new.get("message"),
         "moment": row.moment, "state": row.state, "reason": row.reason,
         "cause": row.new.get("cause")}
        for row in rows
        if row.moment is None or row.moment <= at
    )  # fmt: skip


def simulated(store: Store, contact: str, at: Micros) -> int:
    """How many of the contact's events are marked as simulated."""
    return sum(1 for event, _ in store.events_of(contact, at) if event.props.get("simulated"))
