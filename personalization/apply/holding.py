"""Who holds a value in a field, or carries a tag, as the last pull shows it; what was sent as an
event."""

import json
from collections import Counter
from collections.abc import Collection

from personalization.apply.pages import pages
from personalization.connector import Destination
from personalization.consent import WRITABLE
from personalization.store.protocol import Store

PAGE = 5_000


def holders(
    store: Store, destination: Destination, fields: Collection[str], tags: Collection[str]
) -> Counter[str]:
    """How many contacts hold each of some fields and tags of a destination. Whoever has left it
    does not count: nothing is shown to them, and nothing of theirs may be changed."""
    found: Counter[str] = Counter()
    for scope in store.groups() if fields or tags else ():
        shadow = store.shadows(destination.name, destination.account, scope)
        columns = (shadow[name].tolist() for name in ("status", "values", "tags"))
        for status, values, carried in zip(*columns, strict=True):
            if status in WRITABLE:
                held = json.loads(values)
                found.update(name for name in fields if held.get(name))
                found.update(set(json.loads(carried)).intersection(tags))
    return found


def sent_as(
    store: Store, destination: Destination, events: Collection[str], but: str = ""
) -> Counter[str]:
    """How many sends went out as each of some events, but for those of one plan."""
    found: Counter[str] = Counter()
    sends = pages(store, destination, None, ("send",), ("confirmed",), PAGE)
    for rows in sends if events else ():
        for row in rows:
            if row.new.get("by") == "event" and row.plan != but:
                found.update({str(row.new["event"]).lower()}.intersection(events))
    return found
