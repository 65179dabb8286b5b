"""What would change in a destination: decided values held against its shadow."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from personalization.apply.assumed import assumed
from personalization.connector import Destination
from personalization.consent import WRITABLE
from personalization.decide.output import Decided
from personalization.models import Columns, Shared
from personalization.plan.field_rows import field_changes
from personalization.plan.tag_rows import tag_changes
from personalization.plan.tally import Tally
from personalization.playbook.model import Playbook
from personalization.store.columns import objects
from personalization.store.protocol import Scope, Store

READ = ("contact", "outside_id", "status", "values", "tags")
"""What is looked at of a shadow."""

Change = tuple[int, str, str]
"""A contact's place among the decided, and the old and the new values as canonical JSON."""


@dataclass(frozen=True)
class Target:
    """A destination account, and which of its fields and tags are ours to write."""

    destination: Destination
    fields: tuple[str, ...]
    tags: Mapping[str, str]
    """segment -> tag name"""


def target(destination: Destination, playbook: Playbook) -> Target:
    """What a playbook owns in a destination."""
    tags = {name: one.tag for name, one in playbook.segments.items() if one.tag}
    return Target(destination, tuple(playbook.fields), tags)


def changes(
    store: Store, goal: Target, decided: Decided, scope: Scope, plan: str, tally: Tally
) -> Iterator[tuple[Columns, Shared]]:
    """Outbox columns: one row a contact whose fields differ, then one a contact whose tags
    differ. Contacts that are not in the destination, or whose status forbids it, are counted and
    left alone."""
    shadow = store.shadows(goal.destination.name, goal.destination.account, scope, READ)
    shadow = assumed(goal.destination, shadow, decided.contacts)
    rows, places = reached(decided, shadow, tally)
    values = {name: decided.fields[name] for name in goal.fields}
    fields = field_changes(values, rows, shadow["values"][places].tolist(), tally)
    wanted = {tag: decided.segments[name] for name, tag in goal.tags.items()}
    tags = tag_changes(wanted, rows, shadow["tags"][places].tolist(), tally)
    tally.touched += len({i for i, _, _ in fields} | {i for i, _, _ in tags})
    if fields:
        yield planned(goal, plan, "fields", decided, fields)
    if tags:
        yield planned(goal, plan, "tags", decided, tags)


def reached(decided: Decided, shadow: Columns, tally: Tally) -> tuple[np.ndarray, np.ndarray]:
    """The contacts that may be written to: their places among the decided and in the shadow."""
    held = shadow["contact"].tolist()
    if held == decided.contacts:
        found = np.arange(len(held))
    else:
        place = {contact: row for row, contact in enumerate(held)}
        found = np.array([place.get(one, -1) for one in decided.contacts], dtype=np.int64)
    there = np.flatnonzero(found >= 0)
    status = shadow["status"][found[there]]
    writable = np.array([one in WRITABLE for one in status.tolist()], dtype=bool)
    tally.absent += len(found) - len(there)
    tally.statuses.update(status[~writable].tolist())
    rows = there[writable]
    tally.reachable += len(rows)
    return rows, found[rows]


def planned(
    goal: Target, plan: str, kind: str, decided: Decided, found: Sequence[Change]
) -> tuple[Columns, Shared]:
    """Planned outbox rows of one kind, as the store's columns and what they share."""
    columns = {
        "contact": objects([decided.contacts[i] for i, _, _ in found]),
        "old": objects([old for _, old, _ in found]),
        "new": objects([new for _, _, new in found]),
    }
    if kind == "fields" and decided.slots:
        columns["decision"] = objects(ids(decided, [i for i, _, _ in found]))
    return columns, {
        "plan": plan, "kind": kind, "state": "planned",
        "destination": goal.destination.name, "account": goal.destination.account,
    }  # fmt: skip


def ids(decided: Decided, rows: Sequence[int]) -> list[str | None]:
    """The decision that each contact's fields show; of several slots the first that has one."""
    first, *others = [[slot.id[i] for i in rows] for slot in decided.slots.values()]
    for more in others:
        first = [one if one is not None else other for one, other in zip(first, more, strict=True)]
    return first
