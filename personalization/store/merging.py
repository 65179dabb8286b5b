"""Contacts that turned out to be one person."""

from collections.abc import Iterable

from personalization.identity import clusters
from personalization.store.aliases import aliases_of
from personalization.store.tables import Transaction


def merge(tx: Transaction, links: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Merges linked contacts into the one minted first; returns {absorbed: survivor}. What was
    decided, sent or shown before keeps the id it was written with: readers follow
    `merged_into`, so that the past reads as it was."""
    pairs = [(left, right) for left, right in links if left != right]
    if not pairs:
        return {}
    ids = sorted({one for pair in pairs for one in pair})
    find = "SELECT recorded_at FROM contact WHERE id = ?"
    age = {one: tx.connection.execute(find, (one,)).fetchone()[0] for one in ids}
    gone = clusters(pairs, age)
    for absorbed in sorted(gone, key=lambda one: (age[one], one)):
        absorb(tx, absorbed, gone[absorbed])
    return gone


def absorb(tx: Transaction, absorbed: str, survivor: str) -> None:
    """Re-homes one contact's aliases and log. Rows in Parquet follow at the next compaction."""
    run = tx.connection.execute
    aliases = aliases_of(tx.connection, absorbed)
    settled = run("SELECT 1 FROM base WHERE file IS NOT NULL LIMIT 1").fetchone() is None
    tx.connection.executemany(
        "INSERT INTO moved (alias, recorded_at, came_from, went_to, settled) "
        "VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET went_to = excluded.went_to",
        ((alias, tx.recorded_at, absorbed, survivor, settled) for alias in aliases),
    )
    tx.homes.update(dict.fromkeys(aliases, survivor))
    for table in ("alias", "tail", "state"):
        run(f"UPDATE {table} SET contact = ? WHERE contact = ?", (survivor, absorbed))
    run("UPDATE OR REPLACE due SET contact = ? WHERE contact = ?", (survivor, absorbed))
    for (place,) in run("SELECT id FROM place").fetchall():
        run("UPDATE OR REPLACE shadow SET contact = ? WHERE place = ? AND contact = ?",
            (survivor, place, absorbed))  # fmt: skip
    join_arms(tx, absorbed, survivor)
    run("UPDATE contact SET merged_into = ?, merged_at = ? WHERE id = ?",
        (survivor, tx.recorded_at, absorbed))  # fmt: skip


def join_arms(tx: Transaction, absorbed: str, survivor: str) -> None:
    """The survivor's arm stays; without one it takes the other's. Who has been in both arms is
    marked, because nothing can be learnt from them about lift."""
    find = "SELECT arm, mixed_at FROM contact WHERE id = ?"
    theirs, mixed = tx.connection.execute(find, (absorbed,)).fetchone()
    own, own_mixed = tx.connection.execute(find, (survivor,)).fetchone()
    if theirs and not own:
        tx.connection.execute(
            "UPDATE contact SET arm = ?, arm_at = ? WHERE id = ?",
            (theirs, tx.recorded_at, survivor),
        )
    if own_mixed is None and (mixed is not None or (theirs and own and theirs != own)):
        tx.connection.execute(
            "UPDATE contact SET mixed_at = ? WHERE id = ?", (tx.recorded_at, survivor)
        )
