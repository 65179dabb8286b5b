"""The contacts' own clocks and calendars, worked out in Python per zone and joined in SQL."""

import numpy as np

from personalization.engine import Engine, literal
from personalization.models import DAY, HOUR, MINUTE
from personalization.playbook.model import Playbook
from personalization.traits.needs import Needs
from personalization.zones import SPAN, next_midnight, offsets, valid, window_start

LIFT = 30_000
"""Spans added before dividing, so that division meets no negative numbers."""


def people(engine: Engine, playbook: Playbook, wanted: Needs) -> None:
    """Makes people(i, id, now, zone, midnight, day_N...): contacts with a zone that exists (their
    own, else the playbook's), where their next day begins and, for each calendar window, where
    it begins. Without calendar windows and local hours only i, id, now and zone."""
    if not (wanted.days or wanted.local):
        engine.run("CREATE OR REPLACE TEMP TABLE people AS "
                   f"SELECT i, id, now, {literal(playbook.zone)} AS zone FROM contacts")  # fmt: skip
        return
    rows = engine.rows("SELECT DISTINCT zone, now FROM contacts")
    pairs = [(zone, int(str(now))) for zone, now in rows]
    good = [
        str(zone) if zone is not None and valid(str(zone)) else playbook.zone for zone, _ in pairs
    ]
    table = {
        "given": np.array([zone for zone, _ in pairs], dtype=object),
        "now": np.array([now for _, now in pairs], dtype=np.int64),
        "zone": np.array(good, dtype=object),
    }
    for days in wanted.days:
        starts = [window_start(zone, now, days) for zone, (_, now) in zip(good, pairs, strict=True)]
        table[f"day_{days}"] = np.array(starts, dtype=np.int64)
    midnights = [next_midnight(zone, now) for zone, (_, now) in zip(good, pairs, strict=True)]
    table["midnight"] = np.array(midnights, dtype=np.int64)
    engine.table("calendar", table, {"given": "VARCHAR", "zone": "VARCHAR"})
    carried = ["zone", "midnight", *(f"day_{days}" for days in wanted.days)]
    chosen = ", ".join(f"k.{name} AS {name}" for name in carried)
    engine.run(
        f"""CREATE OR REPLACE TEMP TABLE people AS SELECT c.i AS i, c.id AS id, c.now AS now, {chosen}
        FROM contacts AS c JOIN calendar AS k
        ON k.given IS NOT DISTINCT FROM c.zone AND k.now = c.now"""
    )


def add_local_time(engine: Engine) -> None:
    """Makes `ev` of `clockless` with hour and weekday: by the event's own offset where it has one, else by the
    clock of the contact's zone at that instant."""
    span = f"(occurred_at + {LIFT * SPAN}) // {SPAN} - {LIFT}"
    rows = engine.rows(f"SELECT DISTINCT zone, {span} FROM clockless WHERE own_offset IS NULL")
    pieces = [
        (str(zone), int(str(number)), *piece)
        for zone, number in rows
        for piece in offsets(str(zone), int(str(number)))
    ]
    columns = {
        name: np.array([piece[index] for piece in pieces], dtype=np.int64)
        for index, name in ((1, "span"), (2, "since"), (3, "until"), (4, "shift"))
    }
    columns["zone"] = np.array([piece[0] for piece in pieces], dtype=object)
    types = dict.fromkeys(("span", "since", "until", "shift"), "BIGINT")
    engine.table("clocks", columns, {**types, "zone": "VARCHAR"})
    lifted = f"(local + {LIFT * SPAN})"
    engine.run(
        f"""CREATE OR REPLACE TEMP TABLE ev AS
        SELECT * EXCLUDE (local), ({lifted} // {HOUR}) % 24 AS hour,
               ({lifted} // {DAY} + 3) % 7 + 1 AS weekday
        FROM (SELECT e.* EXCLUDE (zone, own_offset),
                     e.occurred_at + COALESCE(e.own_offset * {MINUTE}, k.shift) AS local
              FROM clockless AS e LEFT JOIN clocks AS k
              ON e.own_offset IS NULL AND k.zone = e.zone AND k.span = {span.replace("occ", "e.occ")}
              AND e.occurred_at >= k.since AND e.occurred_at < k.until)"""
    )
    engine.run("DROP TABLE clockless")
