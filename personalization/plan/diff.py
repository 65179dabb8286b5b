"""What would change in a destination: decided values held against its shadow."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from personalization.connector import Destination
from personalization.consent import WRITABLE
from personalization.decide.output import Decided
from personalization.models import Micros, OutboxRow
from personalization.plan.tally import Tally
from personalization.playbook.model import Playbook
from personalization.store.protocol import Scope, Store


@dataclass(frozen=True)
class Target:
    """A destination account, and which of its fields and tags are ours to write."""

    destination: Destination
    fields: tuple[str, ...]
    tags: Mapping[str, str]
    """segment -> tag name"""
    moment: Micros | None = None
    cache: dict[str, frozenset[str]] = field(default_factory=dict)


def target(destination: Destination, playbook: Playbook) -> Target:
    """What a playbook owns in a destination."""
    tags = {name: one.tag for name, one in playbook.segments.items() if one.tag}
    return Target(destination, tuple(playbook.fields), tags)


def changes(
    store: Store, goal: Target, decided: Decided, scope: Scope, plan: str, tally: Tally
) -> Iterator[OutboxRow]:
    """One row a contact whose fields differ, one whose tags differ. Contacts that are not in the
    destination, or whose status forbids it, are counted and left alone."""
    name, account = goal.destination.name, goal.destination.account
    shadow = store.shadows(name, account, scope)
    place = {contact: row for row, contact in enumerate(shadow["contact"])}
    wanted_tags = tag_sets(goal, decided)
    values = [decided.fields[one] for one in goal.fields]
    decisions = [slot.id for slot in decided.slots.values()]
    for i, contact in enumerate(decided.contacts):
        row = place.get(contact)
        if row is None:
            tally.absent += 1
            continue
        if shadow["status"][row] not in WRITABLE:
            tally.left_alone(shadow["status"][row])
            continue
        tally.reachable += 1
        new = {one: column[i] for one, column in zip(goal.fields, values, strict=True)}
        old = json.loads(shadow["values"][row])
        changed = {one: text for one, text in new.items() if old.get(one, "") != text}
        base = {"destination": name, "account": account, "contact": contact, "plan": plan}
        if changed:
            before = {one: old.get(one, "") for one in changed}
            tally.field_changes(before, changed)
            yield planned(base, "fields", before, changed, decisions, i)
        add, drop = tag_changes(goal, wanted_tags[i], shadow["tags"][row])
        if add or drop:
            tally.tag_changes(add, drop)
            after = dict.fromkeys(sorted(add), True) | dict.fromkeys(sorted(drop), False)
            yield planned(base, "tags", {one: not on for one, on in after.items()}, after, [], i)


def planned(
    base: Mapping[str, Any],
    kind: str,
    old: Mapping[str, object],
    new: Mapping[str, object],
    decisions: list[list[str | None]],
    i: int,
) -> OutboxRow:
    """A planned row; nothing in it came from outside unchecked, so it is not validated again."""
    decision = next((ids[i] for ids in decisions if ids[i]), None)
    return OutboxRow.model_construct(
        id=0, kind=kind, old=old, new=new, decision=decision, key=None, moment=None,
        state="planned", call=None, attempt=0, reason=None, **base,
    )  # fmt: skip


def tag_sets(goal: Target, decided: Decided) -> list[frozenset[str]]:
    """The tags each contact should carry. Equal patterns share one set."""
    if not goal.tags:
        return [frozenset()] * len(decided.contacts)
    matrix = np.column_stack([decided.segments[name] for name in goal.tags])
    names = np.array(list(goal.tags.values()), dtype=object)
    known: dict[bytes, frozenset[str]] = {}
    found = []
    for line in np.packbits(matrix, axis=1):
        pattern = line.tobytes()
        if pattern not in known:
            bits = np.unpackbits(line, count=len(names)).astype(bool)
            known[pattern] = frozenset(names[bits].tolist())
        found.append(known[pattern])
    return found


def tag_changes(
    goal: Target, wanted: frozenset[str], text: str
) -> tuple[frozenset[str], frozenset[str]]:
    """Tags to add and to remove; tags that are not ours are never touched."""
    carried = goal.cache.get(text)
    if carried is None:
        carried = frozenset(json.loads(text)) & frozenset(goal.tags.values())
        goal.cache[text] = carried
    return wanted - carried, carried - wanted
