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
    """Contacts made in this batch, the aliases given to contacts, and known contacts that the
    batch has linked."""

    contacts: set[str] = field(default_factory=set)
    homes: dict[str, str] = field(default_factory=dict)
    links: list[tuple[str, str]] = field(default_factory=list)


def settle_aliases(tx: Transaction, batch: Batch) -> Minted:
    """Gives every alias of the batch a contact. Aliases that the batch links and that nobody
    has seen get one contact, minted for the first of them in sorted order; where some are known,
    the others join them. Known contacts that are linked now are left to be merged."""
    unseen = set(look_up(tx, batch.aliases))
    minted = Minted()
    erasures = any_tombstone(tx.connection)
    linked = groups(batch.links)
    alone = unseen.difference(*linked) if linked else unseen
    for group in (*linked, *([one] for one in alone)):
        known = sorted({tx.homes[one] for one in group if one in tx.homes})
        fresh = sorted(one for one in group if one not in tx.homes)
        minted.links.extend((known[0], other) for other in known[1:])
        if not fresh:
            continue
        if not known:
            count = tombstones(tx, fresh[0]) if erasures else 0
            known = [mint(tx.install_key, fresh[0], count)]
            minted.contacts.add(known[0])
        minted.homes.update(dict.fromkeys(fresh, known[0]))
    tx.homes.update(minted.homes)
    tx.connection.executemany(
        "INSERT INTO alias (alias, contact, minted, recorded_at) VALUES (?1, ?2, ?2, ?3)",
        ((alias, home, tx.recorded_at) for alias, home in sorted(minted.homes.items())),
    )
    return minted


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
