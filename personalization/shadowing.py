"""What a destination holds of each contact, as the store keeps it: what was last pulled."""

import json
from hashlib import blake2b

import numpy as np

from personalization.connector import Destination
from personalization.hashing import canonical
from personalization.models import Columns, Record
from personalization.store.protocol import Recorder, Store


def keep_shadows(
    store: Store, recorder: Recorder, destination: Destination, records: tuple[Record, ...]
) -> None:
    """Stores what the destination holds, by contact. Erased contacts keep no shadow."""
    rows = []
    for record in records:
        contact = store.contact_of(record.alias)
        if contact:
            rows.append((contact, record))
    rows.sort(key=lambda row: row[0])
    recorder.shadows(destination.name, destination.account, "pulled", shadow_columns(rows))


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
        "tags": text([canonical(sorted(record.tags)) for _, record in rows]),
        "told": text([fingerprint(record) for _, record in rows]),
        "observed_at": np.array([record.changed_at for _, record in rows], dtype=np.int64),
    }  # fmt: skip


def fingerprint(record: Record) -> str:
    """A hash of all that a record says about the person, without the fields that we write."""
    said = [record.email, record.status, record.attributes, record.zone, record.language]
    body = json.dumps(said, sort_keys=True, default=str)
    return blake2b(body.encode(), digest_size=12).hexdigest()
