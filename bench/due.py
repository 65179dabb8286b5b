"""Ten thousand moments that fall due within one minute, decided by one tick.

    python bench/due.py [--contacts 200000] [--events 4000000] [--due 10000] [--threads 1]

On a copy of the bench's shop, after a first plan and its apply: each of the contacts has a moment
of its own within one minute, as waits such as "1 h after the cart" have. One tick at the minute's
end decides every contact as of its moment and plans what changes. The target is 60 seconds for
10,000; what a destination then takes a minute is the apply's.
"""

import argparse
import shutil
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench import shop
from bench.run import built, child
from connectors.sandbox.server import running
from connectors.sandbox.world import LIST
from personalization.models import MINUTE, Micros
from personalization.store.protocol import Scope, Store

KEY = "0123456789abcdef0123456789abcdef-us6"
START = shop.NOW + 60 * MINUTE
"""When the minute begins."""


def make_due(store: Store, contacts: list[str]) -> None:
    """A look for each contact, spread evenly over the minute."""
    moments = [START + place * MINUTE // len(contacts) for place in range(len(contacts))]
    with store.record(shop.NOW + MINUTE) as recorder:
        recorder.due(
            (moment, contact, "trigger", f"bench/{contact}")
            for moment, contact in zip(moments, contacts, strict=True)
        )


def tick(folder: Path, url: str, count: int, threads: int) -> None:
    """Makes the moments due and prints what the tick that fires them took."""
    from connectors.mailchimp import destination
    from personalization.plan.session import engines, session
    from personalization.plan.tick import make_tick
    from personalization.playbook.load import load
    from personalization.store.embedded import open_store

    book = load(Path(__file__).parent / "playbook")
    goal = destination("main", {"list": LIST, "key": KEY, "url": f"{url}/3.0"})
    with open_store(folder) as store:
        make = engines(folder / "events", threads=threads, memory="700MB")
        with session(store, make, book, START - 1) as run:
            make_tick(run, goal, START - 1, set(), 0, 0)
        make_due(store, some(store)[:count])
        now = START + MINUTE
        before = len(waiting(store, now))
        wall, used = time.monotonic(), time.process_time()
        with session(store, make, book, now) as run:
            ready = time.monotonic()
            ticked = make_tick(run, goal, now, set(), 0, 0)
        end = time.monotonic()
        print(f"{before} moments due in a minute: {end - wall:.1f} s wall "
              f"({ready - wall:.1f} of them to begin), {time.process_time() - used:.1f} CPU-s, "
              f"{ticked.looked_at} contacts looked at, {len(waiting(store, now))} left")  # fmt: skip


def some(store: Store) -> list[str]:
    """Contacts in the order of their ids."""
    shown = store.shadows("mailchimp", "main", Scope())
    return sorted(shown["contact"].tolist())


def waiting(store: Store, until: Micros) -> list[object]:
    """What is due."""
    return list(store.due(until, 1_000_000))


def main() -> None:
    """Prepares a copy, measures, prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=200_000)
    parser.add_argument("--events", type=int, default=4_000_000)
    parser.add_argument("--due", type=int, default=10_000)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    kept = built(given.contacts, given.events)
    work = kept.with_name(f"{kept.name}-due")
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(kept, work)
    try:
        with running() as sandbox:
            first = child("plan", str(work), sandbox.url, str(shop.NOW), str(given.threads))
            child("apply", str(work), first["plan"], sandbox.url)
            tick(work, sandbox.url, given.due, given.threads)
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
