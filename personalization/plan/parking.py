"""The limits under which an apply that nobody watches may run."""

from personalization.models import HOUR
from personalization.plan.report import PlanReport
from personalization.plan.setup import Setup
from personalization.playbook.model import Limits

MILLION = 1_000_000
FEW = 20
"""Below this many contacts a share says nothing: one order may change one contact of five."""


def reasons_to_park(report: PlanReport, limits: Limits, setup: Setup) -> tuple[str, ...]:
    """Why a plan should wait for a person; empty if it may go on."""
    found: list[str] = []
    everyone = max(report.reachable, 1)
    if report.written > FEW and report.written * MILLION > limits.park_above * everyone:
        found.append(f"{report.written:,} of {everyone:,} contacts would change, more than the "
                     f"{limits.park_above / 10_000:g} % that limits.park_above allows")  # fmt: skip
    found += [
        f"{field.name} would be emptied for {field.emptied:,} contacts, more than "
        f"{limits.empty_above / 10_000:g} %"
        for field in report.fields
        if field.emptied > FEW and field.emptied * MILLION > limits.empty_above * everyone
    ]
    made = len(setup.create_fields) + len(setup.create_tags) + len(setup.create_events)
    if made > limits.new_fields:
        found.append(f"{made} new fields, tags and events, more than limits.new_fields "
                     f"{limits.new_fields}")  # fmt: skip
    sends = sum(report.sends.values())
    if limits.sends_per_hour is not None and sends > limits.sends_per_hour:
        found.append(f"{sends:,} sends at once, more than {limits.sends_per_hour:,} in "
                     f"{HOUR // 60_000_000} minutes")  # fmt: skip
    return tuple(found)
