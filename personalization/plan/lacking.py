"""What a playbook needs in a destination and is not there: before its first plan was applied, or
since the playbook was edited. Ticks make nothing; they write what there is a place for."""

from dataclasses import replace

from personalization.apply.made import Named, keep_made, made_there
from personalization.connector import Destination
from personalization.mirror import mirror
from personalization.models import Micros
from personalization.plan.diff import Target
from personalization.playbook.model import Playbook
from personalization.store.protocol import Store


def lacking(
    store: Store, destination: Destination, playbook: Playbook, now: Micros, at_work: bool
) -> frozenset[Named]:
    """The playbook's fields and tags that the destination has not. Without a call while it is
    known to have them all, and while there is no work (whether contacts are to be looked at or
    sends wait); else its lists are asked, and kept."""
    if mirror(destination):
        return frozenset()
    wanted = {("field", name) for name in playbook.fields}
    wanted |= {("tag", one.tag) for one in playbook.segments.values() if one.tag}
    known = made_there(store, destination)
    if wanted <= known or not (at_work or waiting(store, destination, now)):
        return frozenset()
    there = {("field", field.name) for field in destination.fields()}
    there |= {("tag", tag.name) for tag in destination.tags()}
    if (found := wanted & there) != known:
        with store.record(now) as recorder:
            keep_made(recorder, destination, found)
    return frozenset(wanted - there)


def waiting(store: Store, destination: Destination, now: Micros) -> bool:
    """Whether sends of a destination are due that were held back."""
    return bool(store.outbox(
        plan="", destination=destination.name, account=destination.account, kinds=("send",),
        states=("planned",), due_by=now, most=1,
    ))  # fmt: skip


def writable(goal: Target, lacks: frozenset[Named]) -> Target:
    """The part of a target that there is a place for."""
    return replace(
        goal,
        fields=tuple(name for name in goal.fields if ("field", name) not in lacks),
        tags={name: tag for name, tag in goal.tags.items() if ("tag", tag) not in lacks},
    )


def holds_sends(lacks: frozenset[Named]) -> bool:
    """Whether sends have to wait: what they show has no place yet."""
    return any(kind == "field" for kind, _ in lacks)
