"""From the desk to the shelf: what the work at hand has changed, as operations by contact."""

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from functions.cloud.desk import Change
from functions.cloud.dynamo import Op, Place
from functions.cloud.fetching import Shelf
from functions.cloud.heads import NOBODY, head_op
from functions.cloud.items import bodies, item_of
from functions.cloud.pointing import pointer_ops
from functions.cloud.rows import OWNED, listing, owned_place, small_place
from personalization.consent import WRITABLE
from personalization.hashing import canonical
from personalization.models import Micros


@dataclass
class Part:
    """What changes for one contact. `n`, `total` and `kept` are what its head adds; `ops` stand
    under its head's condition, `reserved` under conditions of their own."""

    ops: list[Op] = field(default_factory=list)
    reserved: list[Op] = field(default_factory=list)
    n: int = 0
    total: int = 0
    kept: int = 0


@dataclass
class Changed:
    """All that a transaction changes: by contact, pairs of contacts that change together, small
    rows, and objects that nothing names afterwards."""

    parts: dict[str, Part] = field(default_factory=lambda: defaultdict(Part))
    together: list[tuple[str, str]] = field(default_factory=list)
    small: list[Op] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)


def gather(shelf: Shelf) -> Changed:
    """Everything in the desk's journal."""
    found, changes = Changed(), shelf.desk.changes()
    kept = {(str(one.key[-1]), one.was.hash) for one in changes
            if one.table.name == "tail" and one.was and one.was.kept}  # fmt: skip
    for one in changes:
        if one.table.name == "tombstone":
            continue
        if one.table.name in OWNED or one.table.name == "send_state":
            owned(shelf, found, one, kept)
        else:
            small(shelf, found, one)
    for contact, op in pointer_ops(shelf, changes):
        (found.parts[contact].reserved if contact else found.small).append(op)
    return found


def owned(shelf: Shelf, found: Changed, one: Change, kept: set[tuple[str, Any]]) -> None:
    """A row that belongs to a contact."""
    name, row, was = one.table.name, one.row, one.was
    place, listed, contact = None, None, ""
    named: tuple[str, ...] = ()
    if row is not None:
        contact = owner(shelf, name, row)
        based = name == "tail" and (row["key"], row["hash"]) in kept
        place, listed = owned_place(name, contact, one.key, based), listing(name, row)
        part, v = found.parts[contact], version(shelf, contact) + 1
        item = item_of(one.table, row, v, shelf.objects, contact)
        named = bodies(item)
        part.ops.append(Op("Put", place, item))
        counted(part, place, 1, v)
        if listed:
            part.ops.append(Op("Put", *listed))
        if was:
            found.together.append((contact, str(was.contact)))
    if was is not None:
        part = found.parts[str(was.contact)]
        counted(part, was.place, -1, -was.v)
        if was.place != place:
            part.ops.append(Op("Delete", was.place))
        if was.listed and (not listed or was.listed != listed[0]):
            part.ops.append(Op("Delete", was.listed))
        found.orphans += (one for one in was.bodies if one not in named)
    if name == "contact" and row is not None and row["merged_into"]:
        found.together.append((contact, row["merged_into"]))


def counted(part: Part, place: Place, rows: int, versions: int) -> None:
    """Keeps what a head knows of its rows."""
    if place.PK.startswith("L#"):
        part.kept += rows
    else:
        part.n += rows
        part.total += versions


def owner(shelf: Shelf, name: str, row: dict[str, Any]) -> str:
    """Whose a row is."""
    if name != "send_state":
        return str(row[OWNED[name]])
    found = shelf.desk.sql.execute("SELECT contact FROM outbox WHERE id = ?", (row["id"],))
    return str(found.fetchone()[0])


def version(shelf: Shelf, contact: str) -> int:
    """The version of a contact that is on the desk; 0: there was none."""
    head = shelf.desk.head(contact)
    return int(head["v"]) if head else 0


def small(shelf: Shelf, found: Changed, one: Change) -> None:
    """A row that is everybody's: written if it is still what was read."""
    place = small_place(one.table.name, one.key, shelf.install_key)
    v = one.was.v if one.was else 0
    rule = ("V = :v", {":v": v}) if v else ("attribute_not_exists(PK)", {})
    named: tuple[str, ...] = ()
    if one.row is None:
        op = Op("Delete", place, None, rule[0], values=rule[1])
    else:
        item = item_of(one.table, one.row, v + 1, shelf.objects, one.table.name)
        named = bodies(item)
        op = Op("Put", place, item, rule[0], values=rule[1])
    if one.table.name == "moved" and one.row is not None:
        found.parts[one.row["went_to"]].reserved.append(op)
        found.together.append((one.row["came_from"], one.row["went_to"]))
    else:
        found.small.append(op)
    # A text that has stayed as it was is the same object.
    found.orphans += (name for name in (one.was.bodies if one.was else ()) if name not in named)


def heads(
    shelf: Shelf, found: Changed, recorded_at: Micros
) -> dict[str, tuple[Op, Counter[Place]]]:
    """The new head of every contact that changes, and what it adds to the counts of
    destinations."""
    ready = {}
    for contact, part in found.parts.items():
        before = shelf.desk.head(contact)
        if before is None:
            before = {"v": 0, **NOBODY}
        head = {
            "V": before["v"] + 1, "last": max(before["last"], recorded_at),
            "n": before["n"] + part.n, "total": before["total"] + part.total,
            "kept": before["kept"] + part.kept, **belongings(shelf, contact, before),
        }  # fmt: skip
        counts = Counter(
            Place(f"N#{one}", contact[:2]) for one in json.loads(head["places"])
        )  # fmt: skip
        counts.subtract(Place(f"N#{one}", contact[:2]) for one in json.loads(before["places"]))
        ready[contact] = head_op(contact, before["v"], head), counts
    return ready


def belongings(shelf: Shelf, contact: str, before: dict[str, Any]) -> dict[str, Any]:
    """Who belongs to a contact, and where it is."""
    run = shelf.desk.sql.execute
    into = run("SELECT merged_into FROM contact WHERE id = ?", (contact,)).fetchone()
    guests = [one for (one,) in run(
        "SELECT id FROM contact WHERE merged_into = ? ORDER BY id", (contact,))]  # fmt: skip
    places = [one for (one,) in run(
        "SELECT DISTINCT destination || '/' || account FROM place JOIN shadow ON place = place.id "
        "WHERE contact = ? AND status IN (SELECT value FROM json_each(?)) ORDER BY 1",
        (contact, canonical(sorted(WRITABLE))))]  # fmt: skip
    return {"became": into[0] if into else before["became"], "guests": json.dumps(guests),
            "places": json.dumps(places)}  # fmt: skip


def unions(pairs: Sequence[tuple[str, str]], contacts: Sequence[str]) -> list[list[str]]:
    """Contacts in sets of those that change together, in order."""
    top: dict[str, str] = {one: one for one in contacts}

    def root(one: str) -> str:
        while top.setdefault(one, one) != one:
            one = top[one]
        return one

    for left, right in pairs:
        a, b = sorted((root(left), root(right)))
        top[b] = a
    sets: dict[str, list[str]] = defaultdict(list)
    for one in sorted(top):
        sets[root(one)].append(one)
    return list(sets.values())
