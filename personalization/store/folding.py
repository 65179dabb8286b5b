"""Keeping the contact rows folded, and folding them again as of a moment of the past."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from personalization.fold import Folded, Said, fold
from personalization.hashing import canonical
from personalization.models import Micros
from personalization.store.aliases import root
from personalization.store.tables import Transaction

SAID = "occurred_at, key, hash, kind, props"


def refold(tx: Transaction, contacts: Iterable[str]) -> None:
    """Folds these contacts' whole state anew and keeps it."""
    tx.connection.executemany(
        "UPDATE contact SET attributes = ?, consent = ?, zone = ?, zone_from = ?, language = ?, "
        "folded_at = ? WHERE id = ?",
        ((*state_row(fold(logged(tx.connection, one))), tx.recorded_at, one)
         for one in sorted(contacts)),
    )  # fmt: skip


def add_contacts(tx: Transaction, contacts: Iterable[str]) -> None:
    """Adds rows for contacts just minted."""
    tx.connection.executemany(
        "INSERT INTO contact (id, recorded_at, folded_at) VALUES (?, ?, ?)",
        ((one, tx.recorded_at, tx.recorded_at) for one in sorted(contacts)),
    )


def logged(connection: sqlite3.Connection, contact: str) -> list[Said]:
    """All that is said of a contact's state now."""
    return said(connection.execute(f"SELECT {SAID} FROM state WHERE contact = ?", (contact,)))


def said(rows: Iterable[Sequence[Any]]) -> list[Said]:
    """Rows as what `fold` takes."""
    return [Said(at, key, hash_, kind, json.loads(props)) for at, key, hash_, kind, props in rows]


def state_row(state: Folded) -> tuple[str, str, str | None, str | None, str | None]:
    """A folded state as a contact row keeps it."""
    return (canonical(state.attributes), canonical(state.consent), state.zone, state.zone_from,
            state.language)  # fmt: skip


def folded_by(connection: sqlite3.Connection, aliases: Sequence[str], until: Micros) -> Folded:
    """The state of a contact that had these aliases, from the log recorded by a moment."""
    rows: list[Sequence[Any]] = []
    for alias in aliases:
        home = connection.execute("SELECT contact FROM alias WHERE alias = ?", (alias,)).fetchone()
        rows += connection.execute(
            f"SELECT {SAID} FROM state WHERE contact = ? AND alias = ? AND recorded_at <= ?",
            (home[0], alias, until),
        ).fetchall()
        rows += connection.execute(
            f"SELECT {SAID} FROM replaced WHERE alias = ? AND recorded_at <= ? "
            "AND replaced_at > ? AND kind IN ('attributes', 'consent')", (alias, until, until),
        ).fetchall()  # fmt: skip
    return fold(said(rows))


def consents(connection: sqlite3.Connection, contacts: Iterable[str]) -> dict[str, dict[str, str]]:
    """What contacts agreed to; whoever merged agreed to what the survivor did."""
    find = "SELECT consent FROM contact WHERE id = ?"
    found = {}
    for one in contacts:
        row = connection.execute(find, (root(connection, one),)).fetchone()
        if row:
            found[one] = json.loads(row[0])
    return found
