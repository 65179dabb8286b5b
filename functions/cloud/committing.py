"""A transaction of the store as transactions of the table.

Up to 100 items it is one. Beyond that there is one a few contacts, each contact whole, in the order
of their ids, and last come the rows that are everybody's: a plan is "ready" and a webhook "taken"
once all that belongs to it is there. A program that dies between two of them has done a part, and
run again comes to the same: what is there already is met as a duplicate or replaced by its like.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from functions.cloud.ahead import finish, parts, write_ahead
from functions.cloud.changing import Changed, gather, heads, unions
from functions.cloud.dynamo import MOST_BYTES, MOST_WRITTEN, Op, Place
from functions.cloud.fetching import BUCKETS, Shelf
from functions.cloud.heads import same_op
from functions.cloud.rows import head_place
from personalization.errors import Retry
from personalization.identity import bucket
from personalization.models import Micros


@dataclass
class Group:
    """Contacts that change together: what heads guard, what has conditions of its own, the heads
    themselves, what must still be as it was read, and what is added to counts."""

    contacts: list[str]
    ops: list[Op] = field(default_factory=list)
    reserved: list[Op] = field(default_factory=list)
    heads: list[Op] = field(default_factory=list)
    checks: dict[Place, Op] = field(default_factory=dict)
    counts: Counter[Place] = field(default_factory=Counter)

    @property
    def weight(self) -> int:
        """How many items it takes, checks and counts too."""
        return (len(self.ops) + len(self.reserved) + len(self.heads) + len(self.checks)
                + len(self.counts))  # fmt: skip

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        return sum(one.size for one in (*self.ops, *self.reserved, *self.heads))


def commit(
    shelf: Shelf, recorded_at: Micros, fences: Sequence[Op] = (), more: Sequence[Op] = ()
) -> Changed:
    """Writes what the desk's journal says, and `more` in its first transaction. Raises Clash where somebody else was faster.
    Returns what changed."""
    changed = gather(shelf)
    groups = grouped(shelf, changed, recorded_at)
    if groups:
        groups[0].reserved += more
    know(shelf, changed)
    room = MOST_WRITTEN - len(fences)
    if (sum(one.weight for one in groups) + len(changed.small) <= room
            and sum(one.size for one in groups) + sum(one.size for one in changed.small)
            <= MOST_BYTES):  # fmt: skip
        together(shelf, groups, (*changed.small, *fences))
    else:
        for some in packed(groups, room):
            if len(some) == 1 and (some[0].weight > room or some[0].size > MOST_BYTES):
                alone(shelf, some[0], fences)
            else:
                together(shelf, some, fences)
        for rest in parts(changed.small, room):
            shelf.dynamo.write([*rest, *fences])
    return changed


def grouped(shelf: Shelf, changed: Changed, recorded_at: Micros) -> list[Group]:
    """The contacts that change, in groups."""
    new = heads(shelf, changed, recorded_at)
    found = []
    for contacts in unions(changed.together, list(changed.parts)):
        group = Group([one for one in contacts if one in changed.parts])
        for one in group.contacts:
            part = changed.parts[one]
            group.ops += part.ops
            group.reserved += part.reserved
            op, counts = new[one]
            group.heads.append(op)
            group.counts.update(counts)
        group.counts = Counter({one: n for one, n in group.counts.items() if n})
        group.checks = checks(shelf, group.contacts, changed)
        found.append(group)
    return found


def checks(shelf: Shelf, contacts: Iterable[str], changed: Changed) -> dict[Place, Op]:
    """The other contacts that a person is made of must be as they were read."""
    found = {}
    for contact in contacts:
        rows = shelf.desk.sql.execute(
            "SELECT contact, v FROM held WHERE v > 0 AND (became = ?1 OR contact = "
            "(SELECT became FROM held WHERE contact = ?1))", (contact,),
        ).fetchall()  # fmt: skip
        for other, v in rows:
            if other not in changed.parts:
                found[head_place(other)] = same_op(other, v)
    return found


def know(shelf: Shelf, changed: Changed) -> None:
    """Makes sure that the buckets of these contacts are known to hold some."""
    new = sorted({bucket(one) for one in changed.parts if one} - shelf.buckets)
    if new:
        named = ", ".join(f"b{one:02x} = :y" for one in new)
        shelf.dynamo.write([Op("Update", BUCKETS, None, "", f"SET {named}", {":y": 1})])
        shelf.buckets |= set(new)


def packed(groups: Sequence[Group], room: int) -> list[list[Group]]:
    """Groups by transaction."""
    found: list[list[Group]] = []
    weight = size = 0
    for one in groups:
        if not found or weight + one.weight > room or size + one.size > MOST_BYTES:
            found.append([])
            weight = size = 0
        found[-1].append(one)
        weight, size = weight + one.weight, size + one.size
    return found


def together(shelf: Shelf, groups: Sequence[Group], more: Sequence[Op]) -> None:
    """Writes groups in one transaction. An item may be in it only once."""
    counts = Counter[Place]()
    checked: dict[Place, Op] = {}
    for one in groups:
        counts.update(one.counts)
        checked |= one.checks
    ops = [op for one in groups for op in (*one.heads, *one.ops, *one.reserved)]
    shelf.dynamo.write([*ops, *added(counts), *checked.values(), *more])


def added(counts: Counter[Place]) -> list[Op]:
    """Counts as operations."""
    return [Op("Update", place, None, "", "ADD n :n", {":n": number})
            for place, number in sorted(counts.items()) if number]  # fmt: skip


def alone(shelf: Shelf, group: Group, fences: Sequence[Op]) -> None:
    """Writes a group that is too large for one transaction: pointers first, which hurt nobody,
    then the heads with what is written ahead, then that."""
    room = MOST_WRITTEN - len(fences)
    for part in parts(group.reserved, room):
        shelf.dynamo.write([*part, *fences])
    name = write_ahead(shelf.objects, group.contacts, group.ops)
    heads_ = [one._replace(item={**(one.item or {}), "ahead": name}) for one in group.heads]
    try:
        shelf.dynamo.write([*heads_, *group.checks.values(), *added(group.counts), *fences])
    except Retry:
        shelf.objects.remove(name)
        raise
    finish(shelf.dynamo, shelf.objects, group.contacts[0], {"ahead": name})
