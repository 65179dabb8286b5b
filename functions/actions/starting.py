"""A first folder: settings and a starter playbook, never over what is there."""

from importlib.resources import files
from pathlib import Path

from functions.settings import NAME
from personalization.errors import Stop
from personalization.models import Frozen

STARTER = "retail"
PLACEHOLDER = "your audience's id"
SETTINGS = f"""\
# What `ofone` works on. docs/configuration.md describes every key.
playbook = "templates/retail"
store = ".ofone"

# Your own export, as CSV or Parquet files (docs/files.md describes them).
[source.files.main]
folder = "export"
currency = "USD"
zone = "America/New_York"

# Your audience. Keys stay in the environment: export MAILCHIMP_KEY=...-us6
[destination.mailchimp.main]
key = "env:MAILCHIMP_KEY"
list = "{PLACEHOLDER}"
"""


class Started(Frozen):
    """What was written and what was there already, as paths within the folder."""

    folder: str
    written: tuple[str, ...]
    kept: tuple[str, ...]


def templates() -> Path:
    """Where the product's own playbooks are: beside its packages."""
    return Path(str(files("functions"))).resolve().parent / "templates"


def start(folder: Path) -> Started:
    """Writes ofone.toml and a copy of the starter playbook where they are missing."""
    starter = templates() / STARTER
    if not starter.is_dir():
        raise Stop("the starter playbook is not installed: run from a clone of the project")
    wanted = {NAME: SETTINGS.encode()}
    for path in sorted(starter.rglob("*")):
        if path.is_file():
            place = Path("templates") / STARTER / path.relative_to(starter)
            wanted[place.as_posix()] = path.read_bytes()
    written, kept = [], []
    for name, body in wanted.items():
        target = folder / name
        if target.exists():
            kept.append(name)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(body)
        written.append(name)
    export = folder / "export"
    (kept if export.is_dir() else written).append("export/")
    export.mkdir(exist_ok=True)
    return Started(folder=str(folder), written=tuple(written), kept=tuple(kept))
