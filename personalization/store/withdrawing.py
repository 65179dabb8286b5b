"""Calls that an object is gone. They name it and nothing else, so what stands under its key is called
off as it is, and as of a microsecond later: whatever is told of it afterwards stands again."""

from collections.abc import Iterable

from personalization.arrival import Arrival, arrival, props_of
from personalization.models import CANCELLED, Event
from personalization.store.held import held
from personalization.store.tables import Transaction


def called_off(tx: Transaction, keys: Iterable[str]) -> list[Arrival]:
    """What stands under these keys, called off. Nothing for what nobody has heard of, or what is
    called off already."""
    found = held(tx, keys)
    return [
        arrival(Event(key=key, kind=CANCELLED, alias=row.alias, occurred_at=row.occurred_at + 1,
                      props=dict(props_of(row))))
        for key, row in sorted(found.items()) if row.kind != CANCELLED
    ]  # fmt: skip
