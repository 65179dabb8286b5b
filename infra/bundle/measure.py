"""Builds every function's bundle, its layers with it, and prints what it weighs and how much work its
import is, in a fresh interpreter that sees the bundle and the standard library and nothing else.
Ends with 1 where one is over its limit, or cannot be imported. `make e2e` does the same with
what `sam build` made, and holds the table in docs/deploy.md to it.

Seconds are of the processor, of this machine, with files in its cache: lower bounds of a cold start.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from bundle import MADE, ROOT, layers

LIMITS = {"webhook": (55, 0.5), "decide": (190, 1.2), "mailchimp": (110, 1.2),
          "hubspot": (110, 1.2), "pull": (110, 1.2), "fit": (240, 1.2)}  # fmt: skip
"""MiB unzipped with .pyc, and seconds of import."""
HANDLERS = {
    "webhook": ("webhook",), "decide": ("take_in", "tick", "night", "report", "files", "decision",
               "action"),
    "mailchimp": ("apply",), "hubspot": ("apply",), "pull": ("apply", "sources"),
    "fit": ("learn",),
}  # fmt: skip
LOADED = {
    "webhook": ("connectors.shopify", "connectors.mailchimp", "connectors.hubspot",
                "connectors.segment", "connectors.feedback", "boto3"),
    "decide": ("duckdb", "jinja2", "sqlglot", "connectors.files", "functions.cloud.store",
               "boto3"),
    "mailchimp": ("connectors.mailchimp", "mailchimp_marketing", "functions.cloud.store"),
    "hubspot": ("connectors.hubspot", "hubspot.client", "functions.cloud.store"),
    "pull": ("connectors.webhook", "connectors.klaviyo", "connectors.shopify", "functions.cloud.store"),
    "fit": ("scipy.optimize", "scipy.special", "numpy", "functions.cloud.store", "boto3"),
}  # fmt: skip
"""What a function loads beside its handler, at its first call or at once."""
RUNS = 3
PAGE = ROOT / "docs" / "deploy.md"
HEAD = "| bundle | function | MiB | limit | s | limit |"


class Row(NamedTuple):
    """A function's bundle: MiB with its layers, and seconds of its import, with the limits of both."""

    bundle: str
    handler: str
    size: float
    most: int
    took: float
    longest: float

    def __str__(self) -> str:
        """As the table has it."""
        return (f"| {self.bundle} | {self.handler} | {self.size:.0f} | {self.most} "
                f"| {self.took:.2f} | {self.longest} |")  # fmt: skip

    def problem(self, size: int | None) -> str:
        """What is wrong with it, if anything: a limit, or another size than the page tells of it.
        Where much else works on the machine, seconds are longer than they are."""
        busy = os.getloadavg()[0] > 2 * (os.cpu_count() or 1)
        if self.size > self.most or self.took > self.longest * (1.5 if busy else 1):
            return f"over its limit: {self}"
        if size is None or abs(size - self.size) > 2:
            return f"docs/deploy.md says {size} MiB, `make bundles` prints the table: {self}"
        return ""


def main() -> None:
    """Prints the table."""
    told, wrong = documented(), False
    print(HEAD + "\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(dir=ROOT / "build") as place:
        for name, handlers in HANDLERS.items():
            parts = built(name, Path(place))
            for handler in handlers:
                row = weighed(name, handler, parts)
                print(row, flush=True)
                if problem := row.problem(told.get((name, handler))):
                    wrong = True
                    print(problem, file=sys.stderr)
    sys.exit(int(wrong))


def documented() -> dict[tuple[str, str], int]:
    """What docs/deploy.md says each bundle weighs, in MiB, by bundle and function."""
    _, _, table = PAGE.read_text(encoding="utf-8").partition(HEAD)
    lines = [line.split("|") for line in table.partition("\n\n")[0].splitlines()[2:]]
    return {(cells[1].strip(), cells[2].strip()): int(cells[3]) for cells in lines}


def weighed(name: str, handler: str, parts: Sequence[Path]) -> Row:
    """A function of a bundle, whose code and layers lie in `parts`."""
    most, longest = LIMITS[name]
    size = sum(one.stat().st_size for part in parts for one in part.rglob("*") if one.is_file())
    return Row(name, handler, size / 2**20, most, imported(parts, name, handler, longest), longest)


def built(name: str, place: Path) -> list[Path]:
    """A bundle's parts, made as `sam build` makes them: its code, then its layers."""
    MADE.mkdir(parents=True, exist_ok=True)
    parts = []
    for words in (["code"], *(["packages", one] for one in layers(name))):
        into = place / "-".join(words)
        if not into.is_dir():
            script = Path(__file__).with_name("bundle.py")
            subprocess.run([sys.executable, str(script), *words, "--into", str(into)], check=True)
        parts.append(into if words == ["code"] else into / "python")
    return parts


def imported(parts: Sequence[Path], name: str, handler: str, longest: float) -> float:
    """The least of some imports, in seconds, and of some more while it is over its limit: whatever
    else the machine does only adds. `-S` leaves installed packages out, `-E` the environment, so
    that what the bundle lacks is missed here."""
    modules = ", ".join((f"functions.{handler}", *LOADED[name]))
    code = (f"import sys, time; sys.path[:0] = {[str(one) for one in parts]!r}; "
            f"began = time.process_time()\n"
            f"import {modules}\nprint(time.process_time() - began)")  # fmt: skip
    env = {"PATH": os.environ["PATH"], "AWS_DEFAULT_REGION": "us-east-1"}
    times: list[float] = []
    while len(times) < RUNS or (min(times) > longest and len(times) < 5 * RUNS):
        done = subprocess.run([sys.executable, "-S", "-E", "-s", "-P", "-B", "-c", code], env=env,
                              cwd=parts[0], capture_output=True, text=True)  # fmt: skip
        if done.returncode:
            sys.exit(f"{name}: {handler} cannot be imported alone:\n{done.stderr[-2000:]}")
        times.append(float(done.stdout))
    return min(times)


if __name__ == "__main__":
    main()
