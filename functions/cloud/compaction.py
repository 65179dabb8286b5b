"""Compaction: events go into the base too, group by group.

Of each group of buckets that has something new: its contacts are laid on the desk, a new object is
made of the old one's rows and theirs, the manifest's item is swapped on its version, and then the
events are marked, a contact at a time on the contact's version: moved under another key (`L#`),
where a contact's own reads find them and a whole bucket's do not. So the webhook way reads by key
and never from S3, and the nightly way reads columns.

Killed anywhere, nothing is lost: an object that no manifest names is nobody's and is swept; events
that are in the base and not marked stand in both, where the row wins; and the next run marks them.
A contact that others write to meanwhile keeps its marks for the next night.
"""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from functions.cloud.clients import Clash
from functions.cloud.dynamo import Item, Op
from functions.cloud.fetching import Shelf
from functions.cloud.heads import head_op
from functions.cloud.log_base import WHERE, Group, bring, manifest, write
from functions.cloud.rows import owned_place
from personalization.engine import Engine
from personalization.identity import between, bucket
from personalization.store import base, compact
from personalization.store.columns import put
from personalization.store.events import load_tail
from personalization.store.typed import RAW

AT_ONCE = 48
"""Events that one transaction marks: two items each, and the head."""


def compact_log(shelf: Shelf, events: Path) -> int:
    """Does it all; returns how many events were put into the base."""
    desk = shelf.desk
    desk.clear()
    shelf.small("moved")
    moves = desk.sql.execute(
        "SELECT alias, recorded_at, came_from, went_to FROM moved WHERE settled = 0"
    ).fetchall()
    astray = {bucket(one) for move in moves for one in move[2:]}
    groups = manifest(shelf)
    sweep(shelf, events, groups)
    count = sum(fill(shelf, events, group, astray, [move[3] for move in moves])
                for group in groups)  # fmt: skip
    for alias, recorded_at, *_ in moves:
        settle(shelf, alias, recorded_at)
    desk.clear()
    return count


def settle(shelf: Shelf, alias: str, recorded_at: int) -> None:
    """Notes that the base has an alias's events where they belong."""
    found = shelf.desk.was("moved", shelf.desk.sql.execute(
        "SELECT json_array(?, ?)", (alias, recorded_at)).fetchone()[0])  # fmt: skip
    if found:
        with suppress(Clash):
            shelf.dynamo.write([Op("Update", found.place, None, "V = :v",
                                   "SET settled = :s, V = :n",
                                   {":s": 1, ":v": found.v, ":n": found.v + 1})])  # fmt: skip


def sweep(shelf: Shelf, events: Path, groups: Sequence[Group]) -> None:
    """Removes the objects that nobody reads any more: those that the last run replaced, and those
    that a run made and died."""
    current = {one.file for one in groups}
    for name in list(shelf.objects.names(WHERE)):
        if name.removeprefix(WHERE) not in current:
            shelf.objects.remove(name)
    bring(shelf, events, groups, set())


def fill(
    shelf: Shelf, events: Path, group: Group, astray: set[int], homes: Sequence[str]
) -> int:  # fmt: skip
    """Puts one group's new events into its object."""
    shelf.desk.clear()
    shelf.range(group.first, group.last)
    new = fresh(shelf, group)
    if not new and not group.covers(astray):
        return 0
    # Of those who have somebody's aliases now, all events: the old object is elsewhere.
    shelf.contacts([one for one in homes if group.covers({bucket(one)})])
    bring(shelf, events, manifest(shelf), set(range(group.first, group.last + 1)))
    sizes = dict(group.sizes)
    for contact, _ in new:
        sizes[bucket(contact)] = sizes.get(bucket(contact), 0) + 1
    parts = [(group.first, group.last)]
    if sum(sizes.values()) >= 2 * compact.TARGET:
        parts = compact.split(group.first, group.last, sizes, compact.TARGET)
    with base.engine(events) as session:
        write(shelf, events, group, parts, selected(shelf, events, group, session), session)
    for contact in sorted({contact for contact, _ in new}):
        with suppress(Clash):
            mark(shelf, contact, dict.fromkeys(key for whose, key in new if whose == contact))
    return len(new)


def fresh(shelf: Shelf, group: Group) -> list[tuple[str, str]]:
    """(contact, key) of the events that the base does not have yet, or that are not marked."""
    return shelf.desk.sql.execute(
        "SELECT t.contact, t.key FROM tail t JOIN shelved s ON s.tbl = 'tail' "
        "AND s.pk = json_array(t.contact, t.key) WHERE s.part LIKE 'C#%' "
        "AND t.contact >= ? AND t.contact < ? ORDER BY 1, 2", between(group.first, group.last),
    ).fetchall()  # fmt: skip


def selected(shelf: Shelf, events: Path, group: Group, session: Engine) -> str:
    """The rows of a group's new object: those on the desk, and the old object's that are under
    another key, whose alias has not moved, and that nothing greater has replaced."""
    run, bounds = shelf.desk.sql.execute, between(group.first, group.last)
    names = ", ".join(RAW)
    load_tail(
        session,
        [run(f"SELECT {names} FROM tail WHERE contact >= ? AND contact < ?", bounds).fetchall()],
    )
    rows = "SELECT * FROM tail_events"
    if not group.file:
        return rows
    moved = run("SELECT DISTINCT alias FROM moved WHERE settled = 0").fetchall()
    gone = run("SELECT key, hash FROM replaced").fetchall()
    put(session, "moved", moved, {"alias": "VARCHAR"})
    put(session, "gone", gone, {"key": "VARCHAR", "hash": "BIGINT"})
    source = base.scan(events, [group.file])
    return (f"{rows} UNION ALL SELECT * FROM {source} b WHERE {base.KEPT} "
            "AND b.key NOT IN (SELECT key FROM tail_events) "
            "AND b.alias NOT IN (SELECT alias FROM moved)")  # fmt: skip


def mark(shelf: Shelf, contact: str, keys: dict[str, None]) -> None:
    """Notes that the base has some of a contact's events. Raises Clash where the contact is not
    what it was."""
    head = shelf.desk.head(contact)
    if head is None:
        return
    now = {"V": head["v"], "last": head["last"], "n": head["n"], "total": head["total"],
           "kept": head["kept"], "became": head["became"], "guests": head["guests"],
           "places": head["places"]}  # fmt: skip
    wanted = list(keys)
    for begin in range(0, len(wanted), AT_ONCE):
        places = {owned_place("tail", contact, (contact, key)): key
                  for key in wanted[begin : begin + AT_ONCE]}  # fmt: skip
        items = shelf.dynamo.get(places)
        ops = [one for place, item in items.items() for one in
               (Op("Delete", place), Op("Put", owned_place("tail", contact, (
                   contact, places[place]), kept=True), renewed(item)))]  # fmt: skip
        before = now["V"]
        now |= {"V": before + 1, "n": now["n"] - len(items), "kept": now["kept"] + len(items),
                "total": now["total"] - sum(int(one["V"]) for one in items.values())}  # fmt: skip
        shelf.dynamo.write([head_op(contact, before, now), *ops])


def renewed(item: Item) -> Item:
    """An item without its place."""
    return {name: value for name, value in item.items() if name not in ("PK", "SK")}
