"""What is reported of a night, once everything of it is planned.

A reporter is plain code over what a night came to: plans and the store go in, one JSON value comes
out and stands under the reporter's name in what the night says of itself. It writes nothing, and a
night is not undone for it. `REPORTERS` is the list; a new report is a function and an entry here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from personalization.errors import Skip
from personalization.models import Frozen, Micros
from personalization.plan.report import PlanReport, finished
from personalization.store.protocol import Store

NAME = "night"
"""The setting of the store that holds what the last night said."""


@dataclass(frozen=True)
class Night:
    """A night: when it is reported on, the facts version that it decided with, its finished plans by
    "connector/account" with what became of each ("handed on" or "parked"), and the store, to be
    read."""

    at: Micros
    facts: str
    plans: Mapping[str, tuple[str, PlanReport]]
    store: Store


class Reporter(Protocol):
    """Tells one thing of a night. Asked again for the same night it says the same."""

    def __call__(self, night: Night) -> Any:
        """A value as JSON has it, without a word about anybody. Raises Skip with the reason where
        there is nothing to say yet."""


class Reported(Frozen):
    """What a night says: a value by the name of each reporter, and why others have none."""

    at: Micros
    facts: str
    reports: Mapping[str, Any]
    skipped: Mapping[str, str]


def plans(night: Night) -> dict[str, dict[str, Any]]:
    """What the night planned for each destination, and what becomes of it."""
    if not night.plans:
        raise Skip("nothing was planned")
    return {
        place: {"plan": one.id, "state": state, "contacts": one.contacts, "written": one.written,
                "tagged": one.tagged, "sends": sum(one.sends.values()),
                "calls": one.cost.reads + one.cost.writes, "parked": list(one.parked)}
        for place, (state, one) in sorted(night.plans.items())
    }  # fmt: skip


REPORTERS: Mapping[str, Reporter] = {"plans": plans}
"""By the name that each report stands under."""


def night(store: Store, at: Micros, given: Mapping[str, Any]) -> Night:
    """A night from what its steps answered: `facts` and `planned` of the state machine."""
    known: dict[str, tuple[str, PlanReport]] = {}
    for one in given["planned"]:
        kept = store.plan(str(one["plan"])) if "plan" in one else None
        report = finished(kept[1]) if kept else None
        if report:
            known[str(one["destination"])] = (str(one["state"]), report)
    return Night(at, str(given["facts"]["facts"]), known, store)


def report(night: Night, reporters: Mapping[str, Reporter] = REPORTERS) -> Reported:
    """Asks every reporter."""
    said: dict[str, Any] = {}
    skipped: dict[str, str] = {}
    for name in sorted(reporters):
        try:
            said[name] = reporters[name](night)
        except Skip as reason:
            skipped[name] = str(reason)
    return Reported(at=night.at, facts=night.facts, reports=said, skipped=skipped)
