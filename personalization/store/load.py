"""`Store.load`: the input tables of `decide`, as recorded by a moment."""

import sqlite3
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from personalization.engine import Engine
from personalization.models import Micros
from personalization.store.aliases import aliases_of, contact_of, root
from personalization.store.columns import Row, columns
from personalization.store.events import load_events, within
from personalization.store.folding import folded_by, state_row
from personalization.store.protocol import Scope
from personalization.store.standing import guests, load_sends, load_standing

CONTACT = {
    "id": "VARCHAR", "attributes": "VARCHAR", "consent": "VARCHAR", "zone": "VARCHAR",
    "zone_from": "VARCHAR", "language": "VARCHAR", "arm": "VARCHAR", "mixed": "BOOLEAN",
}  # fmt: skip
FETCHED = "id, attributes, consent, zone, zone_from, language, arm, mixed_at IS NOT NULL"


def load(
    connection: sqlite3.Connection, folder: Path, engine: Engine, scope: Scope,
    now: Micros | Mapping[str, Micros], until: Micros | None,
) -> None:  # fmt: skip
    """Fills the engine; see the protocol for the tables."""
    if not isinstance(now, int):
        named = set(now) if scope.ids is None else set(now) & set(scope.ids)
        scope = Scope(ids=tuple(sorted(named)))
    rows = contact_rows(connection, scope, until)
    load_contacts(engine, rows, now)
    ids = frozenset(row[0] for row in rows)
    joined = guests(connection, ids, until)
    load_standing(connection, engine, scope, until, joined)
    load_sends(connection, engine, scope, until, joined)
    load_events(connection, folder, engine, scope, until)


def load_log(connection: sqlite3.Connection, folder: Path, engine: Engine, scope: Scope) -> None:
    """Fills the engine with ids and events; see the protocol."""
    where, values = within("id", scope)
    ids = connection.execute(
        f"SELECT id FROM contact WHERE {where} AND merged_into IS NULL ORDER BY id", values
    ).fetchall()
    engine.table("contacts", columns(ids, {"id": "VARCHAR"}), {"id": "VARCHAR"})
    load_events(connection, folder, engine, scope, None)


def contact_rows(connection: sqlite3.Connection, scope: Scope, until: Micros | None) -> list[Row]:
    """The contacts that there were, in id order."""
    where, values = within("id", scope)
    if until is None:
        return connection.execute(
            f"SELECT {FETCHED} FROM contact WHERE {where} AND merged_into IS NULL ORDER BY id",
            values,
        ).fetchall()
    rows = connection.execute(
        "SELECT id, attributes, consent, zone, zone_from, language, "
        "CASE WHEN arm_at <= :by THEN arm END, COALESCE(mixed_at <= :by, FALSE), folded_at "
        f"FROM contact WHERE {where} AND recorded_at <= :by "
        "AND (merged_at IS NULL OR merged_at > :by) ORDER BY id".replace(":by", str(until)),
        values,
    ).fetchall()
    return [row[:8] if row[8] <= until else as_it_was(connection, row, until) for row in rows]


def as_it_was(connection: sqlite3.Connection, row: Row, until: Micros) -> Row:
    """A contact row that has changed since, folded again from what was recorded by then."""
    later = aliases_of(connection, root(connection, row[0]))
    aliases = [one for one in later if contact_of(connection, one, until) == row[0]]
    return (row[0], *state_row(folded_by(connection, aliases, until)), *row[6:8])


def load_contacts(engine: Engine, rows: list[Row], now: Micros | Mapping[str, Micros]) -> None:
    """Makes `contacts`, numbered in id order, each with its own moment."""
    found = columns(rows, CONTACT)
    count = len(rows)
    moments = (
        np.full(count, now, dtype=np.int64) if isinstance(now, int)
        else np.array([now[one] for one in found["id"]], dtype=np.int64)
    )  # fmt: skip
    numbered = {"i": np.arange(count, dtype=np.int32), "id": found.pop("id"), "now": moments}
    engine.table("contacts", {**numbered, **found}, CONTACT)
