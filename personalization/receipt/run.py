"""Writing a receipt: everything about one contact as of one moment, down to event ids."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from personalization.connector import Destination
from personalization.decide.output import Decided
from personalization.errors import Stop
from personalization.models import DAY, Micros
from personalization.plan.held import held
from personalization.plan.session import EngineFactory, Session, session
from personalization.playbook.model import Playbook, Trait
from personalization.receipt.clicks import clicks
from personalization.receipt.decisions import NEWEST, decision_line, newest_decisions
from personalization.receipt.evidence import evidence
from personalization.receipt.fields import field_lines
from personalization.receipt.model import Receipt, SegmentLine, TraitLine, WaitLine
from personalization.receipt.nearest import nearest, said
from personalization.receipt.words import rule, scalar
from personalization.store.protocol import Scope, Store


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
        decided, _ = run.decide(Scope(ids=(contact,)), at, until=at,
                                waiting=put_off(store, playbook, contact, at))  # fmt: skip
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
        waits = tuple(WaitLine(**one._asdict()) for one in held(playbook, decided))
    newest, came = newest_decisions(store, contact, at), clicks(store, contact, at)
    return Receipt(
        contact=contact, at=at, arm=decided.arms[0], zone=person["zone"][0] or playbook.zone,
        zone_from=person["zone_from"][0] or "the shop's", language=person["language"][0],
        consent=json.loads(person["consent"][0] or "{}"), stage=decided.stage[0], traits=traits,
        segments=groups, fields=fields,
        decisions=tuple(decision_line(store, make_engine, one, came, decided) for one in newest),
        sends=sends(store, contact, at), waits=waits,
        simulated=simulated(store, contact, at),
    )  # fmt: skip


def trait_line(trait: Trait, decided: Decided, keys: Sequence[str]) -> TraitLine:
    """A trait's value and the newest events that count for it."""
    return TraitLine(
        name=trait.name, value=scalar(decided.traits[trait.name][0]), rule=rule(trait),
        events=tuple(keys[:NEWEST]), count=len(keys),
    )  # fmt: skip


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


def put_off(
    store: Store, playbook: Playbook, contact: str, at: Micros
) -> list[tuple[str, str]]:  # fmt: skip
    """The contact's sends that an earlier run put off to within a day, as (contact, key): of a
    segment entered or left nothing else tells. Only among the first due rows of all."""
    rows = store.due(at + DAY) if playbook.triggers else []
    mine = [key for _, who, reason, key in rows if who == contact and reason == "trigger"]
    return [(contact, key) for key in mine if int(key.split("|", 4)[3]) <= at]


def simulated(store: Store, contact: str, at: Micros) -> int:
    """How many of the contact's events are marked as simulated."""
    return sum(1 for event, _ in store.events_of(contact, at) if event.props.get("simulated"))
