"""Builds every function's bundle and prints what it weighs and how much work its import is, in a fresh
interpreter that sees the bundle and the standard library and nothing else. Ends with 1 where one
is over its limit, or cannot be imported.

Seconds are of the processor, of this machine, with files in its cache: lower bounds of a cold start.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bundle import ROOT

LIMITS = {"webhook": (55, 0.5), "decide": (190, 1.2), "mailchimp": (110, 1.2),
          "hubspot": (110, 1.2), "pull": (110, 1.2), "fit": (240, 1.2)}  # fmt: skip
"""MiB unzipped with .pyc, and seconds of import."""
HANDLERS = {
    "webhook": ("webhook",), "decide": ("take_in", "tick", "night", "files", "decision", "action"),
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
RUNS = 5


def main() -> None:
    """Prints the table."""
    wrong = False
    print(f"{'bundle':10} {'handler':10} {'MiB':>6} {'limit':>6} {'s':>6} {'limit':>6}")
    with tempfile.TemporaryDirectory(dir=ROOT / "build") as place:
        for name, (most, longest) in LIMITS.items():
            into = built(name, Path(place))
            size = weighed(into)
            for handler in HANDLERS[name]:
                took = imported(into, name, handler)
                wrong |= size > most or took > longest
                print(f"{name:10} {handler:10} {size:6.1f} {most:6} {took:6.2f} {longest:6}")
    sys.exit(int(wrong))


def built(name: str, place: Path) -> Path:
    """A bundle, made as `sam build` makes it."""
    into = place / name
    script = Path(__file__).with_name("bundle.py")
    subprocess.run([sys.executable, str(script), name, "--into", str(into)], check=True)
    return into


def weighed(into: Path) -> float:
    """What a bundle's files take, in MiB."""
    return sum(one.stat().st_size for one in into.rglob("*") if one.is_file()) / 2**20


def imported(into: Path, name: str, handler: str) -> float:
    """The median of some imports, in seconds. `-S` leaves installed packages out, `-E` the
    environment, so that what the bundle lacks is missed here."""
    modules = ", ".join((f"functions.{handler}", *LOADED[name]))
    code = (f"import sys, time; sys.path.insert(0, {str(into)!r}); began = time.process_time()\n"
            f"import {modules}\nprint(time.process_time() - began)")  # fmt: skip
    env = {"PATH": os.environ["PATH"], "AWS_DEFAULT_REGION": "us-east-1"}
    times = []
    for _ in range(RUNS):
        done = subprocess.run([sys.executable, "-S", "-E", "-s", "-P", "-B", "-c", code], env=env,
                              cwd=into, capture_output=True, text=True)  # fmt: skip
        if done.returncode:
            sys.exit(f"{name}: {handler} cannot be imported alone:\n{done.stderr[-2000:]}")
        times.append(float(done.stdout))
    return sorted(times)[RUNS // 2]


if __name__ == "__main__":
    main()
