"""Who of a plan's contacts is in a segment, as decided last: a destination shows its tag only once
the plan is applied."""

import json
from collections.abc import Callable
from itertools import batched

from personalization.apply.pages import pages
from personalization.apply.write import Work
from personalization.engine import Engine
from personalization.store.protocol import Scope

PAGE = 5_000
MANY = 50_000
"""From so many contacts on, groups of neighbours are read instead of single ones."""


def members(work: Work, make_engine: Callable[[], Engine], segment: str) -> frozenset[str]:
    """The contacts of the plan's open rows who are in a segment."""
    about = {row.contact
             for rows in pages(work.store, work.destination, work.plan, (), ("planned",), PAGE)
             for row in rows if row.contact}  # fmt: skip
    scopes = [Scope(ids=ids) for ids in batched(sorted(about), PAGE, strict=False)]
    found: set[str] = set()
    with make_engine() as engine:
        for scope in scopes if len(about) < MANY else work.store.groups():
            work.store.load(engine, scope, work.now)
            for contact, segments in engine.rows("SELECT contact, segments FROM memberships"):
                if segment in json.loads(str(segments)):
                    found.add(str(contact))
    return frozenset(found & about)
