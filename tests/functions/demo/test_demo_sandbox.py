"""The sandbox that the demo leaves can be started again, and keeps what was written."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from connectors.sandbox.world import LIST
from functions.demo.sandbox import Sandbox, make_audience
from functions.settings import moment

RUN = "import sys; sys.argv[0] = 'ofone'; from functions.cli.main import app; app()"


def serve(folder: Path) -> tuple[subprocess.Popen, Sandbox]:
    root = str(Path(__file__).parents[3])
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, "sandbox", str(folder), "--json"],
        stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": root},
    )  # fmt: skip
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line == "}\n":
            break
    return process, Sandbox(json.loads("".join(lines))["url"], process)


def stop(process: subprocess.Popen) -> int:
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    return process.returncode


def test_it_begins_where_it_was_left(tmp_path: Path) -> None:
    make_audience(tmp_path, [{"email": "a@example.com"}], moment("2018-01-01T15:00:00Z"))
    # Settings beside it are a demo's, whose time stands still: another one keeps the present.
    (tmp_path / "ofone.toml").write_text('playbook = "none"')
    process, box = serve(tmp_path)
    box.control("members", {"members": [{"email": "b@example.com"}]})
    assert stop(process) == 0
    process, box = serve(tmp_path)
    assert box.control("state")["lists"][LIST]["members"] == 2
    assert box.control("state")["clock"].startswith("2018-01-01T15:00")
    assert stop(process) == 0


def test_there_is_nothing_to_serve_in_a_folder_that_is_not_there(corner) -> None:
    assert "ofone demo" in corner("sandbox", str(corner.folder / "nowhere"), code=4).err
