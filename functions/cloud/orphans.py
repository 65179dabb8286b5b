"""Objects that no item names: a writer that died, or was too late, after it had written them and
before its transaction. They hurt nobody, but they may hold somebody.

The nightly compaction removes them a day later. A day, because a transaction that is under way names
its objects only at its end; and only versions of before, because the same text may have been written
again meanwhile, under the same name.
"""

from collections import defaultdict

from functions.cloud.dynamo import Item
from functions.cloud.fetching import Shelf
from functions.cloud.items import bodies
from functions.cloud.rows import SMALL, head_place
from personalization.models import Micros

WRITTEN = ("ahead/", "body/")


def sweep(shelf: Shelf, before: Micros) -> int:
    """Removes objects that were written before a moment and that nothing names; returns how many.
    One owner's are read at a time: there are few, because few texts are too long for an item."""
    by: dict[str, list[str]] = defaultdict(list)
    for begins in WRITTEN:
        for name, written_at in shelf.objects.dated(begins):
            if written_at < before:
                by[name.split("/")[1]].append(name)
    count = 0
    for owner, names in by.items():
        items = items_of(shelf, owner)
        if any("ahead" in one for one in items):
            continue  # what is agreed and not done yet may name any of them
        named = {name for one in items for name in bodies(one)}
        for name in names:
            if name not in named:
                shelf.objects.remove_before(name, before)
                count += 1
    return count


def items_of(shelf: Shelf, owner: str) -> list[Item]:
    """All items that may name an owner's objects."""
    if owner in SMALL:
        return list(shelf.dynamo.query(f"G#{owner}"))
    part, begins = head_place(owner)
    kept = shelf.dynamo.query(f"L#{owner[:2]}", begins=owner) if owner else ()
    return [*shelf.dynamo.query(part, begins=begins), *kept]
