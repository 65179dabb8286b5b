"""Pointers: whose an alias or an event key is, wherever the contact has gone since.

A pointer is put on the condition that it is still what was read, so two writers cannot give one
alias to two contacts, nor one event key. It only says where to look: what counts is the row among
the contact's own. A pointer left by a writer that died before it wrote that row hurts nobody, and
one to a contact that has merged leads on to the other.
"""

import json
from collections.abc import Iterator, Sequence

from functions.cloud.desk import Change
from functions.cloud.dynamo import Item, Op, Place
from functions.cloud.fetching import Shelf
from functions.cloud.rows import alias_place, key_place
from personalization.store.aliases import root

Owned = tuple[str | None, Op]


def pointer_ops(shelf: Shelf, changes: Sequence[Change]) -> Iterator[Owned]:
    """The pointers that changed rows ask for, each with the contact that it goes with."""
    yield from keys(shelf, changes)
    yield from aliases(shelf, changes)


def keys(shelf: Shelf, changes: Sequence[Change]) -> Iterator[Owned]:
    """Of event keys."""
    events = {str(one.key[-1]): one for one in changes if one.table.name == "tail"}
    before = {str(one.key[-1]): one.was.contact for one in changes
              if one.table.name == "tail" and one.was}  # fmt: skip
    for key in events:
        home = shelf.desk.sql.execute("SELECT contact FROM tail WHERE key = ?", (key,)).fetchone()
        place = key_place(key)
        if home is None:
            yield before.get(key), Op("Delete", place)
            continue
        known = shelf.desk.pointer(place)
        if known is not None and not same(shelf, known[0], home[0]):
            yield home[0], put(place, {"contact": home[0]}, known[2])


def aliases(shelf: Shelf, changes: Sequence[Change]) -> Iterator[Owned]:
    """Of aliases, with their tombstones."""
    asked: dict[Place, tuple[str | None, str | None]] = {}
    for one in changes:
        if one.table.name == "tombstone":
            asked.setdefault(Place(f"A#{one.key[0]}", "home"), (None, None))
    for one in changes:
        if one.table.name == "alias":
            place = alias_place(shelf.install_key, str(one.key[0]))
            home = one.row["contact"] if one.row else None
            asked[place] = home, home or (one.was.contact if one.was else None)
    for place, (home, goes_with) in asked.items():
        known = shelf.desk.pointer(place)
        if known is None:
            continue
        stones = stones_of(shelf, place)
        whose = known[0] if goes_with is None else home
        if same(shelf, known[0], whose) and stones == (known[1] or "[]"):
            continue
        item: Item = {"stones": stones, **({"contact": whose} if whose else {})}
        yield goes_with or whose, put(place, item, known[2])


def stones_of(shelf: Shelf, place: Place) -> str:
    """An alias's tombstones as an item has them."""
    found = shelf.desk.sql.execute(
        "SELECT erased_at, reopened_at FROM tombstone WHERE alias_hash = ? ORDER BY erased_at",
        (place.PK[2:],),
    )
    return json.dumps([list(one) for one in found])


def same(shelf: Shelf, left: str | None, right: str | None) -> bool:
    """Whether two contacts are one person by now."""
    if left is None or right is None:
        return left == right
    return root(shelf.desk.sql, left) == root(shelf.desk.sql, right)


def put(place: Place, item: Item, v: int) -> Op:
    """Puts a pointer if it is still what was read."""
    item = {**item, "V": v + 1}
    if v == 0:
        return Op("Put", place, item, "attribute_not_exists(PK)")
    return Op("Put", place, item, "V = :v", values={":v": v})
