"""The limits under which an apply that nobody watches may run."""

from personalization.connector import Destination
from personalization.models import HOUR, Micros
from personalization.plan.report import PlanReport, concerns
from personalization.plan.setup import Setup
from personalization.playbook.model import Limits
from personalization.store.protocol import Store

MILLION = 1_000_000
FEW = 20
"""Below this many contacts a share says nothing: one order may change one contact of five."""


def reasons_to_park(
    report: PlanReport, limits: Limits, setup: Setup, store: Store, destination: Destination
) -> tuple[str, ...]:
    """Why a plan should wait for a person; empty if it may go on. A contact changes by fields or by
    tags."""
    found: list[str] = []
    everyone = max(report.reachable, 1)
    changed = max(report.touched, report.written, report.tagged)
    if changed > FEW and changed * MILLION > limits.park_above * everyone:
        found.append(f"{changed:,} of {everyone:,} contacts would change, more than the "
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
    if limits.sends_per_hour is not None and sends:
        before = sends_of_the_hour(store, destination, report.now)
        if before + sends > limits.sends_per_hour:
            after = f" after {before:,} in the hour before" if before else " at once"
            found.append(f"{sends:,} {'send' if sends == 1 else 'sends'}{after}, more than limits.sends_per_hour "
                         f"{limits.sends_per_hour:,}")  # fmt: skip
    return tuple(found)


def sends_of_the_hour(store: Store, destination: Destination, now: Micros) -> int:
    """How many sends the plans that were at work in a destination in the last hour have tried."""
    found = 0
    for name, state, at in store.plans():
        if at <= now - HOUR or state not in ("applying", "applied", "superseded"):
            continue
        if concerns((store.plan(name) or ("", "{}"))[1], destination):
            counts = store.outbox_counts(name)
            found += sum(n for (kind, _, _, tried), n in counts.items() if kind == "send" and tried)
    return found
