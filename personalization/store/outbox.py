"""The outbox: every intended effect, durable before any call."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import get_args

from personalization.hashing import canonical
from personalization.identity import between
from personalization.models import Columns, Micros, OutboxKind, OutboxRow, OutboxState, Shared
from personalization.store.aliases import cluster, root
from personalization.store.columns import Row, addition
from personalization.store.tables import Transaction, keep_place

STATES: tuple[OutboxState, ...] = get_args(OutboxState)
KINDS: tuple[OutboxKind, ...] = get_args(OutboxKind)
EVERYBODY = (0, 255)
MASS = frozenset(product(("planned", "confirmed"), ("fields", "tags")))
"""(state, kind) of nearly all rows. They are met by their plan or their contact; without either,
by reading all rows."""
OPEN = "NOT (o.state IN ('planned', 'confirmed') AND o.kind IN ('fields', 'tags'))"
"""Holds for the others; in the words of their index, as SQLite wants it."""
FIELDS = ("plan", "contact", "kind", "decision", "key", "moment", "state", "call", "attempt",
          "reason")  # fmt: skip
ADDED = (*FIELDS, "old", "new", "place", "recorded_at")
ADD = (
    f"INSERT INTO outbox ({', '.join(ADDED)}) VALUES ({', '.join('?' for _ in ADDED)}) "
    "ON CONFLICT (key) WHERE key IS NOT NULL DO NOTHING"
)


def add_rows(tx: Transaction, rows: Iterable[OutboxRow]) -> int:
    """Adds rows as they come; a generator is fine."""
    places: dict[tuple[str, str], int] = {}
    return add(tx, ((row.plan, row.contact, row.kind, row.decision, row.key, row.moment, row.state,
                     row.call, row.attempt, row.reason, canonical(row.old), canonical(row.new),
                     numbered(tx, places, row.destination, row.account), tx.recorded_at)
                    for row in rows))  # fmt: skip


def add_columns(tx: Transaction, rows: Columns, shared: Shared) -> int:
    """See `Recorder.outbox_columns`."""
    same = {name: value for name, value in shared.items() if name not in ("destination", "account")}
    same |= {"place": keep_place(tx.connection, shared["destination"], shared["account"]),
             "attempt": 0, "recorded_at": tx.recorded_at}  # fmt: skip
    statement, values = addition("outbox", rows, same)
    return max(tx.connection.executemany(f"INSERT {statement}", values).rowcount, 0)


def add(tx: Transaction, rows: Iterator[Row]) -> int:
    """Adds rows and the first state of every send."""
    (last,) = tx.connection.execute("SELECT COALESCE(max(id), 0) FROM outbox").fetchone()
    added = tx.connection.executemany(ADD, rows).rowcount
    tx.connection.execute(
        "INSERT INTO send_state (id, recorded_at, state) "
        "SELECT id, recorded_at, state FROM outbox WHERE id > ? AND kind = 'send'", (last,),
    )  # fmt: skip
    return max(added, 0)


def numbered(
    tx: Transaction, places: dict[tuple[str, str], int], destination: str, account: str
) -> int:
    """An account's number, looked up once a batch."""
    if (destination, account) not in places:
        places[destination, account] = keep_place(tx.connection, destination, account)
    return places[destination, account]


def move_rows(
    tx: Transaction, ids: Sequence[int], state: OutboxState, call: str | None,
    reason: str | None, attempted: bool,
) -> None:  # fmt: skip
    """Moves rows to a state. `call` stays where none is given; `reason` belongs to the state."""
    tx.connection.executemany(
        "UPDATE outbox SET state = ?, call = COALESCE(?, call), reason = ?, "
        "attempt = attempt + ? WHERE id = ?",
        ((state, call, reason, int(attempted), int(one)) for one in ids),
    )
    tx.connection.executemany(
        "INSERT OR REPLACE INTO send_state (id, recorded_at, state) "
        f"SELECT id, {tx.recorded_at}, state FROM outbox WHERE id = ? AND kind = 'send'",
        ((int(one),) for one in ids),
    )


def drop_planned(tx: Transaction, plan: str, buckets: tuple[int, int] = EVERYBODY) -> None:
    """Ends a superseded plan, or takes back a part of one; its sends are still wanted."""
    inside = "" if buckets == EVERYBODY else "AND contact >= ? AND contact < ?"
    values = (plan, *(() if buckets == EVERYBODY else between(*buckets)))
    tx.connection.execute(
        f"DELETE FROM outbox WHERE plan = ? AND state = 'planned' AND kind <> 'send' {inside}",
        values,
    )
    tx.connection.execute(
        "UPDATE outbox SET plan = '' WHERE plan = ? AND state = 'planned' AND kind = 'send' "
        f"{inside}", values,
    )  # fmt: skip


def adopt_sends(tx: Transaction, plan: str, destination: str, account: str) -> int:
    """A destination's sends that are still planned become part of this plan, but for those of
    another plan that a person still has to apply or approve."""
    number = keep_place(tx.connection, destination, account)
    return tx.connection.execute(
        f"UPDATE outbox AS o INDEXED BY outbox_open SET plan = ? WHERE {OPEN} AND place = ? "
        "AND state = 'planned' AND kind = 'send' AND plan NOT IN "
        "(SELECT id FROM plan WHERE state IN ('ready', 'parked', 'applying'))",
        (plan, number),
    ).rowcount


def counts(
    connection: sqlite3.Connection, plan: str
) -> dict[tuple[str, str, str | None, bool], int]:
    """A plan's rows by (kind, state, reason, whether attempted)."""
    found = connection.execute(
        "SELECT kind, state, reason, attempt > 0, count(*) FROM outbox WHERE plan = ? "
        "GROUP BY 1, 2, 3, 4", (plan,),
    )  # fmt: skip
    return {
        (kind, state, reason, bool(tried)): count for kind, state, reason, tried, count in found
    }


def planned(connection: sqlite3.Connection, plan: str) -> int:
    """How many rows of a plan are to be done; counted in the index alone."""
    found = connection.execute(
        "SELECT count(*) FROM outbox WHERE plan = ? AND state = 'planned'", (plan,)
    )
    return int(found.fetchone()[0])


def page(
    connection: sqlite3.Connection, plan: str | None, destination: str | None,
    account: str | None, kinds: Sequence[str], states: Sequence[OutboxState],
    contacts: Sequence[str], due_by: Micros | None, after: int, most: int,
) -> list[OutboxRow]:  # fmt: skip
    """See `Store.outbox`. One query a state and kind, so that every page is read in id order
    straight from an index, however many rows a plan has."""
    rules: list[str] = ["o.id > ?"]
    values: list[object] = [after]
    for column, value in (("o.plan", plan), ("p.destination", destination),
                          ("p.account", account)):  # fmt: skip
        if value is not None:
            rules.append(f"{column} = ?")
            values.append(value)
    if contacts:
        people = sorted({part for one in contacts for part in cluster(connection, one)})
        rules.append("o.contact IN (SELECT value FROM json_each(?))")
        values.append(canonical(people))
    if due_by is not None:
        rules.append("(o.moment IS NULL OR o.moment <= ?)")
        values.append(due_by)
    found: list[Row] = []
    for state, kind in product(states or STATES, kinds or KINDS):
        query = (
            f"SELECT o.id, p.destination, p.account, o.old, o.new, "
            f"{', '.join(f'o.{one}' for one in FIELDS)} FROM outbox o "
            f"{way(plan, contacts, (state, kind))} AND {' AND '.join(rules)} AND o.state = ? "
            "AND o.kind = ? ORDER BY o.id LIMIT ?"
        )
        found += connection.execute(query, (*values, state, kind, most)).fetchall()
    return outbox_rows(connection, sorted(found)[:most])


def way(plan: str | None, contacts: Sequence[str], wanted: tuple[str, str]) -> str:
    """How rows are found, as SQL."""
    place, more = "CROSS JOIN place p ON p.id = o.place WHERE", "TRUE"
    if contacts:
        index = "INDEXED BY outbox_contact"
    elif plan is not None:
        index = "INDEXED BY outbox_plan"
    elif wanted in MASS:
        index = "NOT INDEXED"
    else:
        index, more = "INDEXED BY outbox_open", OPEN
    return f"{index} {place} {more}"


def outbox_rows(connection: sqlite3.Connection, rows: Sequence[Row]) -> list[OutboxRow]:
    """Rows as models, each under the contact that its own has become."""
    merged = connection.execute(
        "SELECT 1 FROM contact WHERE merged_into IS NOT NULL LIMIT 1"
    ).fetchone()
    people = {row[6] for row in rows} if merged else set()
    became = {one: root(connection, one) for one in people}
    return [outbox_row(row, became) for row in rows]


def outbox_row(row: Row, became: Mapping[str, str]) -> OutboxRow:
    """A row as a model; it was validated on its way in."""
    id_, destination, account, old, new, plan, contact, *rest = row
    named = dict(zip(FIELDS[2:], rest, strict=True))
    return OutboxRow.model_construct(
        id=id_, destination=destination, account=account, old=json.loads(old),
        new=json.loads(new), plan=plan, contact=became.get(contact, contact), **named,
    )  # fmt: skip
