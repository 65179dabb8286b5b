"""docs/sandbox.md, followed as it stands: a shop from `init`, an audience from its own contacts, and a
look at the ledger."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from typer.testing import CliRunner

from functions.cli.main import app

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "sandbox.md").read_text(encoding="utf-8")
RUN = "import sys; sys.argv[0] = 'ofone'; from functions.cli.main import app; app()"


def block(name: str) -> str:
    return re.search(rf"```\w+ {re.escape(name)}\n(.*?)```", PAGE, re.DOTALL)[1]


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """The page's shop, in its own folder, and how to call a command there."""
    monkeypatch.chdir(tmp_path)

    def ofone(*words, code=0):
        done = CliRunner().invoke(app, words)
        assert done.exit_code == code, (done.stdout, done.stderr)
        return done.stdout

    ofone("init", "my-shop")
    monkeypatch.chdir(tmp_path / "my-shop")
    for name in ("contacts.csv", "events.csv", "products.csv"):
        Path("export", name).write_text(block(name))
    return ofone


@pytest.fixture
def box(shop):
    """The page's sandbox, on a free port; its settings are put where the page says. Ctrl-C is
    ignored there, as by what a shell starts in the background: it ends all the same."""
    words = re.search(r"^ofone (sandbox box --audience \S+)", PAGE, re.MULTILINE)[1].split()
    process = subprocess.Popen(
        ["sh", "-c", 'trap "" INT; exec "$@"', "sh", sys.executable, "-c", RUN, *words, "--port",
         "0", "--json"], text=True,
        stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    try:
        url = json.loads("".join(iter(process.stdout.readline, "}\n")) + "}")["url"]
        file = Path("ofone.toml")
        before = file.read_text().partition("[destination")[0]
        file.write_text(before + block("destination").replace("http://127.0.0.1:8725", url))
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


def asked(url, path, body):
    with urlopen(Request(f"{url}{path}", data=json.dumps(body).encode())) as answer:
        return json.load(answer)


def test_the_page_takes_a_shop_to_its_first_apply_without_an_account(shop, box):
    assert json.loads(shop("doctor", "--json"))["findings"]
    shop("plan")
    shop("apply", "--first", "10")
    assert "ana@example.com" not in shop("explain", "ana@example.com")
    entries = [json.loads(line) for line in Path("box/ledger.jsonl").read_text().splitlines()]
    written = [one for one in entries if one["entry"] == "effect" and one["actor"] == "api"
               and one["kind"] == "field_written"]  # fmt: skip
    assert len({one["member"] for one in written}) == 2  # cleo said no
    seed = re.search(r"curl -d '(.*?)' http://[^/]+(/\S+)", PAGE)
    assert asked(box, seed[2], json.loads(seed[1]))["imported"] == 1
    shop("pull")
    assert "shows" in shop("preview", "--contacts", "1", "--to", "seed@example.com")
    for path, body in (
        ("person", {"email": "ana@example.com", "action": "unsubscribe"}),
        ("hubspot/contacts", {"contacts": [{"email": "ana@example.com", "subscribed": [1001]}]}),
        ("failures", {"script": [{"kind": "500", "times": 3}]}),
    ):
        assert f"/_sandbox/{path}`" in PAGE
        asked(box, f"/_sandbox/{path}", body)
