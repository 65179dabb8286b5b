"""Calls that could not be read when they came, read again."""

from functions.door.hearing import Hooks, opened, read
from functions.door.keeping import put
from personalization.models import Micros
from personalization.store.protocol import Store


def reopen(store: Store, hooks: Hooks, now: Micros) -> int:
    """Reads the calls that were kept as letters and are back in the inbox (`ofone letters
    --replay`). Returns how many."""
    found = 0
    for id_, connector, account, body in store.waiting(1_000):
        hook, request = hooks.get((connector, account)), opened(body)
        if hook is None or request is None:
            continue
        again = read(hook, request)
        with store.record(now) as recorder:
            recorder.taken([id_])
            put(store, recorder, (connector, account), again, now)
        found += 1
    return found
