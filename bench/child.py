"""One measured piece of work in a process of its own; prints what it found as JSON.

python bench/child.py build FOLDER CONTACTS EVENTS
python bench/child.py plan STORE URL NOW THREADS
python bench/child.py apply STORE PLAN URL
python bench/child.py decide STORE HOW_MANY NOW THREADS
python bench/child.py polars STORE THREADS
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.parts import Spent

KEY = "0123456789abcdef0123456789abcdef-us6"


def build(folder: str, contacts: str, events: str) -> dict[str, Any]:
    """The shop."""
    from bench.build import build as build_

    build_(Path(folder), int(contacts), int(events))
    return {}


def apply(store: str, plan: str, url: str) -> dict[str, Any]:
    """An apply, played."""
    from bench.played import play_apply

    play_apply(Path(store), plan, url)
    return {}


def plan(store: str, url: str, now: str, threads: str) -> dict[str, Any]:
    """A whole plan, as `ofone plan` makes it."""
    from connectors.mailchimp import destination
    from connectors.sandbox.world import LIST
    from personalization.plan.run import make_plan
    from personalization.plan.session import engines, session
    from personalization.playbook.load import load
    from personalization.store.embedded import open_store

    spent = Spent()
    spent.watch()
    folder = Path(store)
    book = load(Path(__file__).parent / "playbook")
    goal = destination("main", {"list": LIST, "key": KEY, "url": f"{url}/3.0"})
    with open_store(folder) as kept:
        make_engine = engines(folder / "events", threads=int(threads), memory="700MB")
        with session(kept, make_engine, book, int(now)) as run:
            report = make_plan(run, goal, int(now))
    return {
        "parts": spent.table(), "rows": report.rows, "contacts": report.contacts,
        "written": report.written, "decisions": report.decisions, "plan": report.id,
        "segments": {one.name: one.contacts for one in report.segments},
    }  # fmt: skip


def decide(store: str, count: str, now: str, threads: str) -> dict[str, Any]:
    """Deciding for a few contacts at a time, as for webhooks: CPU milliseconds a call, the
    least of several, after one that warms up. Loading from the store is part of it."""
    from personalization.plan.session import engines, session
    from personalization.playbook.load import load
    from personalization.store.connection import connect
    from personalization.store.embedded import open_store
    from personalization.store.protocol import Scope

    spent = Spent()
    book = load(Path(__file__).parent / "playbook")
    with open_store(Path(store)) as kept:
        connection = connect(Path(store) / "contacts.sqlite")
        ids = [id_ for (id_,) in connection.execute("SELECT id FROM contact LIMIT 5000")]
        make_engine = engines(Path(store) / "events", threads=int(threads), memory="700MB")
        took = []
        with session(kept, make_engine, book, int(now)) as run:
            spent.watch()
            for number in range(8):
                some = tuple(ids[number * 100 : number * 100 + int(count)])
                start = time.process_time()
                run.decide(Scope(ids=some), int(now))
                took.append((time.process_time() - start) * 1000)
    parts = {name: one / 8 * 1000 for name, one in spent.table().items() if name != "rest"}
    return {"milliseconds": sorted(took)[len(took) // 2], "parts": parts}


def polars(store: str, threads: str) -> dict[str, Any]:
    """The same traits and segments by polars."""
    os.environ["POLARS_MAX_THREADS"] = threads
    from bench.polars_side import run

    return run(Path(store))


if __name__ == "__main__":
    started = time.monotonic()
    works = {"build": build, "plan": plan, "apply": apply, "decide": decide, "polars": polars}
    found = works[sys.argv[1]](*sys.argv[2:])
    print(json.dumps({**found, "wall": time.monotonic() - started}))
