"""What a child does: commands of one work, traced, and perhaps its own end at a traced point."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import duckdb  # noqa: F401  imported once here rather than in each child; so is what follows
import mailchimp_marketing  # noqa: F401
import numpy.ma  # noqa: F401

import connectors
from functions.actions import planning
from personalization.plan import naming
from personalization.playbook.load import from_files
from personalization.playbook.model import Playbook
from tests.kill import points, shop

connectors.find("files")
connectors.find("mailchimp")
shop.playbook()


@cache
def kept(name: str, files: tuple[tuple[str, str], ...], strict: bool) -> Playbook:
    """The playbook that texts make."""
    return from_files(dict(files), name, strict)


def known(files: Mapping[str, str], name: str, strict: bool = True) -> Playbook:
    """The same, which a process reads once: how it is read is not at stake here."""
    return kept(name, tuple(sorted(files.items())), strict)


planning.from_files = naming.from_files = known
for use in ("planned", "applied"):
    known(shop.playbook().files, use, strict=False)


def live(request: dict[str, Any]) -> dict[str, Any]:
    """Carries out a request's commands, each in a shop opened for it. What it came through, by
    name, and what each command said."""
    folder, export = Path(request["folder"]), Path(request["export"])
    trace = points.Points(folder / "store", request.get("kill"))
    points.install(trace)
    said = []
    for name in request["commands"]:
        trace.command = name
        with shop.opened(folder, export, request["url"], request["now"]) as one:
            said.append(shop.COMMANDS[name](one))
    return {"points": trace.names, "said": said}
