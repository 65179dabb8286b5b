"""Segment memberships: who is in what since when, and who has just entered or left."""

import numpy as np

from personalization.engine import Engine, literal
from personalization.playbook.model import Playbook


def remember(engine: Engine, playbook: Playbook) -> None:
    """Makes the table `members(i, was TEXT, is TEXT, known BOOLEAN)`: the membership row before
    and after, as JSON {segment: since}. `since` is kept while a contact stays in a segment."""
    names = list(playbook.segments)
    if not names:
        engine.run("CREATE OR REPLACE TEMP TABLE members AS "
                   "SELECT i, '{}' AS was, '{}' AS \"is\", FALSE AS known FROM contacts")  # fmt: skip
        return
    shape = "{" + ",".join(f'"{name}":"BIGINT"' for name in names) + "}"
    parts = ", ".join(
        f"CASE WHEN s.{quoted(name)} THEN {literal(json_key(name))} || "
        f"CAST(COALESCE(m.old.{quoted(name)}, c.now) AS VARCHAR) END"
        for name in names
    )
    engine.run(
        f"""CREATE OR REPLACE TEMP TABLE members AS
        SELECT c.i AS i, m.segments AS was, '{{' || concat_ws(',', {parts}) || '}}' AS "is",
               m.segments IS NOT NULL AS known
        FROM contacts c JOIN segments s ON s.i = c.i
        LEFT JOIN (SELECT contact, segments, from_json(segments, {literal(shape)}) AS old
                   FROM memberships) m ON m.contact = c.id"""
    )


def rows(engine: Engine) -> tuple[list[str], np.ndarray]:
    """The membership row of each contact as it is now, and which of them are new or changed."""
    found = engine.columns(
        'SELECT "is", was IS NULL OR was <> "is" AS moved FROM members ORDER BY i'
    )
    return found["is"].tolist(), np.asarray(found["moved"], dtype=bool)


def crossings(engine: Engine, segment: str, into: bool) -> np.ndarray:
    """The `i` of contacts that have entered (or left) a segment since their last row. A contact
    whose memberships were never computed before has entered nothing: a first run sends nothing.
    """
    held = f"json_extract(m.was, {literal('$.' + quoted(segment))}) IS NOT NULL"
    holds = f"s.{quoted(segment)}"
    change = f"{holds} AND NOT {held}" if into else f"{held} AND NOT {holds}"
    found = engine.columns(
        f"SELECT m.i AS i FROM members m JOIN segments s ON s.i = m.i "
        f"WHERE m.known AND {change} ORDER BY m.i"
    )
    return np.asarray(found["i"], dtype=np.int64)


def json_key(name: str) -> str:
    """A key as it stands in the JSON text."""
    return f'"{name}":'


def quoted(name: str) -> str:
    """An SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
