"""What the log holds under some keys, in the tail or in the base."""

from collections.abc import Iterable

from personalization.arrival import Arrival
from personalization.hashing import short
from personalization.store import base
from personalization.store.asking import ask
from personalization.store.columns import Row
from personalization.store.tables import Transaction


def in_tail(tx: Transaction, keys: Iterable[str]) -> dict[str, Row]:
    """The rows that stand in the tail: an `Arrival`'s values, the contact, the recorded_at."""
    found = ask(tx.connection, "SELECT occurred_at, hash, key, kind, alias, props, contact, "
                               "recorded_at FROM tail WHERE key IN ({})", sorted(keys))  # fmt: skip
    return {row[2]: row for row in found}


def in_base(tx: Transaction, keys: Iterable[str]) -> dict[str, int]:
    """The content hashes that the base has, as far as its short keys say."""
    if tx.connection.execute("SELECT 1 FROM based LIMIT 1").fetchone() is None:
        return {}
    numbers = {key: short(key) for key in keys}
    query = "SELECT short, hash FROM based WHERE short IN ({})"
    found = {row[0]: row[1] for row in ask(tx.connection, query, sorted(numbers.values()))}
    return {key: found[number] for key, number in numbers.items() if number in found}


def held(tx: Transaction, keys: Iterable[str]) -> dict[str, Arrival]:
    """What stands under each key that is known."""
    wanted = set(keys)
    found = {key: Arrival(*row[:6]) for key, row in in_tail(tx, wanted).items()}
    based = base.standing(tx, sorted(in_base(tx, wanted - found.keys())))
    return found | {key: row for key, (row, _, _) in based.items()}
