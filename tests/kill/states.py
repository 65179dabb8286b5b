"""What a work leaves behind, without what may differ between two ways to the same end: row ids,
`recorded_at`, and the names of calls."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from connectors.sandbox.world import World

TABLES = {
    "contacts": "SELECT id, attributes, consent, zone, zone_from, language, arm, mixed_at IS NULL, "
                "merged_into FROM contact",
    "aliases": "SELECT alias, contact, minted FROM alias",
    "memberships": "SELECT contact, segments, max(recorded_at) > 0 FROM membership "
                   "GROUP BY contact",
    "decisions": "SELECT d.contact, s.text, d.id, d.period, m.text, d.picks, d.probabilities, "
                 "d.decided_at, d.standing_until, f.text, d.now, d.exposed_at "
                 "FROM decision d LEFT JOIN word s ON s.id = d.slot "
                 "LEFT JOIN word m ON m.id = d.message LEFT JOIN word f ON f.id = d.facts",
    "due": "SELECT key, moment, contact, reason FROM due",
    # A field that is not there and one that is empty show the same.
    "shadows": "SELECT contact, outside_id, email, status, (SELECT json_group_object(key, value) "
               "FROM json_each(\"values\") WHERE value <> ''), tags, told FROM shadow",
    "facts": "SELECT version, as_of FROM facts",
    "products": "SELECT id, name, price, in_stock FROM product",
    "inbox": "SELECT DISTINCT body FROM inbox",
    "dead letters": "SELECT body, reason FROM dead_letter",
    "state": "SELECT contact, key, hash FROM state",
    "settings": "SELECT name, value FROM setting WHERE name NOT IN ('generation', 'catalogue')",
    "sends": "SELECT contact, key, moment, new, state FROM outbox WHERE kind = 'send'",
}  # fmt: skip
PLANS = {
    "plans": "SELECT state FROM plan WHERE state <> 'superseded'",
    "rows": "SELECT p.state, o.contact, o.kind, o.old, o.new, o.state, o.reason, o.key, o.moment, "
            "o.decision FROM outbox o LEFT JOIN plan p ON p.id = o.plan",
}  # fmt: skip
WRITES = "SELECT contact, kind, new, state, reason FROM outbox WHERE kind <> 'send' ORDER BY id"
SUPERSEDED = "superseded by a newer plan"


def of_store(store: Path, same_plans: bool = True) -> dict[str, list[str]]:
    """The end state of a store's folder, which nobody has open: what is known, decided and due,
    and what was written. `same_plans`: the plans and their rows too."""
    connection = sqlite3.connect(store / "contacts.sqlite")
    try:
        found = {
            name: sorted(map(repr, connection.execute(query)))
            for name, query in (TABLES | (PLANS if same_plans else {})).items()
        }
        found["writes"], found["unfinished"] = writes(connection)
        found["log"] = log(connection, store / "events")
    finally:
        connection.close()
    return found


def everything(store: Path) -> Iterator[Any]:
    """All rows of all tables."""
    connection = sqlite3.connect(store / "contacts.sqlite")
    try:
        tables = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1"
        )
        for (table,) in tables.fetchall():
            yield table
            yield from connection.execute(f'SELECT * FROM "{table}"')
    finally:
        connection.close()


def writes(connection: sqlite3.Connection) -> tuple[list[str], list[str]]:
    """What was written, as the newest word on each contact's field or tag; and rows that are not
    at their end. Rows that a newer plan has taken over say nothing."""
    newest: dict[str, object] = {}
    unfinished = []
    for contact, kind, new, state, reason in connection.execute(WRITES):
        if state == "confirmed" and kind != "setup":
            newest |= {f"{contact} {name}": value for name, value in json.loads(new).items()}
        elif state == "confirmed":
            newest[f"setup {new}"] = True
        elif reason != SUPERSEDED:
            unfinished.append(f"{contact} {kind} {state} {reason}")
    return sorted(f"{name} {value}" for name, value in newest.items()), sorted(unfinished)


def log(connection: sqlite3.Connection, events: Path) -> list[str]:
    """The log's events wherever they are; none twice."""
    rows = [(key, contact) for key, contact in connection.execute("SELECT key, contact FROM tail")]
    replaced = {key for (key,) in connection.execute("SELECT key FROM replaced")}
    files = [str(events / file) for (file,) in
             connection.execute("SELECT file FROM base WHERE file IS NOT NULL")]  # fmt: skip
    if files:
        with duckdb.connect(config={"threads": 1}) as engine:
            rows += engine.execute("SELECT key, contact FROM read_parquet(?)", [files]).fetchall()
    twice = [key for key, times in Counter(key for key, _ in rows).items() if times > 1]
    assert set(twice) <= replaced, f"events are in the log twice: {twice}"
    return sorted(key for key, _ in rows)


def of_world(world: World) -> dict[str, list[str]]:
    """Everything that a marketer or a contact would see in the audience."""
    with world.lock:
        (audience,) = world.account.audiences.values()
        names = {segment.id: segment.name for segment in audience.segments.values()}
        return {
            "fields": sorted(f"{one.tag} {one.name}" for one in audience.merge_fields.values()),
            "tags": sorted(names.values()),
            "members": sorted(
                f"{one.email_address} {one.status} "
                f"{sorted((k, v) for k, v in one.merge_fields.items() if v)} "
                f"{sorted(names[tag] for tag in one.tags)}"
                for one in audience.members.values()
            ),
            "events": sorted(
                f"{one.email_address} {event.name} {event.occurred_at} {event.properties}"
                for one in audience.members.values()
                for event in one.events
            ),
        }


def differences(is_: dict[str, list[str]], should: dict[str, list[str]]) -> list[str]:
    """What is missing (-) and what is too much (+), by part."""
    found = []
    for part, wanted in should.items():
        have, want = Counter(is_[part]), Counter(wanted)
        found += [f"{part} -{one}" for one in (want - have).elements()]
        found += [f"{part} +{one}" for one in (have - want).elements()]
    return found
