"""How a plan begins: its name, and what it takes the place of."""

from collections.abc import Sequence

from personalization.connector import Destination
from personalization.models import DAY, Micros
from personalization.plan.report import begun, concerns
from personalization.playbook.load import from_files
from personalization.playbook.model import Playbook
from personalization.store.protocol import Store

OPEN = frozenset({"building", "ready", "parked", "applying"})
"""States of a plan that a newer one takes the place of."""
ENDED = frozenset({"applied", "superseded"})
KEPT = 30 * DAY
MOST = 5_000


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
    if ended := ended_ticks(plans, now):
        with store.record(now) as recorder:
            recorder.drop_plans(ended)
    return plan


def ended_ticks(plans: Sequence[tuple[str, str, Micros]], now: Micros) -> list[str]:
    """Plans of ticks that ended so long ago that nobody takes them back: there is one a minute in
    which anything happens, and every run reads which plans there are."""
    return [id_ for id_, state, at in plans
            if id_.startswith("tick-") and state in ENDED and at < now - KEPT][:MOST]  # fmt: skip


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
