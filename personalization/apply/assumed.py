"""What a mirror holds. It cannot be asked, so everyone counts as there; what it accepted is kept
as its shadow, and of whom it has accepted nothing yet it holds nothing.

Nothing is stored for somebody until something was accepted: a plan for a million contacts makes a
million rows of columns for a moment, and none of a table.
"""

from collections.abc import Sequence

import numpy as np

from personalization.connector import Destination
from personalization.mirror import mirror
from personalization.models import Columns

SUBSCRIBED = "subscribed"
"""To be told something is no consent: who may be sent to is asked of the consents alone."""

EMPTY = {"email": None, "status": SUBSCRIBED, "values": "{}", "tags": "[]"}


def assumed(destination: Destination, shadow: Columns, contacts: Sequence[str]) -> Columns:
    """A destination's shadow of some contacts; a mirror's has all of them, under their own ids.

    A merge brings the survivor the shadow of somebody who is no longer. The receiver was told that
    of another id, so it counts for nothing, and the survivor is told everything anew."""
    if not mirror(destination):
        return shadow
    own = np.asarray(shadow["outside_id"] == shadow["contact"], dtype=bool)
    held = set(shadow["contact"][own].tolist())
    new = [one for one in contacts if one not in held]
    ids = np.empty(len(new), dtype=object)
    ids[:] = new
    added = {name: np.full(len(new), value, dtype=object) for name, value in EMPTY.items()}
    added |= {"contact": ids, "outside_id": ids}
    return {name: np.concatenate([shadow[name][own], column])
            for name, column in added.items() if name in shadow}  # fmt: skip
