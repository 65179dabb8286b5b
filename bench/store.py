"""What the embedded store costs: CPU seconds of this process for taking events in, for loading,
for writing what a plan writes, and for compaction, on seeded data.

    python bench/store.py [--contacts 200000] [--events 1500000]

Contacts are ingested with three records each (link, attributes, consent).
"""

import argparse
import json
import os
import resource
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from time import process_time

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from personalization.engine import Engine
from personalization.models import DAY, Columns, Event
from personalization.store.columns import objects
from personalization.store.embedded import EmbeddedStore, open_store
from personalization.store.protocol import Scope

NOW = 1_750_000_000_000_000
BATCH = 100_000
KINDS = ("order", "view", "visit", "open", "cart")


def main() -> None:
    """Runs all measurements in a temporary folder and prints a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--contacts", type=int, default=200_000)
    parser.add_argument("--events", type=int, default=1_500_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        run(Path(name).resolve(), given.contacts, given.events)


def run(folder: Path, contacts: int, events: int) -> None:
    """Measures one store from its first import to its second plan."""
    with open_store(folder, "bench") as store:
        measure(
            "ingest records (attributes, consent, link)",
            contacts * 3,
            lambda: ingest(store, people(contacts)),
        )
        measure("ingest events", events, lambda: ingest(store, happenings(contacts, events)))
        measure("load everything, all in the tail", contacts, lambda: load(store, folder))
        measure("compact", events + 3 * contacts, lambda: print("   ", store.compact(NOW)))
        measure(
            "the same events again", events, lambda: ingest(store, happenings(contacts, events))
        )
        ids = known(store, folder)
        measure("write shadows, ten fields", contacts, lambda: write_shadows(store, ids))
        measure("write shadows again", contacts, lambda: write_shadows(store, ids))
        measure("read shadows", contacts, lambda: store.shadows("mailchimp", "main", Scope()))
        measure("write arms", contacts, lambda: write_arms(store, ids))
        measure("write decisions", contacts, lambda: write_decisions(store, ids))
        measure("write memberships", contacts, lambda: write_memberships(store, ids))
        measure("write outbox", contacts, lambda: write_outbox(store, ids))
        measure("write due", contacts, lambda: write_due(store, ids))
        measure("write due again", contacts, lambda: write_due(store, ids))
        measure("load everything", contacts, lambda: load(store, folder))
        measure("load one contact, 100 times", 100, lambda: load_some(store, folder, ids[:100]))
        measure("load 1,000 contacts at once", 1000, lambda: load_ids(store, folder, ids[:1000]))
        measure("read the outbox by page", contacts, lambda: read_outbox(store))
        measure("confirm all rows", contacts, lambda: confirm(store, contacts))
    sizes = {
        path.name: path.stat().st_size
        for path in (folder, folder / "events")
        for path in path.iterdir()
        if path.is_file()
    }
    print("bytes:", json.dumps(sizes))
    print("peak MB:", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)


def measure(what: str, count: int, work: Callable[[], object]) -> None:
    """Prints the CPU seconds of a piece of work, and what a million of it would take."""
    begun = process_time()
    work()
    spent = process_time() - begun
    print(
        f"{what:45} {count:>9,} {spent:8.2f} CPU-s {spent / count * 1e6:8.2f} per million",
        flush=True,
    )


def ingest(store: EmbeddedStore, events: Iterator[Event]) -> None:
    """Takes events in by batches, each a transaction."""
    batch: list[Event] = []
    for event in events:
        batch.append(event)
        if len(batch) == BATCH:
            with store.record(NOW) as recorder:
                recorder.ingest(batch)
            batch = []
    with store.record(NOW) as recorder:
        recorder.ingest(batch)


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


def load(store: EmbeddedStore, folder: Path) -> None:
    """Loads every group, as a full plan does, with one pass over the events."""
    with Engine([folder]) as engine:
        for scope in store.groups():
            store.load(engine, scope, NOW)
            engine.rows("SELECT kind, sum(amount), count(*) FROM events GROUP BY 1")


def known(store: EmbeddedStore, folder: Path) -> list[str]:
    """All contacts' ids."""
    with Engine([folder]) as engine:
        store.load(engine, Scope(), NOW)
        return [str(one) for one in engine.columns("SELECT id FROM contacts ORDER BY i")["id"]]


def load_some(store: EmbeddedStore, folder: Path, ids: list[str]) -> None:
    """Loads contacts one by one, as single webhooks do."""
    with Engine([folder]) as engine:
        for one in ids:
            store.load(engine, Scope(ids=(one,)), NOW)


def load_ids(store: EmbeddedStore, folder: Path, ids: list[str]) -> None:
    """Loads a queue batch."""
    with Engine([folder]) as engine:
        store.load(engine, Scope(ids=tuple(ids)), NOW)
        engine.rows("SELECT count(*) FROM events")


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
        recorder.decisions(rows)


def write_memberships(store: EmbeddedStore, ids: list[str]) -> None:
    """Ten segments a contact."""
    text = json.dumps({f"segment_{one}": NOW for one in range(10)})
    with store.record(NOW) as recorder:
        recorder.memberships(ids, [text] * len(ids))


def write_outbox(store: EmbeddedStore, ids: list[str]) -> None:
    """One row of ten fields a contact."""
    count = len(ids)
    old = json.dumps({f"FIELD{one}": "" for one in range(10)}, separators=(",", ":"))
    new = json.dumps({f"FIELD{one}": "a value" for one in range(10)}, separators=(",", ":"))
    texts = {
        "plan": "p1",
        "destination": "mailchimp",
        "account": "main",
        "kind": "fields",
        "old": old,
        "new": new,
        "key": None,
        "moment": None,
        "state": "planned",
        "call": None,
        "reason": None,
    }
    with store.record(NOW) as recorder:
        recorder.outbox_columns(
            {
                "contact": objects(ids),
                "decision": objects([one[::-1] for one in ids]),
                "attempt": np.zeros(count, dtype=np.int64),
                **{name: same(text, count) for name, text in texts.items()},
            }
        )


def write_due(store: EmbeddedStore, ids: list[str]) -> None:
    """One look a contact."""
    rows = ((NOW + place % 86_400, one, "look", f"look|{one}") for place, one in enumerate(ids))
    with store.record(NOW) as recorder:
        recorder.due(rows, instead_of=ids)


def read_outbox(store: EmbeddedStore) -> None:
    """Pages through a plan's planned rows."""
    after = 0
    while rows := store.outbox(plan="p1", states=("planned",), after=after):
        after = rows[-1].id


def confirm(store: EmbeddedStore, contacts: int) -> None:
    """Moves every row on, a thousand at a time."""
    for first in range(1, contacts, 1000):
        with store.record(NOW) as recorder:
            recorder.outbox_state(range(first, first + 1000), "sent", call="c", attempted=True)


def same(value: object, count: int) -> np.ndarray:
    """A column of one value."""
    return np.full(count, value, dtype=object)


def moments(count: int) -> np.ndarray:
    """A column of one moment."""
    return np.full(count, NOW, dtype=np.int64)


if __name__ == "__main__":
    os.nice(5)
    main()
