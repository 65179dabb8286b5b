"""What a child does: commands of one work, traced, and perhaps its own end at a traced point."""

from pathlib import Path
from typing import Any

import duckdb  # noqa: F401  imported once here rather than in each child; so is what follows
import mailchimp_marketing  # noqa: F401
import numpy.ma  # noqa: F401

import connectors
from tests.kill import points, shop

connectors.find("files")
connectors.find("mailchimp")
shop.playbook()


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
