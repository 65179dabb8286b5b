"""Who holds a value in a field, or carries a tag, as the last pull shows it."""

import json
from collections import Counter
from collections.abc import Collection

from personalization.connector import Destination
from personalization.consent import WRITABLE
from personalization.store.protocol import Store


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
