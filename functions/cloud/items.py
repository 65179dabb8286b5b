"""Rows as items and back. A text too long for an item is an object, and the item has its name."""

from collections.abc import Iterable
from typing import Any

from functions.cloud.desk import Shelved
from functions.cloud.dynamo import Item, Op, Place
from functions.cloud.objects import Objects
from functions.cloud.rows import TEXTS, Row, Table, indexed, listing
from personalization.hashing import digest

LONG = 32_000
"""Characters of a text that an item still takes: a transaction of many rows stays under 4 MB, and
an item far under 400 KB."""

SHORT, LISTED = 1_000, ("plan", "facts", "playbook")
"""Of tables that are listed again and again without their texts, only short texts lie in items: a
read is paid by the size of whole items (Amazon DynamoDB: read consumption)."""

ELSEWHERE = "@"
"""Ends the name of an attribute that names the object of a text."""


def item_of(table: Table, row: Row, v: int, objects: Objects, owner: str) -> Item:
    """A row as an item of version v; its long texts are written as objects first."""
    item: Item = {"V": v, **indexed(table.name, row)}
    longest = SHORT if table.name in LISTED else LONG
    for name in table.columns:
        value = row[name]
        if value is None:
            continue
        if name in TEXTS and len(value) > longest:
            # The key too: of two rows with the same text, one may go and the other stay.
            key = (str(row[one]) for one in table.key)
            place = f"body/{owner}/{digest(table.name, name, *key, value)}"
            objects.put(place, value.encode())
            item[name + ELSEWHERE] = place
        else:
            item[name] = value
    return item


def bodies(item: Item) -> tuple[str, ...]:
    """The objects that an item names."""
    return tuple(str(value) for name, value in item.items() if name.endswith(ELSEWHERE))


def row_of(
    table: Table, item: Item, contact: str | None, objects: Objects | None
) -> tuple[Row, Shelved]:
    """An item as a row, and where it came from. Without `objects`, long texts are left empty:
    such a row is for reading its other columns only."""
    row: Row = {name: item.get(name) for name in table.columns}
    for name in table.columns:
        if name + ELSEWHERE in item:
            place = str(item[name + ELSEWHERE])
            row[name] = objects.get(place).decode() if objects else ""
    listed = listing(table.name, row)
    hash_: Any = row.get("hash")
    return row, Shelved(Place(str(item["PK"]), str(item["SK"])), int(item["V"]), contact,
                        listed[0] if listed else None, bodies(item), hash_)  # fmt: skip


def packed(ops: Iterable[Op]) -> list[list[Any]]:
    """Operations without conditions, as JSON takes them."""
    return [[one.act, *one.place, one.item] for one in ops]


def unpacked(rows: Iterable[list[Any]]) -> list[Op]:
    """The same back."""
    return [Op(act, Place(part, sort), item) for act, part, sort, item in rows]
