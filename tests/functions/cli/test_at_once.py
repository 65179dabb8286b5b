"""Two commands at once on one destination: the second writes nothing and says who is at work; a
holder that was killed holds nothing."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
COMMAND = "from functions.cli.main import app; app()"


@pytest.fixture
def planned(corner, monkeypatch):
    """A plan to apply. Where the audience is comes from the environment of each process."""
    file = corner.folder / "ofone.toml"
    url = f'url = "{corner.sandbox.url}/3.0"'
    file.write_text(file.read_text().replace(url, 'url = "env:CORNER_URL"'))
    monkeypatch.setenv("CORNER_URL", f"{corner.sandbox.url}/3.0")
    corner("plan")
    return corner


@contextmanager
def at_work(corner, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that carries out a command and waits for an answer of the audience which
    never comes."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/3.0"
        process = subprocess.Popen(
            [sys.executable, "-c", COMMAND, "-c", str(corner.folder / "ofone.toml"), *words],
            cwd=ROOT, env={**os.environ, "CORNER_URL": address}, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        silent.settimeout(60)
        try:
            calls, _ = silent.accept()
            with calls:
                yield process
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()


OTHERS = (("apply",), ("tick",), ("undo", "plan-1"), ("plan", "--no-pull"), ("plan",), ("pull",))


def test_beside_an_apply_nothing_else_works_on_its_destination(planned) -> None:
    with at_work(planned, "apply", "plan-1", "--yes") as process:
        for words in OTHERS:
            error = json.loads(planned(*words, "--json", code=3).out)["error"]
            assert f"`ofone apply plan-1` (process {process.pid})" in error["message"], words
            assert "mailchimp/main" in error["message"]
        assert planned.json("explain", "p1@example.com")["arm"]
    assert planned.writes() == 0
    assert planned.json("apply", "plan-1")["left"] == 0
    assert planned.writes() > 0
