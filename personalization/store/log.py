"""Taking events into the log: the tail, what it replaces, and the contacts that follow from it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from personalization.arrival import Arrival
from personalization.fold import STATE_KINDS
from personalization.models import WITHDRAWN, Event
from personalization.store import base
from personalization.store.aliases import settle_aliases
from personalization.store.arrivals import arrive
from personalization.store.connection import roomy
from personalization.store.folding import add_contacts, refold
from personalization.store.held import in_base, in_tail
from personalization.store.merging import merge
from personalization.store.protocol import Ingested
from personalization.store.tables import Transaction
from personalization.store.tombs import living
from personalization.store.withdrawing import called_off
from personalization.uncollected import uncollected


@dataclass
class Verdict:
    """What becomes of a batch's rows: `fresh` are written; `old` are the rows, with their
    contact and whether Parquet holds them, that give way to some of these."""

    fresh: list[Arrival] = field(default_factory=list)
    old: list[tuple[str, Arrival, int, bool]] = field(default_factory=list)
    duplicates: int = 0
    conflicts: int = 0


def ingest(tx: Transaction, events: Iterable[Event | Arrival]) -> Ingested:
    """See `Recorder.ingest`. `replaced` are rows of the log that gave way to greater ones of the
    same key; `conflicts` are arriving rows that did not stand against their key's row."""
    given = list(events)
    with uncollected(), roomy(tx.connection, len(given)):
        gone = {one.key for one in given if one.kind == WITHDRAWN}
        if not gone:
            return take(tx, given)
        taken = take(tx, [one for one in given if one.kind != WITHDRAWN])
        return together(taken, take(tx, called_off(tx, gone)))


def together(one: Ingested, other: Ingested) -> Ingested:
    """Two batches as one."""
    sums = {name: getattr(one, name) + getattr(other, name)
            for name in Ingested.model_fields if name != "contacts"}  # fmt: skip
    return Ingested(contacts=tuple(sorted({*one.contacts, *other.contacts})), **sums)


def take(tx: Transaction, given: Sequence[Event | Arrival]) -> Ingested:
    """The same for a list."""
    kept = living(tx, given)
    batch = arrive(kept)
    minted = settle_aliases(tx, batch)
    add_contacts(tx, minted.contacts)
    verdict = judge(tx, batch.rows)
    touched = set_aside(tx, verdict)
    merged = merge(tx, minted.links)
    state = write(tx, verdict.fresh) | {tx.homes[row.alias] for _, row, _, _ in verdict.old
                                        if row.kind in STATE_KINDS}  # fmt: skip
    survivors = set(merged.values())
    refold(tx, state | survivors)
    touched |= minted.contacts | survivors | {tx.homes[row.alias] for row in verdict.fresh}
    return Ingested(
        contacts=tuple(sorted({merged.get(one, one) for one in touched})),
        new=len(verdict.fresh) - len(verdict.old), replaced=len(verdict.old),
        duplicates=batch.duplicates + verdict.duplicates,
        conflicts=batch.conflicts + verdict.conflicts,
        erased=len(given) - len(kept), merged=len(merged),
    )  # fmt: skip


def judge(tx: Transaction, rows: dict[str, Arrival]) -> Verdict:
    """Holds arriving rows against what stands under their keys, in the tail or in the base."""
    verdict, doubtful = Verdict(), dict[str, Arrival]()
    tail, based = in_tail(tx, rows), in_base(tx, rows)
    for key, row in rows.items():
        if held := tail.get(key):
            weigh(verdict, row, Arrival(*held[:6]), held[6], held[7], False)
        elif (hash_ := based.get(key)) is None:
            verdict.fresh.append(row)
        elif hash_ == row.hash:
            verdict.duplicates += 1
        else:
            doubtful[key] = row
    found = base.standing(tx, sorted(doubtful))
    for key, row in doubtful.items():
        if key in found:
            weigh(verdict, row, *found[key], True)
        else:
            verdict.fresh.append(row)
    return verdict


def weigh(
    verdict: Verdict, row: Arrival, held: Arrival, contact: str, recorded_at: int, in_base: bool
) -> None:
    """The greater (occurred_at, hash) stands."""
    if row[:2] == held[:2]:
        verdict.duplicates += 1
    elif row[:2] < held[:2]:
        verdict.conflicts += 1
    else:
        verdict.fresh.append(row)
        verdict.old.append((contact, held, recorded_at, in_base))


def set_aside(tx: Transaction, verdict: Verdict) -> set[str]:
    """Keeps replaced rows for readers of the past; returns their contacts."""
    tx.homes.update(
        (row.alias, tx.connection.execute(
            "SELECT contact FROM alias WHERE alias = ?", (row.alias,)).fetchone()[0])
        for _, row, _, _ in verdict.old
    )  # fmt: skip
    tx.connection.executemany(
        "INSERT OR IGNORE INTO replaced (key, replaced_at, kind, alias, occurred_at, "
        "recorded_at, props, hash, contact, in_base) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        ((row.key, tx.recorded_at, row.kind, row.alias, row.occurred_at, recorded_at, row.props,
          row.hash, contact, int(in_base)) for contact, row, recorded_at, in_base in verdict.old),
    )  # fmt: skip
    for table in ("tail", "state"):
        tx.connection.executemany(
            f"DELETE FROM {table} WHERE contact = ? AND key = ?",
            ((tx.homes[row.alias], row.key) for _, row, _, _ in verdict.old),
        )
    return {tx.homes[row.alias] for _, row, _, _ in verdict.old}


def write(tx: Transaction, rows: list[Arrival]) -> set[str]:
    """Writes rows into the tail, those that say something of a contact's state also beside it;
    returns the contacts that these are about."""
    ready = sorted(
        (tx.homes[row.alias], row.key, row.kind, row.alias, row.occurred_at, tx.recorded_at,
         row.props, row.hash) for row in rows
    )  # fmt: skip
    stating = [row for row in ready if row[2] in STATE_KINDS]
    for table, some in (("tail", ready), ("state", stating)):
        tx.connection.executemany(
            f"INSERT INTO {table} (contact, key, kind, alias, occurred_at, recorded_at, props, "
            "hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", some,
        )  # fmt: skip
    return {row[0] for row in stating}
