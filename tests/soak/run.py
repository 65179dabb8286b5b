"""The long consent proof: `make soak`, or `python -m tests.soak.run --sequences N --http N`.

`--sequences` are judged by `judge`, the transition function of apply, alone and in memory;
`--http` go through the command line and over HTTP. Prints what it did; docs/soak.md records it.
Exit code 1 where anything was violated.
"""

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.soak import by_http, in_memory

Share = Callable[[range], tuple[Counter[str], list[str]]]


def main() -> int:
    """Runs both soaks, or the one that is asked for."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--sequences", type=int, default=0)
    given.add_argument("--http", type=int, default=0)
    given.add_argument("--seed", type=int, default=1, help="the first seed")
    given.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    said = given.parse_args()
    if not (said.sequences or said.http):
        said.sequences, said.http = 1_000_000, 2_000
    broken = 0
    for name, count, size, share in (
        ("in memory", said.sequences, 5_000, in_memory.share),
        ("by ofone over HTTP", said.http, 20, by_http.share),
    ):
        if count:
            seeds = range(said.seed, said.seed + count)
            broken += soak(name, seeds, size, share, said.workers)
    return 1 if broken else 0


def soak(name: str, seeds: range, size: int, share: Share, workers: int) -> int:
    """Spreads seeds over workers, prints what happened; returns the number of violations."""
    began = time.monotonic()
    shares = [seeds[n : n + size] for n in range(0, len(seeds), size)]
    found: Counter[str] = Counter()
    broken: list[str] = []
    with ProcessPoolExecutor(workers) as pool:
        for done, (counted, said) in enumerate(pool.map(share, shares), 1):
            found += counted
            broken += said
            if not done % max(1, len(shares) // 10):
                sys.stderr.write(f"{name}: {done * size:,} done\n")
            for each in said:
                say(each)
    took = time.monotonic() - began
    say(f"{name}: {len(seeds):,} sequences, seeds {seeds[0]} to {seeds[-1]}, "
          f"{took:,.0f} s on {workers} processes, {len(broken)} violations")  # fmt: skip
    for what, times in sorted(found.items()):
        say(f"  {what:<28}{times:>12,}")
    return len(broken)


def say(line: str) -> None:
    """One line, at once: a soak is watched."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
