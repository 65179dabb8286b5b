"""As of when contacts are decided while somebody else may be deciding them.

Nobody may be decided as of a moment before one that they were decided as of already: they would
leave what they have just entered, and enter it again. Between two due moments nothing changes by
time alone, and news makes a due row with its own moment. So a contact is decided as late as can
be, by a clock that is read when all is loaded (whoever decided them before read it earlier, and
whoever does afterwards clashes), and before the first moment that still waits for them: whoever
fires that finds the contact as it was just before.
"""

from collections.abc import Callable

import numpy as np

from personalization.engine import Engine
from personalization.models import Micros
from personalization.plan.arrivals import LOOK, Due
from personalization.store.protocol import Store

Clock = Callable[[], Micros]
MOST = 10_000


def place_in_time(store: Store, engine: Engine, begun: Micros, clock: Clock) -> list[Due]:
    """Gives each contact that is loaded its moment, none earlier than `begun`. Returns the looks
    that wait until then and are not this plan's to drop."""
    now = max(begun, clock())
    waiting = all_due(store, now)
    engine.table("still_due", {
        "contact": np.array([row[1] for row in waiting], dtype=object),
        "moment": np.array([row[0] for row in waiting], dtype=np.int64),
    }, {"contact": "VARCHAR", "moment": "BIGINT"})  # fmt: skip
    engine.run(
        f"""CREATE OR REPLACE TEMP TABLE contacts AS
        SELECT c.* REPLACE (greatest({begun}, coalesce(w.first - 1, {now})) AS now)
        FROM contacts c LEFT JOIN (
            SELECT contact, min(moment) AS first FROM still_due GROUP BY contact
        ) w ON w.contact = c.id ORDER BY c.i"""
    )
    return [row for row in waiting if row[2] == LOOK and row[0] != begun]


def all_due(store: Store, until: Micros) -> list[Due]:
    """Every due row up to a moment."""
    most = MOST
    while len(found := store.due(until, most)) >= most:
        most *= 2
    return found
