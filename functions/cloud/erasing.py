"""Erasure beyond the table: the base, objects, and what is left where.

The transaction that forgets a person deletes their items, leaves tombstones and an item that says
what is still to be done (`G#erasing`); then every object of the base that has them is written anew
and the one before is deleted in all its versions, as are objects that only they had. Cut short, it
is ended by the next start of any process that opens the store.

What remains: in the table's backups (point-in-time recovery) the person for at most 35 days, see
`table.RECOVERY_DAYS`; backups cannot be edited. So a restored table must forget them again before
anybody reads it: `apply_tombstones` does that, from the names in `erased/` of the bucket, which say
only contacts' ids. In a function's memory and on its disk, files of the base until it next reads
the manifest.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from functions.cloud.clients import Clash
from functions.cloud.dynamo import Item, Op, Place
from functions.cloud.fetching import Shelf
from functions.cloud.log_base import WHERE, bring, manifest, write
from personalization.engine import literal
from personalization.hashing import digest
from personalization.identity import bucket
from personalization.models import Micros
from personalization.store import base

if TYPE_CHECKING:
    from functions.cloud.store import CloudStore

ERASED = "erased/"
TRIES = 5


def begun(people: Sequence[str]) -> Op:
    """The item that says that these contacts are to be erased from what is no item."""
    item: Item = {"contacts": json.dumps(sorted(people)), "V": 1}
    return Op("Put", Place("G#erasing", digest(*sorted(people))), item)


def end_erasures(shelf: Shelf, events: Path) -> None:
    """Ends what was begun, by whomever."""
    for item in list(shelf.dynamo.query("G#erasing")):
        people = json.loads(str(item["contacts"]))
        for one in people:
            shelf.objects.put(ERASED + one, b"")
            for begins in (f"body/{one}/", f"ahead/{one}/"):
                shelf.objects.remove_all(begins)
        rewrite(shelf, events, people)
        shelf.dynamo.write([Op("Delete", Place("G#erasing", str(item["SK"])))])


def rewrite(shelf: Shelf, events: Path, people: Sequence[str]) -> None:
    """Writes the base without some contacts, and deletes every version of what had them."""
    named = ", ".join(literal(one) for one in people)
    buckets = {bucket(one) for one in people}
    for tried in range(TRIES):
        try:
            for group in manifest(shelf):
                if group.covers(buckets) and group.file:
                    bring(shelf, events, manifest(shelf), set(range(group.first, group.last + 1)))
                    source = base.scan(events, [group.file])
                    kept = f"SELECT * FROM {source} WHERE contact NOT IN ({named})"
                    with base.engine(events) as session:
                        write(shelf, events, group, [(group.first, group.last)], kept, session)
            break
        except Clash:
            if tried == TRIES - 1:
                raise
    groups = manifest(shelf)
    current = {one.file for one in groups}
    for name in list(shelf.objects.names(WHERE)):
        if name.removeprefix(WHERE) not in current and covers(name, buckets):
            shelf.objects.remove(name)
    bring(shelf, events, groups, set())


def covers(name: str, buckets: set[int]) -> bool:
    """Whether an object of the base may have events of these buckets, by its name."""
    _, first, last = name.removesuffix(".parquet").split("-")
    return not buckets.isdisjoint(range(int(first, 16), int(last, 16) + 1))


def apply_tombstones(restored: "CloudStore", now: Micros) -> int:
    """Forgets again whoever was erased since the moment that a restored table shows. Call it
    before anybody else reads that table. Returns how many it forgot."""
    count = 0
    for name in list(restored.objects.names(ERASED)):
        contact = name.removeprefix(ERASED)
        if restored.erased(contact) is None:
            with restored.record(now) as recorder:
                count += bool(recorder.forget(contact))
    return count
