"""Rows of the embedded store's tables as items, and where each lies.

Read from the tables' own definitions, so that a new column needs nothing here. Two small tables
number texts that repeat (`word`, `place`); those numbers belong to one working copy, and an item
has the text itself, so that two writers cannot give one text two numbers, or one number twice.
"""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from functions.cloud import table as keys
from functions.cloud.dynamo import Item, Place
from personalization.hashing import digest
from personalization.identity import alias_hash, bucket
from personalization.store.standing import WORDS

Row = dict[str, Any]

OWNED = {"contact": "id"} | dict.fromkeys(
    ("alias", "tail", "state", "replaced", "decision", "membership", "exposure", "due", "outbox",
     "shadow", "erased"), "contact",
)  # fmt: skip
"""Tables whose rows belong to a contact, and the column that says to whom. `send_state` does too:
to the contact of its outbox row."""

SMALL = ("setting", "plan", "facts", "playbook", "product", "base", "bucket", "inbox",
         "dead_letter", "moved")  # fmt: skip
"""Tables that are everybody's."""

NUMBERED = {"decision": WORDS, "outbox": ("place",), "shadow": ("place",)}
"""Columns that hold the number of a text."""

NAMED = {"due": ("key",)}
"""Tables whose rows have a name that no index of the embedded store begins with: the desk has one
of its own."""

TEXTS = ("props", "body", "files", "new", "old", "values", "attributes", "consent", "segments",
         "probabilities", "value")  # fmt: skip
"""Columns whose text may be too long for an item."""


@dataclass(frozen=True)
class Table:
    """One table: its columns in order, and those of its primary key."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]

    @property
    def packed(self) -> str:
        """The primary key as one SQL value, of columns."""
        return f"json_array({', '.join(self.key)})"


def tables(connection: sqlite3.Connection) -> dict[str, Table]:
    """The tables that are kept on the shelf."""
    found = {}
    for name in (*OWNED, "send_state", *SMALL, "tombstone"):
        info = connection.execute(f"PRAGMA table_info({name})").fetchall()
        key = tuple(column for _, column in sorted((one[5], one[1]) for one in info if one[5]))
        found[name] = Table(name, tuple(one[1] for one in info), key or NAMED[name])
    return found


def head_place(contact: str) -> Place:
    """Where a contact's head lies. Rows of no contact (what a plan sets up) have one too: "-"."""
    return Place(f"C#{contact[:2] or '-'}", contact or "-")


def owned_place(table: str, contact: str, key: tuple[Any, ...], kept: bool = False) -> Place:
    """Where a row of a contact lies. `kept` is an event that Parquet holds too."""
    hashed = digest(*map(str, key))
    if kept:
        return Place(f"L#{contact[:2]}", f"{contact}#{hashed}")
    part, begins = head_place(contact)
    return Place(part, f"{begins}#{table}#{hashed}")


def small_place(table: str, key: tuple[Any, ...], install_key: str) -> Place:
    """Where a row of a small table lies: in the order of its number, if it has one."""
    if table == "product":
        return Place("G#product", f"{digest(key[0])}#{key[1]:020d}")
    if table == "moved":
        return Place("G#moved", f"{alias_hash(install_key, key[0])}#{key[1]:020d}")
    if isinstance(key[0], int):
        return Place(f"G#{table}", f"{key[0]:020d}")
    return Place(f"G#{table}", digest(key[0]))


def alias_place(install_key: str, alias: str) -> Place:
    """Where it is said whose an alias is."""
    return Place(f"A#{alias_hash(install_key, alias)}", "home")


def key_place(key: str) -> Place:
    """Where it is said whose an event key is."""
    return Place(f"K#{digest(key)}", "home")


def shard(contact: str) -> int:
    """The part of the ordered rows that a contact's are in."""
    return bucket(contact) % keys.SHARDS if contact else 0  # what is set up concerns nobody


def indexed(table: str, row: Mapping[str, Any]) -> Item:
    """What the indexes know of a row; see `table.INDEXES`."""
    if table != "due":
        return {}
    hashed = digest(str(row["key"]))
    return {"OP": f"due#{shard(row['contact'])}",
            "OS": f"{row['moment']:020d}#{row['contact']}#{hashed}"}  # fmt: skip


def listing(table: str, row: Mapping[str, Any]) -> tuple[Place, Item] | None:
    """The item that lists an outbox row under its plan: what a page is chosen by, read as it is
    after every write before. Every other row has none."""
    if table != "outbox":
        return None
    number, part = f"{row['id']:020d}", shard(row["contact"])
    moment = {} if row["moment"] is None else {"moment": row["moment"]}
    return Place(f"O#{row['plan']}#{part}", f"{row['state']}#{number}"), {
        "id": row["id"], "contact": row["contact"], "kind": row["kind"], "place": row["place"],
        "state": row["state"], "tried": int(row["attempt"] > 0), **moment,
        **({"reason": row["reason"]} if row["reason"] is not None else {}),
        "OP": f"outbox#{row['state']}#{part}", "OS": number, "EP": f"outbox#{number}",
    }  # fmt: skip
