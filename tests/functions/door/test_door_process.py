"""`ofone serve` as a process: it says where it listens, works by itself, and ends softly."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.functions.door.conftest import SECRETS, Open, hooks_of

ROOT = Path(__file__).parents[3]


@pytest.fixture
def served(corner, monkeypatch):
    """The command, running. Gives (corner, process, its door)."""
    for name, secret in SECRETS.items():
        monkeypatch.setenv(name, secret)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    settings = corner.folder / "ofone.toml"
    settings.write_text(settings.read_text() + hooks_of(corner))
    corner("plan")
    corner("apply")
    process = subprocess.Popen(
        [sys.executable, "-c", "from functions.cli.main import app; app()", "-c", str(settings),
         "serve", "--port", "0", "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    first = json.loads(process.stdout.readline())
    yield corner, process, Open(None, first["place"], None)
    if process.poll() is None:
        process.kill()
    process.communicate()


def test_it_takes_an_order_writes_by_itself_and_ends_softly(served) -> None:
    corner, process, door = served
    order = {"id": 7001, "email": "p0@example.com", "currency": "EUR", "total_price": "12.50",
             "created_at": "2026-03-02T10:00:00Z", "line_items": []}  # fmt: skip
    assert door.shopify("orders/create", order).status == 200
    lines = []
    while not any(line["what"] == "tick" and line.get("count") for line in lines):
        lines.append(json.loads(process.stdout.readline()))
    assert " written, 0 sent" in lines[-1]["outcome"]
    port = door.url.rpartition(":")[2]
    taken = corner("serve", "--port", port, code=4)
    assert f"port {port} of 127.0.0.1" in taken.err
    assert "no destination" in corner("serve", "--to", "mailchimp/other", code=4).err
    settings = corner.folder / "ofone.toml"
    settings.write_text(settings.read_text().replace('secret = "env:HUBSPOT_SECRET"', ""))
    assert (
        "hubspot/main: these settings are missing or wrong: secret" in corner("serve", code=4).err
    )
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert json.loads(out.splitlines()[-1])["what"] == "stopped"
    assert "p0@example.com" not in json.dumps(lines) + out
