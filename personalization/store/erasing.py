"""Erasure: a person leaves every table and every file; tombstones stay."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from personalization.engine import literal
from personalization.hashing import canonical, short
from personalization.identity import alias_hash, bucket
from personalization.models import PURCHASE
from personalization.store import base
from personalization.store.aliases import aliases_of, cluster, root
from personalization.store.bodies import Person
from personalization.store.tables import Transaction, keep_setting
from personalization.store.waiting import forget_letters, forget_waiting, person

ORDER, _ = PURCHASE
FORGOT = "forgot"
"""The setting that says when somebody was erased last."""
EXAMPLES = '"examples":[['
"""How a plan's body, which has no spaces between values, begins to show rendered texts."""


def forget(tx: Transaction, contact: str) -> Mapping[str, int]:
    """See `Recorder.forget`. Files are rewritten at once; the old ones go when this transaction
    is committed (`sweep` in the settings says that they must, should the program die first)."""
    contact = root(tx.connection, contact)
    people, aliases = cluster(tx.connection, contact), aliases_of(tx.connection, contact)
    if not aliases:
        return {}
    whom = person(tx, people, aliases)
    orders = orders_in_tail(tx, people)
    removed = {"events": forget_base(tx, people, aliases, orders)}
    tx.connection.executemany(
        "INSERT OR REPLACE INTO tombstone (alias_hash, erased_at) VALUES (?, ?)",
        ((alias_hash(tx.install_key, one), tx.recorded_at) for one in {*aliases, *orders}),
    )
    removed |= forget_rows(tx, people, aliases)
    removed["outbox"] = blank_outbox(tx, people, whom)
    removed["inbox"] = forget_waiting(tx, whom)
    removed["dead_letter"] = forget_letters(tx, whom)
    removed["plan"] = forget_plans(tx, people, sorted(whom.names))
    tx.connection.executemany(
        "INSERT OR REPLACE INTO erased (contact, erased_at) VALUES (?, ?)",
        ((one, tx.recorded_at) for one in people),
    )
    keep_setting(tx.connection, "sweep", "due")
    forget_notes(tx)
    tx.homes.clear()
    tx.forgot = True
    removed["events"] += removed.pop("tail")
    return removed


def forget_rows(tx: Transaction, people: Sequence[str], aliases: Sequence[str]) -> dict[str, int]:
    """Deletes the person's rows, table by table."""
    removed: dict[str, int] = {}
    for table in ("tail", "state", "membership", "decision", "exposure", "due"):
        removed[table] = delete(tx, f"DELETE FROM {table} WHERE contact = ?", people)
    removed["shadow"] = delete(
        tx, "DELETE FROM shadow WHERE place IN (SELECT id FROM place) AND contact = ?", people
    )
    removed["contact"] = delete(tx, "DELETE FROM contact WHERE id = ?", people)
    for table in ("replaced", "moved", "alias"):
        removed[table] = delete(tx, f"DELETE FROM {table} WHERE alias = ?", aliases)
    return removed


def delete(tx: Transaction, statement: str, values: Sequence[str]) -> int:
    """Deletes for each value; returns how many rows went."""
    return max(tx.connection.executemany(statement, ((one,) for one in values)).rowcount, 0)


def blank_outbox(tx: Transaction, people: Sequence[str], whom: Person) -> int:
    """What was written stays countable; what it said, and to whom, does not: a destination's
    words may repeat the address. What was only planned will not happen."""
    for one in people:
        said = tx.connection.execute("SELECT id, reason FROM outbox WHERE contact = ? "
                                     "AND reason IS NOT NULL", (one,)).fetchall()  # fmt: skip
        tx.connection.executemany(
            "UPDATE outbox SET reason = 'erased' WHERE id = ?",
            [(id_,) for id_, reason in said if whom.in_text(reason, "")],
        )
    tx.connection.executemany(
        f"INSERT OR REPLACE INTO send_state SELECT id, {tx.recorded_at}, 'refused' FROM outbox "
        "WHERE contact = ? AND kind = 'send' AND state = 'planned'", ((one,) for one in people),
    )  # fmt: skip
    return delete(
        tx, "UPDATE outbox SET old = '{}', new = '{}', decision = NULL, "
        "call = CASE state WHEN 'sent' THEN call END, "
        "key = CASE WHEN key IS NOT NULL THEN 'erased ' || id END, "
        "reason = CASE state WHEN 'planned' THEN 'erased' ELSE reason END, "
        "state = CASE state WHEN 'planned' THEN 'refused' ELSE state END WHERE contact = ?",
        people,
    )  # fmt: skip


def orders_in_tail(tx: Transaction, people: Sequence[str]) -> set[str]:
    """The keys of the person's orders: a refund that is told alone goes by such a name, and must
    find it buried like any other."""
    query = "SELECT key FROM tail WHERE contact = ? AND kind = ?"
    return {key for one in people for (key,) in tx.connection.execute(query, (one, ORDER))}


def forget_base(
    tx: Transaction, people: Sequence[str], aliases: Sequence[str], orders: set[str]
) -> int:
    """Rewrites every Parquet file that may hold the person's rows without them; adds the keys of
    the orders among these."""
    files = base.files_of(tx.connection, {bucket(one) for one in people})
    named = ", ".join(literal(one) for one in aliases)
    removed = 0
    for group in base.manifest(tx.connection):
        if group.file not in files:
            continue
        with base.engine(tx.events) as session:
            source = base.scan(tx.events, [group.file])
            rows = session.rows(f"SELECT key, kind FROM {source} WHERE alias IN ({named})")
            if not rows:
                continue
            keys = [str(key) for key, _ in rows]
            orders.update(str(key) for key, kind in rows if kind == ORDER)
            select = f"SELECT * FROM {source} WHERE alias NOT IN ({named})"
            base.replace_file(tx.connection, session, tx.events, group, select)
        tx.connection.executemany(
            "DELETE FROM based WHERE short = ?", ((short(key),) for key in keys)
        )
        removed += len(keys)
    return removed


def forget_plans(tx: Transaction, people: Sequence[str], names: Sequence[str]) -> int:
    """Blanks the person in plans; returns how many were changed. A plan's examples are rendered
    texts that name no contact: nobody's can be told apart, so all of them go."""
    folded = [name.casefold() for name in names]
    changed = []
    for id_, body in tx.connection.execute("SELECT id, body FROM plan"):
        if EXAMPLES in body or any(one in body.casefold() for one in (*people, *folded)):
            changed.append((canonical(blanked(json.loads(body), people, folded)), id_))
    tx.connection.executemany("UPDATE plan SET body = ? WHERE id = ?", changed)
    return len(changed)


def forget_notes(tx: Transaction) -> None:
    """Blanks examples in the notes of a plan that is being made by groups, for the reason that
    `forget_plans` gives. Groups that are not noted yet see the moment, and leave theirs out."""
    keep_setting(tx.connection, FORGOT, str(tx.recorded_at))
    for name, body in tx.connection.execute(
        "SELECT name, value FROM setting WHERE name LIKE 'plan % group %' AND value <> ''"
    ).fetchall():
        note = json.loads(body)
        if note.get("tally", {}).get("examples"):
            note["tally"]["examples"] = {}
            keep_setting(tx.connection, name, json.dumps(note))


def nameless(examples: Any) -> bool:
    """Whether examples are pairs of texts, with nothing that says whose they are."""
    return isinstance(examples, list) and any(isinstance(one, list) for one in examples)


def blanked(value: Any, people: Sequence[str], names: Sequence[str]) -> Any:
    """JSON in which whatever names an erased person says so and nothing else. `names` are
    casefolded."""
    if isinstance(value, dict):
        for one in value.values():
            if isinstance(one, str) and one in people:
                return {"contact": one, "erased": True}
        return {name: [] if name == "examples" and nameless(one) else blanked(one, people, names)
                for name, one in value.items()}  # fmt: skip
    if isinstance(value, list):
        return [blanked(one, people, names) for one in value]
    if isinstance(value, str) and any(name in value.casefold() for name in names):
        return "erased"
    return value
