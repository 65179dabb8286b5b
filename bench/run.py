"""`make bench`: what a full plan costs, beside polars doing the same traits and segments.

    python bench/run.py [--contacts 1000000] [--events 20000000] [--threads 1] [--fresh]

Builds a seeded shop once under build/bench/ (not measured), makes a first plan, where everything
changes, plays the apply (not measured), makes a second plan, where nothing does, and decides for
single contacts. Each runs in a process of its own; CPU seconds and memory are those of its whole
process tree. The target is 120 CPU seconds and 2 GB for a plan. Recorded: docs/bench.md.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from hashlib import blake2b
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench import shop
from bench.memory import watch_peak
from connectors.sandbox.server import running
from personalization.store.connection import connect

ROOT = Path(__file__).parents[1]
LATER = 60 * 1_000_000
"""The second plan comes a minute after the first: time alone changes next to nothing."""


def child(*arguments: str) -> dict[str, Any]:
    """Runs bench/child.py; adds the CPU seconds and the peak megabytes of its process tree. This
    process does no work itself: a child's peak begins with the memory of who started it."""
    command = [sys.executable, str(ROOT / "bench" / "child.py"), *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    sampled: list[int] = [0]
    watcher = threading.Thread(target=watch_peak, args=(process.pid, sampled), daemon=True)
    watcher.start()
    output = process.stdout.read() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    watcher.join()
    if process.returncode:
        raise SystemExit(f"{' '.join(arguments[:1])} failed with {process.returncode}")
    peak = max(usage.ru_maxrss * 1024, sampled[0]) / 1e6
    return {
        **json.loads(output.splitlines()[-1]),
        "cpu": usage.ru_utime + usage.ru_stime,
        "peak": peak,
    }


def built(contacts: int, events: int, fresh: bool = False) -> Path:
    """The shop of a size, built if it is not there yet in the form that stores have today: an
    older one has other indexes, and would be measured without a word."""
    parts = ("personalization/store/schema.sql", "bench/build.py", "bench/shop.py")
    form = blake2b(b"".join((ROOT / one).read_bytes() for one in parts), digest_size=4)
    kept = ROOT / "build" / "bench" / f"{contacts}-{events}-{form.hexdigest()}"
    if fresh:
        shutil.rmtree(kept, ignore_errors=True)
    if not kept.exists():
        start = time.monotonic()
        kept.parent.mkdir(parents=True, exist_ok=True)
        child("build", str(kept), str(contacts), str(events))
        print(f"built in {time.monotonic() - start:.0f} s")
    return kept


def say_plan(title: str, found: dict[str, Any]) -> None:
    """Prints a plan's figures."""
    print(f"{title}: {found['cpu']:.1f} CPU-s, {found['wall']:.1f} s wall, "
          f"{found['peak']:.0f} MB peak; {found['contacts']} contacts, {found['rows']} rows, "
          f"{found['decisions']} new decisions")  # fmt: skip
    for name, seconds in sorted(found["parts"].items(), key=lambda pair: -pair[1]):
        if seconds >= 0.05:
            print(f"    {name:16} {seconds:7.2f}")
    sys.stdout.flush()


def main() -> None:
    """Builds, measures, prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument("--events", type=int, default=20_000_000)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--fresh", action="store_true", help="build the shop anew")
    parser.add_argument("--skip", nargs="*", default=[], choices=["second", "polars", "single"])
    given = parser.parse_args()
    kept = built(given.contacts, given.events, given.fresh)
    work = kept.with_name(f"{kept.name}-work")
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(kept, work)
    try:
        measure(work, str(given.threads), set(given.skip))
    finally:
        shutil.rmtree(work, ignore_errors=True)


def measure(work: Path, threads: str, skip: set[str]) -> None:
    """Runs all parts on a copy of the shop."""
    with running() as sandbox:
        first = child("plan", str(work), sandbox.url, str(shop.NOW), threads)
        say_plan("first plan", first)
        if "second" not in skip:
            child("apply", str(work), first["plan"], sandbox.url)
            later = shop.NOW + LATER
            say_plan("second plan", child("plan", str(work), sandbox.url, str(later), threads))
    if "single" not in skip:
        for count in (1, 100):
            found = child("decide", str(work), str(count), str(shop.NOW + LATER), threads)
            print(f"decide for {count}: {found['milliseconds']:.1f} CPU-ms")
            print("    " + ", ".join(f"{name} {one:.1f}" for name, one in found["parts"].items()))
    if "polars" not in skip:
        beside(work, first, child("polars", str(work), threads))


def beside(work: Path, ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    """Prints what polars took for the same traits and segments, and whether it says the same:
    every segment's size, and a sample of contacts segment by segment."""
    parts = [ours["parts"].get(one, 0.0) for one in ("prepare", "traits", "segments")]
    sizes = sum(ours["segments"][name] != size for name, size in theirs["segments"].items())
    connection = connect(work / "contacts.sqlite")
    kept = {
        contact: sorted(json.loads(segments))
        for contact, segments in connection.execute(
            "SELECT contact, segments FROM (SELECT contact, segments, min(recorded_at) "
            "FROM membership GROUP BY contact) ORDER BY contact LIMIT ?", (len(theirs["sample"]),),
        )
    }  # fmt: skip
    connection.close()
    other = sum(kept[contact] != held for contact, held in theirs["sample"].items())
    print(f"traits and segments: {sum(parts):.1f} CPU-s; polars {theirs['cpu']:.1f} CPU-s, "
          f"{theirs['peak']:.0f} MB peak; ratio {sum(parts) / theirs['cpu']:.2f}")  # fmt: skip
    print(
        f"    {len(theirs['segments'])} segments, {sizes} of another size; "
        f"{len(kept)} contacts compared, {other} with other segments"
    )


if __name__ == "__main__":
    main()
