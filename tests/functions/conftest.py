"""A shop small enough to see through: thirty customers in a folder of files, an audience in a
sandbox in this process, one playbook, and the command line over all of it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from connectors.sandbox import ledger
from connectors.sandbox.server import Running, running
from connectors.sandbox.world import LIST
from functions.cli.main import app
from personalization.store.embedded import open_store
from tests.functions.settled import settled

NOW = "2026-03-02T12:00:00Z"
PLAYBOOK = """
name: corner
currency: EUR
zone: Europe/Berlin
traits:
  orders_90d: {count: order, window: 90d}
  orders_2d:  {count: order, window: 2d}
  city: {attribute: city}
segments:
  buyers:   {when: orders_90d >= 1, tag: Buyers}
  regulars: {when: orders_90d >= 2, tag: Regulars, title: Who come often}
  fresh:    orders_2d >= 1
stages: [regulars, buyers]
messages:
  loved:  {for: regulars, fields: {HEADLINE: "Hello {{ city }}"}}
  thanks: {for: buyers, fields: {HEADLINE: "Thank you"}}
slots:
  hero: {messages: [loved, thanks], picks: 1, fields: [HEADLINE, PICK1]}
fields:
  HEADLINE: {fallback: Hello, label: Headline}
  PICK1:    {value: "{{ picks[0].name }}", fallback: our bestsellers}
triggers:
  cart_left: {after: cart, wait: 1h, unless: order, within: 1d, send: thanks, by: event}
limits: {quiet: "21:00-08:00", holdout: 20%, sends_per_hour: 3}
tests:
  somebody who came twice:
    now: 2026-03-02T12:00:00Z
    contact: {city: Lyon}
    events:
      - {kind: order, ago: 3d, amount: 5.00}
      - {kind: order, ago: 1d, amount: 5.00}
    expect: {segments: {in: [regulars]}, stage: regulars, fields: {HEADLINE: Hello Lyon}}
"""
SETTINGS = """
playbook = "playbook"
store = "store"
now = "{now}"
[source.files.main]
folder = "export"
currency = "EUR"
[destination.mailchimp.main]
list = "{list}"
key = "env:CORNER_KEY"
url = "{url}/3.0"
"""
PEOPLE = 30


@dataclass
class Said:
    """What a command did: exit code, results, remarks."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON document on standard output."""
        return json.loads(self.out)


@dataclass
class Corner:
    """The shop at the corner."""

    folder: Path
    sandbox: Running

    def __call__(self, *words: str, code: int | None = 0) -> Said:
        """Runs a command and holds its exit code to what is expected (None: anything)."""
        done = CliRunner().invoke(app, ["-c", str(self.folder / "ofone.toml"), *words])
        crashed = done.exception is not None and not isinstance(done.exception, SystemExit)
        assert not crashed, done.exception
        said = Said(done.exit_code, done.stdout, done.stderr)
        assert code is None or said.code == code, (said.code, said.out, said.err)
        return said

    def json(self, *words: str, code: int | None = 0) -> Any:
        """Runs a command with --json."""
        return self(*words, "--json", code=code).json

    def events(self) -> list[tuple[str, str]]:
        """(name, message) of every event that the ledger shows."""
        found = ledger.effects(self.sandbox.entries, ["event"])
        return [(one["name"], one["after"]["properties"]["message"]) for one in found]

    def writes(self) -> int:
        """How many HTTP calls wrote something."""
        return len(ledger.calls(self.sandbox.entries, write=True))

    def add_events(self, name: str, *rows: str) -> None:
        """Another file of events, as a shop's export would bring it."""
        body = "\n".join(["key,kind,id,occurred_at", *rows])
        (self.folder / "export" / f"events-{name}.csv").write_text(body + "\n")


@pytest.fixture(autouse=True)
def no_width(monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts are as wide as where nobody says how wide it is, whatever runs the tests."""
    monkeypatch.delenv("COLUMNS", raising=False)


@pytest.fixture
def corner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Corner]:
    monkeypatch.setenv("CORNER_KEY", "corner-secret-us1")
    monkeypatch.chdir(tmp_path)
    with running() as sandbox:
        yield built(tmp_path, sandbox)


@pytest.fixture
def applied(corner: Corner) -> Corner:
    """The corner with its first plan applied."""

    def first() -> None:
        corner("plan")
        corner("apply")

    settled("applied", corner.folder, corner.sandbox, first)
    return corner


def built(folder: Path, sandbox: Running) -> Corner:
    """Number 0 never ordered, every third came twice, 28 unsubscribed, 29 is not in the audience."""
    (folder / "playbook").mkdir()
    (folder / "playbook" / "playbook.yaml").write_text(PLAYBOOK)
    settings = SETTINGS.format(url=sandbox.url, list=LIST, now=NOW)
    (folder / "ofone.toml").write_text(settings)
    export = folder / "export"
    export.mkdir()
    heading = "id,email,zone,updated_at,consent.email.marketing,city"
    contacts = [f"{n},p{n}@example.com,,2026-01-01T00:00:00Z,in,Town{n}" for n in range(PEOPLE)]
    (export / "contacts.csv").write_text("\n".join([heading, *contacts]) + "\n")
    orders = [
        f"o{n}-{k},order,{n},2026-02-2{k}T10:00:00Z,5.00,bread"
        for n in range(1, PEOPLE)
        for k in range(2 if n % 3 == 0 else 1)
    ]
    (export / "events.csv").write_text(
        "\n".join(["key,kind,id,occurred_at,amount,product", *orders]) + "\n"
    )
    (export / "products.csv").write_text("id,name,price,in_stock\nbread,Bread,5.00,true\n")
    sandbox.control("members", members=[
        {"email": f"p{n}@example.com", "timestamp": "2026-01-01T00:00:00+00:00",
         "status": "unsubscribed" if n == 28 else "subscribed"}
        for n in range(PEOPLE - 1)
    ])  # fmt: skip
    sandbox.control("clock", now="2026-03-02T12:00:00+00:00")
    # Who is in the holdout follows from the key, so the same key makes the same corner each time.
    open_store(folder / "store", install_key="corner").close()
    return Corner(folder, sandbox)
