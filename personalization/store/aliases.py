"""Aliases and the contacts they belong to: minting, looking up, and as they stood at a moment."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field

from personalization.identity import alias_hash, mint
from personalization.models import Micros
from personalization.store.arrivals import Batch
from personalization.store.tables import Transaction

FOREVER = 2**62
"""A moment after all others."""


@dataclass
class Minted:
    """Contacts made in this batch, and contacts that it has linked (by id)."""

    contacts: set[str] = field(default_factory=set)
    links: list[tuple[str, str]] = field(default_factory=list)


def settle_aliases(tx: Transaction, batch: Batch) -> Minted:
    """Gives every alias of the batch a contact. Aliases that the batch links and that nobody
    has seen get one contact, minted for the first of them in sorted order; where some are known,
    the others join them. Known contacts that are linked now are left to be merged."""
    unseen = look_up(tx, batch.aliases)
    minted = Minted()
    for group in groups(batch.links):
        known = sorted({tx.homes[one] for one in group if one in tx.homes})
        fresh = sorted(one for one in group if one not in tx.homes)
        minted.links.extend((known[0], other) for other in known[1:])
        if fresh:
            join(tx, minted, fresh, known[0] if known else None)
    for alias in sorted(one for one in unseen if one not in tx.homes):
        join(tx, minted, [alias], None)
    return minted


def join(tx: Transaction, minted: Minted, aliases: list[str], contact: str | None) -> None:
    """Reserves unseen aliases for a contact, which is minted if there is none yet."""
    if contact is None:
        contact = mint(tx.install_key, aliases[0], tombstones(tx, aliases[0]))
        minted.contacts.add(contact)
    tx.connection.executemany(
        "INSERT INTO alias (alias, contact, minted, recorded_at) VALUES (?, ?, ?, ?)",
        ((alias, contact, contact, tx.recorded_at) for alias in aliases),
    )
    tx.homes.update(dict.fromkeys(aliases, contact))


def look_up(tx: Transaction, aliases: Iterable[str]) -> list[str]:
    """Fills `homes` for the aliases that have a contact; returns those that have none."""
    find = "SELECT contact FROM alias WHERE alias = ?"
    unseen = []
    for alias in aliases:
        if alias in tx.homes:
            continue
        found = tx.connection.execute(find, (alias,)).fetchone()
        if found:
            tx.homes[alias] = found[0]
        else:
            unseen.append(alias)
    return unseen


def groups(links: Iterable[tuple[str, str]]) -> list[list[str]]:
    """The sets of aliases that links connect."""
    root: dict[str, str] = {}

    def top(one: str) -> str:
        root.setdefault(one, one)
        while root[one] != one:
            root[one] = root[root[one]]
            one = root[one]
        return one

    for left, right in links:
        a, b = sorted((top(left), top(right)))
        root[b] = a
    sets: dict[str, list[str]] = {}
    for one in list(root):
        sets.setdefault(top(one), []).append(one)
    return list(sets.values())


def tombstones(tx: Transaction, alias: str) -> int:
    """How often an alias was erased."""
    if not any_tombstone(tx.connection):
        return 0
    (count,) = tx.connection.execute(
        "SELECT count(*) FROM tombstone WHERE alias_hash = ?",
        (alias_hash(tx.install_key, alias),),
    ).fetchone()
    return int(count)


def any_tombstone(connection: sqlite3.Connection) -> bool:
    """Whether anybody was ever erased: most batches need not look further."""
    return connection.execute("SELECT 1 FROM tombstone LIMIT 1").fetchone() is not None


def contact_of(connection: sqlite3.Connection, alias: str, at: Micros | None) -> str | None:
    """The contact of an alias, as recorded by a moment."""
    found = connection.execute(
        "SELECT contact, recorded_at FROM alias WHERE alias = ?", (alias,)
    ).fetchone()
    if found is None or (at is not None and found[1] > at):
        return None
    if at is None:
        return str(found[0])
    later = connection.execute(
        "SELECT came_from FROM moved WHERE alias = ? AND recorded_at > ? "
        "ORDER BY recorded_at LIMIT 1", (alias, at),
    ).fetchone()  # fmt: skip
    return str(later[0] if later else found[0])


def aliases_of(connection: sqlite3.Connection, contact: str) -> list[str]:
    """A contact's aliases, sorted."""
    return [alias for (alias,) in connection.execute(
        "SELECT alias FROM alias WHERE contact = ? ORDER BY alias", (contact,))]  # fmt: skip


def cluster(connection: sqlite3.Connection, contact: str, until: Micros | None = None) -> list[str]:
    """A contact and all that merged into it by a moment, sorted."""
    found = connection.execute(
        "WITH RECURSIVE parts (id) AS (SELECT ?1 UNION SELECT c.id FROM contact c "
        "JOIN parts ON c.merged_into = parts.id AND c.merged_at <= ?2) "
        "SELECT id FROM parts ORDER BY id", (contact, FOREVER if until is None else until),
    )  # fmt: skip
    return [one for (one,) in found]


def root(connection: sqlite3.Connection, contact: str, at: Micros | None = None) -> str:
    """Who a contact has become by a moment."""
    find = "SELECT merged_into FROM contact WHERE id = ? AND merged_at <= ?"
    while found := connection.execute(find, (contact, FOREVER if at is None else at)).fetchone():
        contact = found[0]
    return contact
