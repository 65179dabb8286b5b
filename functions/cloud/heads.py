"""A contact's head: the one item that every writer of the contact changes.

    V       its version; a writer puts V + 1 on the condition that V is still what it read
    last    the greatest recorded_at among its rows; the next is greater
    n, total    how many rows there are, and the sum of their versions
    kept    how many of its events Parquet holds too
    became  the contact it has merged into; `guests` those that have merged into it (JSON list)
    places  the destinations that it is in and has not left (JSON list)
    ahead   the object with changes that are agreed and not all done

A query of a contact's rows is no snapshot: it may meet a transaction half-way (Amazon DynamoDB
transactions: isolation levels). `n` and `total` tell: rows whose count and versions do not add up
are read again.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from functions.cloud.dynamo import Item, Op
from functions.cloud.rows import head_place

NOBODY: Mapping[str, Any] = {
    "V": 0, "last": 0, "n": 0, "total": 0, "kept": 0, "became": None, "guests": "[]",
    "places": "[]",
}  # fmt: skip
"""The head of a contact that is not there."""


def adds_up(head: Item, rows: Iterable[Item]) -> bool:
    """Whether these are all of a contact's rows, each as the head knows it."""
    versions = [int(one["V"]) for one in rows]
    return (len(versions), sum(versions)) == (head["n"], head["total"])


def head_op(contact: str, v: int, head: Mapping[str, Any]) -> Op:
    """Puts a head on the condition that the one before has version v; 0: that there is none."""
    item = {name: value for name, value in head.items() if value is not None}
    if v == 0:
        return Op("Put", head_place(contact), item, "attribute_not_exists(PK)")
    return Op("Put", head_place(contact), item, "V = :v", values={":v": v})


def same_op(contact: str, v: int) -> Op:
    """Holds if a contact's head still has version v."""
    return Op("ConditionCheck", head_place(contact), None, "V = :v", values={":v": v})
