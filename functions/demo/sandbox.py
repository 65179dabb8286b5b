"""The demo's destination: the Mailchimp sandbox as a process of its own, reached over HTTP."""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import functions
from connectors.sandbox import saved
from connectors.sandbox.clock import Clock, iso
from connectors.sandbox.control import import_members
from connectors.sandbox.hubspot.imports import import_contacts
from connectors.sandbox.world import LIST, World
from personalization.errors import Stop
from personalization.models import Micros

STATE, LEDGER = "sandbox.json", "ledger.jsonl"
DESTINATION = f"""\
[destination.mailchimp.main]
list = "{LIST}"
key = "sandbox-us1"
url = "{{url}}/3.0"
"""
"""What a shop's settings say to reach it. The key is none."""
CONSENT = "consent.email.marketing"
STATUSES = {"in": "subscribed", "out": "unsubscribed"}


@dataclass(frozen=True)
class Sandbox:
    """A sandbox that serves. `url` has no path."""

    url: str
    process: subprocess.Popen[str]

    def control(self, name: str, body: dict[str, Any] | None = None) -> Any:
        """Asks the sandbox itself, not the API: POST with a body, GET without one."""
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"{self.url}/_sandbox/{name}", data=data)  # noqa: S310 (our own)
        with urlopen(request, timeout=60) as answer:  # noqa: S310 (our own)
            return json.load(answer)

    def entries(self, after: int = 0) -> list[dict[str, Any]]:
        """What the ledger recorded after entry number `after`."""
        found: list[dict[str, Any]] = self.control(f"ledger?after={after}")
        return found

    def move_clock(self, now: Micros) -> None:
        """Sets the sandbox's own clock."""
        self.control("clock", {"now": iso(now)})


@contextmanager
def serving(folder: Path, port: int = 0) -> Iterator[Sandbox]:
    """Runs the sandbox on a folder's kept state until the block ends; its state is kept again.
    Raises Stop where it does not start."""
    place = Path(functions.__file__).resolve().parents[1]
    paths = [str(place), *filter(None, [os.environ.get("PYTHONPATH")])]
    command = [sys.executable, "-m", "connectors.sandbox", "--port", str(port),
               "--hubspot-time", "off", "--ledger", str(folder / LEDGER), "--state", str(folder / STATE)]  # fmt: skip
    process = subprocess.Popen(  # noqa: S603 (our own module)
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
    )  # fmt: skip
    try:
        line = process.stdout.readline() if process.stdout else ""
        if not line.startswith("listening on "):
            raise Stop(f"the sandbox does not start: is port {port} in use?")
        yield Sandbox(line.removeprefix("listening on ").strip(), process)
    finally:
        process.terminate()
        process.wait(30)
        if process.stdout:
            process.stdout.close()


def members_of(people: Path) -> list[dict[str, Any]]:
    """Who is in a contacts.csv of the files form (docs/files.md), as members: who agreed is
    subscribed, who declined unsubscribed, of whom nobody knows may get receipts only. Raises Stop."""
    try:
        text = people.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise Stop(f"{people} cannot be read as UTF-8 text: name a contacts.csv") from None
    heading = text.partition("\n")[0]
    rows = csv.DictReader(StringIO(text, newline=""), delimiter=max(",;\t", key=heading.count))
    if "email" not in (rows.fieldnames or ()):
        raise Stop(f"{people} has no column email: docs/files.md describes the file")
    return [{"email": row["email"].strip(),
             "status": STATUSES.get(row.get(CONSENT) or "", "transactional")}
            for row in rows if (row["email"] or "").strip()]  # fmt: skip


def make_audience(
    folder: Path, members: list[dict[str, Any]], now: Micros,
    contacts: Sequence[dict[str, Any]] = (),
) -> None:  # fmt: skip
    """Writes the state of an audience that a shop has been keeping, and of its contacts in
    HubSpot, for `serving` to begin from."""
    world = World(clock=Clock(iso(now)))
    import_members(world, {"list": LIST, "members": members})
    if contacts:
        import_contacts(world, {"contacts": contacts})
    saved.save(world, folder / STATE)
    (folder / LEDGER).unlink(missing_ok=True)
