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

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.store_rows import (
    NOW,
    happenings,
    people,
    write_arms,
    write_decisions,
    write_due,
    write_memberships,
    write_outbox,
    write_shadows,
)
from personalization.engine import Engine
from personalization.models import Event
from personalization.store.embedded import EmbeddedStore, open_store
from personalization.store.protocol import Scope

BATCH = 100_000


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


if __name__ == "__main__":
    os.nice(5)
    main()
