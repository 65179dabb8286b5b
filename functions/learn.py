"""The last step of the nightly run: what is learnt is fitted from the facts that the night decided
with, and kept as a facts version of the same day, with which everything is decided from then on.

    {"begin", "facts": {"facts": version}, "planned"} -> {"facts": version, "fitted": [name],
                                                          "skipped": {name: reason}}

Fitters are listed in `personalization/fitting.py`; with none, this says `"fitted": []` and keeps
nothing. It may be made again after any failure: the same facts are the same version. It has scipy
and no engine: what it reads was reduced by the step of the facts.
"""

from collections.abc import Mapping
from typing import Any

from functions.door.telling import Line
from functions.stack.measuring import say
from functions.stack.store import clock, opened
from personalization.errors import Stop
from personalization.facts import Facts
from personalization.fitting import FITTERS, Fitter, fit
from personalization.models import DAY
from personalization.store.protocol import Store

DAYS = 7
"""How far back the facts before may lie: a night may have failed."""


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """One night's fit. Raises Stop where the facts that are named were never kept."""
    return learnt(opened(), str(event["facts"]["facts"]), FITTERS)


def learnt(store: Store, version: str, fitters: Mapping[str, Fitter]) -> dict[str, Any]:
    """Fits, and keeps what came of it."""
    if not fitters:
        return {"facts": version, "fitted": [], "skipped": {}}
    facts = kept(store, version)
    if facts is None:
        raise Stop(f"facts version {version} is not in the store: start the night's run anew")
    done = fit(facts, earlier(store, facts), fitters)
    if done.fitted:
        with store.record(clock()) as recorder:
            recorder.facts(done.facts.version, done.facts.as_of, done.facts.to_json())
    outcome = "; ".join(f"{name} is not fitted: {why}" for name, why in done.skipped.items())
    say(Line(at=clock(), what="learn", count=len(done.fitted), outcome=outcome))
    return {"facts": done.facts.version, "fitted": list(done.fitted),
            "skipped": dict(done.skipped)}  # fmt: skip


def kept(store: Store, version: str | None) -> Facts | None:
    """A facts version, if it is there."""
    body = store.facts(version) if version else None
    return Facts.from_json(body) if body else None


def earlier(store: Store, facts: Facts) -> Facts | None:
    """The newest facts of the days before."""
    days = (kept(store, store.facts_as_of(facts.as_of - back * DAY)) for back in range(1, DAYS + 1))
    return next((one for one in days if one), None)
