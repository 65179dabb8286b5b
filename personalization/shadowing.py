"""What a destination holds of each contact, as the store keeps it: what was last pulled."""

import json
from collections.abc import Mapping
from hashlib import blake2b

import numpy as np

from personalization.connector import Destination
from personalization.hashing import canonical
from personalization.models import Columns, Record
from personalization.sound import place
from personalization.store.protocol import Recorder, Scope, Store


def keep_shadows(
    store: Store, recorder: Recorder, destination: Destination, records: tuple[Record, ...]
) -> None:
    """Stores what the destination holds, by contact. Erased contacts keep no shadow. A record whose
    tags nobody asked for keeps those that it had."""
    rows = []
    for record in records:
        contact = store.contact_of(record.alias)
        if contact:
            rows.append((contact, record))
    rows.sort(key=lambda row: row[0])
    unasked = {contact for contact, record in rows if record.tags is None}
    if unasked:
        before = kept_tags(shadows_of(store, destination, unasked))
        rows = [(contact, with_tags(record, before)) for contact, record in rows]
    recorder.shadows(destination.name, destination.account, "pulled", shadow_columns(rows))


def keep_tags(
    store: Store,
    recorder: Recorder,
    destination: Destination,
    tagged: Mapping[str, tuple[str, ...]],
) -> None:
    """Stores tags, by alias, of contacts of whom nothing else was asked. Who has no shadow, or one
    of another record, gets none."""
    owners = {alias: store.contact_of(alias) for alias in tagged}
    held = shadows_of(store, destination, {owner for owner in owners.values() if owner})
    rows_of = {contact: n for n, contact in enumerate(held["contact"])}
    tags = held["tags"].copy()
    changed = []
    for alias, owner in owners.items():
        n = rows_of.get(owner or "", -1)
        now = canonical(sorted(tagged[alias]))
        own = n >= 0 and f"{place(destination)}:{held['outside_id'][n]}" == alias
        if own and tags[n] != now:
            tags[n] = now
            changed.append(n)
    if changed:
        rows = {name: column[changed] for name, column in {**held, "tags": tags}.items()}
        recorder.shadows(destination.name, destination.account, "pulled", rows)


def shadows_of(store: Store, destination: Destination, contacts: set[str]) -> Columns:
    """What is kept of some contacts."""
    scope = Scope(ids=tuple(sorted(contacts)))
    return store.shadows(destination.name, destination.account, scope)


def kept_tags(held: Columns) -> dict[str, tuple[str, ...]]:
    """The tags in shadows, by outside id."""
    pairs = zip(held["outside_id"], held["tags"], strict=True)
    return {str(id): tuple(json.loads(tags or "[]")) for id, tags in pairs}


def with_tags(record: Record, before: Mapping[str, tuple[str, ...]]) -> Record:
    """A record with the tags that it has, as far as anybody knows."""
    if record.tags is not None:
        return record
    return record.model_copy(update={"tags": before.get(record.outside_id, ())})


def shadow_columns(rows: list[tuple[str, Record]]) -> Columns:
    """Records as the store's shadow columns."""

    def text(values: list[object]) -> np.ndarray:
        column = np.empty(len(values), dtype=object)
        column[:] = values
        return column

    return {
        "contact": text([contact for contact, _ in rows]),
        "outside_id": text([record.outside_id for _, record in rows]),
        "email": text([record.email for _, record in rows]),
        "status": text([record.status for _, record in rows]),
        "values": text([canonical(record.values) for _, record in rows]),
        "tags": text([canonical(sorted(record.tags or ())) for _, record in rows]),
        "told": text([fingerprint(record) for _, record in rows]),
        "observed_at": np.array([record.changed_at for _, record in rows], dtype=np.int64),
    }  # fmt: skip


def fingerprint(record: Record) -> str:
    """A hash of all that a record says about the person, without the fields that we write."""
    said = [record.email, record.status, record.attributes, record.zone, record.language]
    said += [record.consent] if record.consent else []
    body = json.dumps(said, sort_keys=True, default=str)
    return blake2b(body.encode(), digest_size=12).hexdigest()
