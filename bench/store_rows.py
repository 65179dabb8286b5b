"""What `store.py` writes: people and events as a source brings them, and rows as a plan writes them."""

import json
from collections.abc import Iterator

import numpy as np

from personalization.models import DAY, Columns, Event
from personalization.store.columns import objects
from personalization.store.embedded import EmbeddedStore

NOW = 1_750_000_000_000_000
KINDS = ("order", "view", "visit", "open", "cart")


def people(contacts: int) -> Iterator[Event]:
    """What a first pull says of each contact."""
    for one in range(contacts):
        alias = f"mailchimp/main:{one}"
        yield made(f"{alias}|link", "link", alias, {"other": f"email:p{one}@example.com"})
        yield made(
            f"{alias}|attributes",
            "attributes",
            alias,
            {
                "set": {"name": f"P{one}", "age": one % 90},
                "zone": "Europe/Paris",
                "zone_from": "destination",
            },
        )
        yield made(
            f"{alias}|consent",
            "consent",
            alias,
            {"by": "mailchimp/main", "channel": "email", "purpose": "marketing", "state": "in"},
        )


def happenings(contacts: int, events: int) -> Iterator[Event]:
    """Orders and behaviour, spread over contacts and the last year by a fixed rule."""
    for one in range(events):
        person = one * 7919 % contacts
        kind = KINDS[one % len(KINDS)]
        props = {
            "amount": one % 9000,
            "currency": "EUR",
            "order": f"o{one}",
            "lines": [
                {
                    "product": f"p{one % 5000}",
                    "quantity": 1 + one % 3,
                    "amount": one % 9000,
                    "category": f"c{one % 30}",
                }
            ],
        }
        yield made(
            f"e{one}",
            kind,
            f"email:p{person}@example.com",
            props if kind == "order" else {"product": f"p{one % 5000}", "city": "Lyon"},
            NOW - one % 365 * DAY,
        )


def made(key: str, kind: str, alias: str, props: dict[str, object], at: int = NOW) -> Event:
    """An event."""
    return Event(key=key, kind=kind, alias=alias, occurred_at=at, props=props)


def write_shadows(store: EmbeddedStore, ids: list[str]) -> None:
    """Ten fields a contact."""
    values = json.dumps({f"FIELD{one}": "a value of some length" for one in range(10)})
    count = len(ids)
    with store.record(NOW) as recorder:
        recorder.shadows(
            "mailchimp",
            "main",
            "pulled",
            {
                "contact": objects(ids),
                "outside_id": objects([one[:16] for one in ids]),
                "email": objects([f"{one[:12]}@example.com" for one in ids]),
                "status": same("subscribed", count),
                "values": objects([values for _ in ids]),
                "tags": same('["a","b"]', count),
                "told": objects([one[:24] for one in ids]),
                "observed_at": moments(count),
            },
        )


def write_arms(store: EmbeddedStore, ids: list[str]) -> None:
    """First assignments."""
    with store.record(NOW) as recorder:
        recorder.arms(ids, ["treated"] * len(ids))


def write_decisions(store: EmbeddedStore, ids: list[str]) -> None:
    """One decision a contact."""
    count = len(ids)
    texts = {
        "slot": "hero",
        "message": "winback",
        "picks": '["p1","p2","p3"]',
        "channel": "email",
        "probabilities": '{"winback":1}',
        "playbook": "a" * 32,
        "facts": "b" * 32,
        "catalogue": "1",
        "policy": "rules/1",
    }
    rows: Columns = {
        "contact": objects(ids),
        "id": objects([one[::-1] for one in ids]),
        **{name: same(text, count) for name, text in texts.items()},
        "hour": same(None, count),
        **{
            name: moments(count)
            for name in ("period", "decided_at", "standing_until", "now", "seen")
        },
    }
    with store.record(NOW) as recorder:
        recorder.decisions(rows, {})


def write_memberships(store: EmbeddedStore, ids: list[str]) -> None:
    """Ten segments a contact."""
    text = json.dumps({f"segment_{one}": NOW for one in range(10)})
    with store.record(NOW) as recorder:
        recorder.memberships(ids, [text] * len(ids))


def write_outbox(store: EmbeddedStore, ids: list[str]) -> None:
    """One row of ten fields a contact."""
    old = json.dumps({f"FIELD{one}": "" for one in range(10)}, separators=(",", ":"))
    new = json.dumps({f"FIELD{one}": "a value" for one in range(10)}, separators=(",", ":"))
    texts = {
        "plan": "p1",
        "destination": "mailchimp",
        "account": "main",
        "kind": "fields",
        "old": old,
        "new": new,
        "state": "planned",
    }
    with store.record(NOW) as recorder:
        recorder.outbox_columns(
            {"contact": objects(ids), "decision": objects([one[::-1] for one in ids])}, texts
        )


def write_due(store: EmbeddedStore, ids: list[str]) -> None:
    """One look a contact."""
    rows = ((NOW + place % 86_400, one, "look", f"look|{one}") for place, one in enumerate(ids))
    with store.record(NOW) as recorder:
        recorder.due(rows, instead_of=ids)


def same(value: object, count: int) -> np.ndarray:
    """A column of one value."""
    return np.full(count, value, dtype=object)


def moments(count: int) -> np.ndarray:
    """A column of one moment."""
    return np.full(count, NOW, dtype=np.int64)
