"""Sends are judged once more before they go: between a plan and its apply a person may take hours,
and the event that makes a send pointless may come, or another send that a cap counts.

It needs the engine, so it is done where one is: by the plan or tick that takes a send over, and by
an apply of a plan that is no longer new.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

import numpy as np

from personalization.apply.pages import pages
from personalization.connector import Destination
from personalization.decide.triggers import free_of_caps
from personalization.engine import Engine
from personalization.models import Micros, OutboxRow
from personalization.playbook.model import Limits
from personalization.store.protocol import Scope, Store

PAGE = 2_000
MOOT = "no longer wanted: the event that makes it pointless came before it was sent"
CAPPED = "no longer allowed: limits.sends is reached by other sends"


def recheck(
    store: Store, engine: Engine, limits: Limits, destination: Destination, plan: str, now: Micros
) -> int:  # fmt: skip
    """Refuses the planned sends of a plan that nobody would plan now; returns how many. Sends
    planned for this very moment were just judged."""
    dropped = 0
    for page in pages(store, destination, plan, ("send",), ("planned",), PAGE, now):
        rows = [row for row in page if row.moment is not None and row.moment < now]
        if not rows:
            continue
        store.load(engine, Scope(ids=tuple(sorted({row.contact for row in rows}))), now)
        over = moot(engine, rows)
        capped = beyond(engine, limits, rows, over, now)
        with store.record(now) as recorder:
            recorder.outbox_state(sorted(over), "refused", reason=MOOT)
            recorder.outbox_state(sorted(capped), "refused", reason=CAPPED)
        dropped += len(over) + len(capped)
    return dropped


def moot(engine: Engine, rows: Sequence[OutboxRow]) -> set[int]:
    """The sends after whose start the event has come that makes them pointless."""
    asked = [row for row in rows if row.new.get("unless")]
    if not asked:
        return set()
    names = ("contact", "unless")
    columns = {name: np.empty(len(asked), dtype=object) for name in names}
    columns["contact"][:] = [row.contact for row in asked]
    columns["unless"][:] = [row.new["unless"] for row in asked]
    engine.table("asked_again", {
        "row": np.array([row.id for row in asked], dtype=np.int64),
        "start": np.array([row.new["start"] for row in asked], dtype=np.int64), **columns,
    }, dict.fromkeys(names, "VARCHAR"))  # fmt: skip
    found = engine.rows(
        """SELECT DISTINCT a."row" FROM asked_again a JOIN contacts c ON c.id = a.contact
        JOIN events e ON e.contact = a.contact AND e.kind = a.unless
        WHERE e.occurred_at > a.start AND e.occurred_at <= c.now"""
    )
    return {int(row) for (row,) in found}


def beyond(
    engine: Engine, limits: Limits, rows: Sequence[OutboxRow], over: AbstractSet[int], now: Micros
) -> set[int]:
    """The sends that a cap forbids now. Those that are planned count in the order of their
    moments, so that of two the first may go; one that is refused here, or is `over` already,
    counts for none."""
    if not limits.caps or not rows:
        return set()
    mine = {row.key: row for row in rows}
    counted: dict[str, list[Micros]] = {}
    found: set[int] = set()
    for contact, key, moment, state in engine.rows(
        "SELECT contact, key, moment, state FROM sends "
        "ORDER BY contact, state = 'planned', moment, key"
    ):
        sends, row = counted.setdefault(str(contact), []), mine.get(key)
        if row and row.id in over:
            continue
        if state == "planned" and row and free_of_caps(limits, sends, now) > now:
            found.add(row.id)
        else:
            sends.append(int(moment))
    return found
