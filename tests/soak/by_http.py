"""Sequences through the command line: `ofone plan`, `ofone apply`, `ofone tick`, with the real
client over HTTP, each judged as the short test judges its own."""

import io
import random
import tempfile
from collections import Counter
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import typer

from connectors.sandbox.ledger import calls, effects
from connectors.sandbox.server import Running, running
from connectors.sandbox.world import LIST
from functions import shop
from functions.cli.main import app
from tests.consent.acts import PEOPLE, drawn
from tests.consent.corner import ACCOUNTS, LISTS, members_of, playbook_in
from tests.consent.floor import Floor
from tests.consent.oracle import violations
from tests.consent.traces import remains

# A process reads and checks the playbook once: half of what a command takes, and not at stake here.
shop.load = cache(shop.load)
OFONE = typer.main.get_command(app)
MANY = 20
"""So many people make a call with a job of many operations; every twentieth sequence has them."""


@dataclass
class Typed(Floor):
    """A floor where plans, applies and ticks are commands that somebody types."""

    typed: int = 0

    def command(self, *words: str) -> None:
        """One command; its exit code is not looked at, what it did is."""
        self.typed += 1
        config = self.folder / "ofone.toml"
        if not config.exists():
            config.write_text(settings(self), encoding="utf-8")
        given = ["--config", str(config), *words, "--json", "--now", str(self.now)]
        silent = io.StringIO()
        with redirect_stdout(silent), redirect_stderr(silent), suppress(SystemExit):
            OFONE(given)

    def make(self) -> None:
        """`ofone plan`"""
        self.command("plan", "--no-pull", "--to", "mailchimp/main")
        self.plan = "newest"

    def apply(self, failure: str | None, nth: int) -> None:
        """`ofone apply`: the newest plan that is ready."""
        self.fail(failure, nth)
        self.command("apply", "--yes")

    def tick(self) -> None:
        """`ofone tick`"""
        self.command("tick", "--to", "mailchimp/main")


def settings(floor: Floor) -> str:
    """The settings file of this shop."""
    accounts = "".join(
        f'[destination.mailchimp.{account}]\nlist = "{LISTS[n]}"\nurl = "{floor.sandbox.url}/3.0"\n'
        'key = "0123456789abcdef0123456789abcdef-us6"\n'
        for n, account in enumerate(ACCOUNTS)
    )
    return f'playbook = "{floor.playbook}"\nstore = "store"\nthreads = 1\n{accounts}'


def one(
    sandbox: Running, folder: Path, playbook: Path, seed: int, found: Counter[str]
) -> list[str]:
    """One sequence; what it broke."""
    people = MANY if seed % 20 == 0 else PEOPLE
    floor = Typed(sandbox, folder, playbook, people)
    try:
        floor.do(drawn(random.Random(seed), people, calm=True))
        floor.end()
        entries = floor.entries
        found["commands"] += floor.typed
        found["HTTP calls"] += len(calls(entries))
        found["operations in jobs"] += len(calls(entries, via="batch"))
        found.update(entry["kind"] for entry in effects(entries))
        found.update(f"{entry['kind']} by people" for entry in effects(entries, None, "person"))
        found.update(f"{note.what} here" for note in floor.notes)
        return [*violations(entries, floor.notes, members_of(people), LIST), *remains(floor)]
    finally:
        floor.close()


def share(seeds: range) -> tuple[Counter[str], list[str]]:
    """A worker's share of the seeds, over one sandbox of its own."""
    found: Counter[str] = Counter()
    broken: list[str] = []
    with tempfile.TemporaryDirectory() as name, running(polls=(1, 1)) as sandbox:
        playbook = playbook_in(Path(name) / "playbook")
        for seed in seeds:
            with tempfile.TemporaryDirectory(dir=name) as folder:
                said = one(sandbox, Path(folder), playbook, seed, found)
            # Old entries are of no use any more, and two thousand sequences make many.
            sandbox.world.ledger.entries.clear()
            broken += [f"seed {seed}: {each}" for each in said]
    return found, broken
