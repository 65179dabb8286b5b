"""Everything that is kept about one person, as plain data."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from personalization.models import Event, Micros
from personalization.store.aliases import aliases_of, cluster, root
from personalization.store.decisions import decisions_of
from personalization.store.load import FETCHED

JSON = frozenset({"attributes", "consent", "segments", "values", "tags", "old", "new"})


def export(
    connection: sqlite3.Connection, contact: str, events: Sequence[tuple[Event, Micros]]
) -> dict[str, object]:
    """The person's own row and aliases, the log, and all that was decided, sent and seen."""
    contact = root(connection, contact)
    people = cluster(connection, contact)
    own = records(connection, f"SELECT {FETCHED} AS mixed FROM contact WHERE id = ?", [contact])
    return {
        "contact": own[0] if own else None,
        "aliases": aliases_of(connection, contact),
        "merged": [one for one in people if one != contact],
        "events": [{**event.model_dump(), "recorded_at": at} for event, at in events],
        "decisions": decisions_of(connection, people, None),
        "memberships": records(
            connection, "SELECT segments, recorded_at FROM membership WHERE contact = ?", people),
        "shadows": records(
            connection, 'SELECT destination, account, outside_id, email, status, "values", tags, '
            "observed_at, source FROM place JOIN shadow ON place = place.id WHERE contact = ?",
            people),
        "outbox": records(
            connection, "SELECT plan, destination, account, kind, old, new, decision, moment, "
            "state, reason, recorded_at FROM outbox JOIN place ON place.id = place "
            "WHERE contact = ?", people),
        "due": records(connection, "SELECT moment, reason FROM due WHERE contact = ?", people),
        "exposures": records(
            connection, "SELECT key, sent_at, decision FROM exposure WHERE contact = ?", people),
    }  # fmt: skip


def records(
    connection: sqlite3.Connection, query: str, people: Iterable[str]
) -> list[dict[str, Any]]:
    """Rows as dicts, JSON texts as what they hold."""
    found = []
    for one in people:
        rows = connection.execute(query, (one,))
        names = [column[0] for column in rows.description]
        found += [dict(zip(names, row, strict=True)) for row in rows]
    return [
        {name: json.loads(value) if name in JSON and value is not None else value
         for name, value in row.items()}
        for row in found
    ]  # fmt: skip
