"""What would change in a destination: decided values held against its shadow."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from personalization.apply.assumed import assumed
from personalization.connector import Destination
from personalization.consent import WRITABLE
from personalization.decide.output import Decided
from personalization.models import Columns
from personalization.plan.field_rows import field_changes
from personalization.plan.tag_rows import tag_changes
from personalization.plan.tally import Tally
from personalization.playbook.model import Playbook
from personalization.store.protocol import Scope, Store

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
) -> Iterator[Columns]:
    """Outbox columns: one row a contact whose fields differ, then one a contact whose tags
    differ. Contacts that are not in the destination, or whose status forbids it, are counted and
    left alone."""
    shadow = store.shadows(goal.destination.name, goal.destination.account, scope)
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
    place = {contact: row for row, contact in enumerate(shadow["contact"].tolist())}
    found = np.array([place.get(one, -1) for one in decided.contacts], dtype=np.int64)
    there = np.flatnonzero(found >= 0)
    status = shadow["status"][found[there]]
    writable = np.array([one in WRITABLE for one in status], dtype=bool)
    tally.absent += len(found) - len(there)
    tally.statuses.update(status[~writable].tolist())
    rows = there[writable]
    tally.reachable += len(rows)
    return rows, found[rows]


def planned(
    goal: Target, plan: str, kind: str, decided: Decided, found: Sequence[Change]
) -> Columns:
    """Planned outbox rows of one kind, as the store's columns."""

    def same(value: object) -> np.ndarray:
        return np.full(len(found), value, dtype=object)

    def each(values: Sequence[object]) -> np.ndarray:
        column = np.empty(len(found), dtype=object)
        column[:] = values
        return column

    rows = [i for i, _, _ in found]
    decision = same(None)
    if kind == "fields":
        for slot in decided.slots.values():
            ids = each([slot.id[i] for i in rows])
            decision = np.where(decision == None, ids, decision)  # noqa: E711 - elementwise
    return {
        "plan": same(plan), "contact": each([decided.contacts[i] for i in rows]),
        "kind": same(kind), "decision": decision, "key": same(None), "moment": same(None),
        "state": same("planned"), "call": same(None), "attempt": same(0), "reason": same(None),
        "old": each([old for _, old, _ in found]), "new": each([new for _, _, new in found]),
        "destination": same(goal.destination.name), "account": same(goal.destination.account),
    }  # fmt: skip
