"""docs/commands.md says what there is, and nothing that is not."""

import re
from pathlib import Path

import pytest
import typer

from functions.cli.failing import CODES
from functions.cli.main import app
from functions.settings import Settings

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "commands.md").read_text(encoding="utf-8")
COMMANDS = typer.main.get_command(app).commands


def section(name: str) -> str:
    """What the page says of a command."""
    found = re.search(
        rf"^### `ofone {name}\b[^`]*`$(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL
    )
    assert found, f"docs/commands.md has no section for ofone {name}"
    return found[0]


def options(command) -> set[str]:
    """A command's options, by their long names."""
    names = {name for param in command.params for name in (*param.opts, *param.secondary_opts)}
    return {name for name in names if name.startswith("--")} - {"--help"}


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_option_of_every_command_is_described(name) -> None:
    said = set(re.findall(r"`(--[a-z-]+)", section(name)))
    # --json, --now and --to mean the same everywhere and are described once.
    common = {"--json", "--now"} & options(COMMANDS[name])
    assert said | common == options(COMMANDS[name])


def test_no_command_is_described_that_is_not_there() -> None:
    assert set(re.findall(r"^### `ofone ([a-z]+)", PAGE, re.MULTILINE)) == set(COMMANDS)


def test_every_command_speaks_json() -> None:
    assert [name for name in COMMANDS if "--json" not in options(COMMANDS[name])] == []


def test_every_exit_code_is_described() -> None:
    assert {int(code) for code in re.findall(r"^\| (\d) \|", PAGE, re.MULTILINE)} == set(CODES)


def test_every_setting_is_described() -> None:
    page = (DOCS / "configuration.md").read_text(encoding="utf-8")
    names = set(Settings.model_fields) - {"folder"}
    assert {name for name in names if f"`{name}`" not in page and f"[{name}." not in page} == set()
