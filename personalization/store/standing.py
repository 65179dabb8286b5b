"""What was decided before, as `decide` reads it: standing decisions, memberships, sends."""

import sqlite3
from collections.abc import Mapping

import numpy as np

from personalization.engine import Engine
from personalization.models import Micros
from personalization.store.aliases import FOREVER
from personalization.store.columns import Row, columns, put
from personalization.store.events import within
from personalization.store.protocol import Scope

WORDS = ("slot", "message", "channel", "playbook", "facts", "catalogue", "policy")
"""Columns of a decision that are kept as numbers of words."""

DECISION = {
    "contact": "VARCHAR", "slot": "BIGINT", "id": "VARCHAR", "period": "BIGINT",
    "message": "BIGINT", "picks": "VARCHAR", "hour": "BIGINT", "channel": "BIGINT",
    "probabilities": "VARCHAR", "decided_at": "BIGINT", "standing_until": "BIGINT",
    "playbook": "BIGINT", "facts": "BIGINT", "catalogue": "BIGINT", "policy": "BIGINT",
}  # fmt: skip
"""The columns of `standing`, in order, as SQLite keeps them."""

MEMBERSHIP = {"contact": "VARCHAR", "segments": "VARCHAR"}
SEND = {
    "contact": "VARCHAR", "key": "VARCHAR", "trigger": "VARCHAR", "message": "VARCHAR",
    "channel": "VARCHAR", "moment": "BIGINT", "state": "VARCHAR",
}  # fmt: skip


def guests(
    connection: sqlite3.Connection, ids: frozenset[str], until: Micros | None
) -> dict[str, str]:
    """Contacts that have merged into one of `ids` by then, and into which."""
    by = FOREVER if until is None else until
    into = dict(connection.execute(
        "SELECT id, merged_into FROM contact WHERE merged_into IS NOT NULL AND merged_at <= ?",
        (by,)))  # fmt: skip
    found = {}
    for absorbed in into:
        home = absorbed
        while home in into:
            home = into[home]
        if home in ids:
            found[absorbed] = home
    return found


def load_standing(
    connection: sqlite3.Connection, engine: Engine, scope: Scope, until: Micros | None,
    joined: Mapping[str, str],
) -> None:  # fmt: skip
    """Makes `standing` and `memberships`. A contact's own rows come before those of contacts
    that merged into it, so that a merge does not unsettle what stands."""
    newest = f"SELECT contact, slot, {', '.join(list(DECISION)[2:])}, exposed_at, max(recorded_at)"
    rows = stood(connection, f"{newest} FROM decision", "contact, slot", scope, until, joined)
    by = FOREVER if until is None else until
    rows = [row[:15] for row in rows if row[15] is None or row[15] > by]
    found = columns(rows, DECISION)
    texts = spelled(connection)
    engine.table(
        "standing",
        {name: texts[np.ma.filled(column, 0)] if name in WORDS else column
         for name, column in found.items()},
        {**DECISION, **dict.fromkeys(WORDS, "VARCHAR")},
    )  # fmt: skip
    member = "SELECT contact, segments, max(recorded_at) FROM membership"
    rows = stood(connection, member, "contact", scope, until, joined)
    put(engine, "memberships", [row[:2] for row in rows], MEMBERSHIP)


def spelled(connection: sqlite3.Connection) -> np.ndarray:
    """Words by their number; 0 is none."""
    (most,) = connection.execute("SELECT COALESCE(max(id), 0) FROM word").fetchone()
    texts = np.full(most + 1, None, dtype=object)
    for number, text in connection.execute("SELECT id, text FROM word"):
        texts[number] = text
    return texts


def stood(
    connection: sqlite3.Connection, select: str, group: str, scope: Scope,
    until: Micros | None, joined: Mapping[str, str],
) -> list[Row]:  # fmt: skip
    """The newest row per group: SQLite fills the other columns from the row of the maximum."""
    known = "" if until is None else f" AND recorded_at <= {until}"

    def fetch(some: Scope) -> list[Row]:
        where, values = within("contact", some)
        return connection.execute(
            f"{select} WHERE {where}{known} GROUP BY {group}", values
        ).fetchall()

    if not joined:
        return fetch(scope)
    width = len(group.split(", "))
    own = {row[:width]: row for row in fetch(scope) if row[0] not in joined}
    theirs = ((joined[row[0]], *row[1:]) for row in fetch(Scope(ids=tuple(sorted(joined)))))
    for row in sorted(theirs, key=lambda row: row[-1], reverse=True):
        own.setdefault(row[:width], row)
    return sorted(own.values(), key=lambda row: row[:width])


def load_sends(
    connection: sqlite3.Connection, engine: Engine, scope: Scope, until: Micros | None,
    joined: Mapping[str, str],
) -> None:  # fmt: skip
    """Makes `sends`: those of contacts that merged count too, because it is one person."""
    state = "state" if until is None else (
        "(SELECT s.state FROM send_state s WHERE s.id = outbox.id "
        f"AND s.recorded_at <= {until} ORDER BY s.recorded_at DESC LIMIT 1)"
    )  # fmt: skip
    known = "" if until is None else f" AND recorded_at <= {until}"
    rows: list[Row] = []
    for part in (scope, *([Scope(ids=tuple(sorted(joined)))] if joined else [])):
        where, values = within("contact", part)
        found = connection.execute(
            f"SELECT contact, key, new ->> '$.trigger', new ->> '$.message', "
            f"new ->> '$.channel', moment, {state} AS stood FROM outbox "
            f"WHERE kind = 'send' AND {where}{known} AND stood NOT IN ('refused', 'failed') "
            "ORDER BY id", values,
        )  # fmt: skip
        rows += found.fetchall()
    unique = {row[1]: (joined.get(row[0], row[0]), *row[1:]) for row in rows}
    put(engine, "sends", list(unique.values()), SEND)
