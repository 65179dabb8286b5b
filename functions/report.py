"""The nightly run's step after the plans: what the night came to is told and kept.

    {"begin", "facts": {"facts": version}, "planned": [{"destination", "plan", "parked", "state"}]}
        -> {"reports": {name: value}, "skipped": {name: reason}}

Reporters are listed in `functions/stack/reporting.py`. The answer is the store's setting `night`
too, until the next night's. The step may be made again after any failure. It has the engine, for
reports that read the log; it speaks with no destination, and nothing that was planned waits for it.
"""

from collections.abc import Mapping
from typing import Any

from functions.door.telling import Line
from functions.stack.measuring import say
from functions.stack.reporting import NAME, REPORTERS, Reporter, night, report
from functions.stack.store import clock, opened
from personalization.models import Micros
from personalization.store.protocol import Store


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """One night's report."""
    return reported(opened(), clock(), event, REPORTERS)


def reported(
    store: Store, now: Micros, given: Mapping[str, Any], reporters: Mapping[str, Reporter]
) -> dict[str, Any]:  # fmt: skip
    """Reports, says it and keeps it."""
    said = report(night(store, now, given), reporters)
    with store.record(now) as recorder:
        recorder.setting(NAME, said.model_dump_json())
    for place, plan in said.reports.get("plans", {}).items():
        outcome = f"{plan['state']}: {plan['written']} to write, {plan['sends']} to send"
        say(Line(at=now, what="night", place=place, count=plan["contacts"], outcome=outcome))
    outcome = "; ".join(f"{name} is not told: {why}" for name, why in said.skipped.items())
    say(Line(at=now, what="report", count=len(said.reports), outcome=outcome))
    return {"reports": dict(said.reports), "skipped": dict(said.skipped)}
