"""What many tests begin with, brought about once a process: a shop's folder and its sandbox are put
back to the moment when it was done, for the price of a copy."""

import atexit
import copy
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from connectors.sandbox.server import Running

WORLD = ("ledger", "failures", "clock", "account", "portal")
SETTINGS = "ofone.toml"


@dataclass(frozen=True)
class Moment:
    """Everything there was: a copy of the folder, the sandbox's parts, and where it listened."""

    folder: Path
    world: dict[str, Any]
    url: str


MOMENTS: dict[str, Moment] = {}
ASIDE = TemporaryDirectory(prefix="settled-")
atexit.register(ASIDE.cleanup)


def settled(name: str, folder: Path, sandbox: Running, bring: Callable[[], object]) -> None:
    """The first time under a name, `bring` is called on a shop in that folder; from then on the
    shop and the sandbox are as they were when it had returned. Nobody has the store open."""
    if name not in MOMENTS:
        bring()
        MOMENTS[name] = kept(Path(ASIDE.name) / name, folder, sandbox)
    else:
        back(MOMENTS[name], folder, sandbox)


def kept(aside: Path, folder: Path, sandbox: Running) -> Moment:
    """The present moment."""
    shutil.copytree(folder, aside)
    with sandbox.world.lock:
        return Moment(aside, parts(vars(sandbox.world)), sandbox.url)


def back(moment: Moment, folder: Path, sandbox: Running) -> None:
    """Makes a moment the present; the settings name the sandbox where it listens now."""
    for path in folder.iterdir():  # the folder itself may be where a test stands
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.copytree(moment.folder, folder, dirs_exist_ok=True)
    settings = folder / SETTINGS
    settings.write_text(settings.read_text().replace(moment.url, sandbox.url))
    with sandbox.world.lock:
        vars(sandbox.world).update(parts(moment.world))


def parts(world: dict[str, Any]) -> dict[str, Any]:
    """A copy of a world's state; one, because parts of it may share things."""
    return copy.deepcopy({name: world[name] for name in WORLD})
