"""How a plan begins: its name, and what it takes the place of."""

from collections.abc import Sequence

from personalization.connector import Destination
from personalization.models import Micros
from personalization.plan.report import begun, concerns
from personalization.playbook.load import from_files
from personalization.playbook.model import Playbook
from personalization.store.protocol import Store

OPEN = frozenset({"building", "ready", "parked", "applying"})
"""States of a plan that a newer one takes the place of."""


def begin(store: Store, destination: Destination, now: Micros) -> str:
    """A plan's name; the destination's plans left unfinished or unapplied are superseded by it.
    All in one transaction, so that plans begun at once for two destinations differ in name."""
    with store.record(now) as recorder:
        plans = store.plans()
        plan = next_name(store, destination, plans)
        for old, state, _ in plans:
            if state not in OPEN:
                continue
            _, body = store.plan(old) or ("", "{}")
            if concerns(body, destination):
                recorder.drop_planned(old)
                recorder.plan(old, "superseded", body)
        recorder.plan(plan, "building", begun(destination))
    return plan


def next_name(
    store: Store, destination: Destination, plans: Sequence[tuple[str, str, Micros]]
) -> str:
    """The name after the last one; that one again if it is this destination's and its making
    never came to an end."""
    numbers = {int(id_.removeprefix("plan-")): (id_, state) for id_, state, _ in plans
               if id_.removeprefix("plan-").isdecimal()}  # fmt: skip
    last = max(numbers, default=0)
    if last and numbers[last][1] == "building":
        _, body = store.plan(numbers[last][0]) or ("", "{}")
        if concerns(body, destination):
            return numbers[last][0]
    return f"plan-{last + 1}"


def applied_before(store: Store, destination: Destination) -> Playbook | None:
    """The playbook that was applied last to a destination."""
    hash_ = store.setting(f"applied {destination.name}/{destination.account}")
    files = store.playbook(hash_) if hash_ else None
    return from_files(files, "applied", strict=False) if files else None
