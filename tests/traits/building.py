"""Playbooks and engine tables from plain Python values, as the tests of traits need them."""

import json

import numpy as np

from personalization.engine import Engine
from personalization.models import EVENT_COLUMNS
from personalization.playbook.model import Field, Limits, Playbook, Segment, Slot, Trait, Trigger

CONTACT_TYPES = {
    "i": "INTEGER", "id": "VARCHAR", "now": "BIGINT", "attributes": "VARCHAR",
    "consent": "VARCHAR", "zone": "VARCHAR", "zone_from": "VARCHAR", "language": "VARCHAR",
    "arm": "VARCHAR",
}  # fmt: skip
EVENT_TYPES = {
    "key": "VARCHAR", "kind": "VARCHAR", "alias": "VARCHAR", "contact": "VARCHAR",
    "occurred_at": "BIGINT", "recorded_at": "BIGINT", **EVENT_COLUMNS, "props": "VARCHAR",
}  # fmt: skip
PRODUCT_TYPES = {
    "id": "VARCHAR", "name": "VARCHAR", "category": "VARCHAR", "price": "BIGINT",
    "currency": "VARCHAR", "url": "VARCHAR", "image": "VARCHAR", "in_stock": "BOOLEAN",
}  # fmt: skip


def playbook(
    *traits: Trait,
    segments: tuple[Segment, ...] = (),
    stages: tuple[str, ...] = (),
    currency: str | None = "EUR",
    rates: dict[str, int] | None = None,
    zone: str = "Europe/Amsterdam",
    properties: dict | None = None,
    picks: int = 0,
    fields: tuple[Field, ...] = (),
    triggers: tuple[Trigger, ...] = (),
) -> Playbook:
    slots = {"hero": Slot(name="hero", picks=picks, expires=1)} if picks else {}
    return Playbook(
        name="test", hash="0", files={}, currency=currency, rates=rates or {}, zone=zone,
        language="en", complete=False, properties=properties or {},
        traits={trait.name: trait for trait in traits},
        segments={segment.name: segment for segment in segments},
        stages=stages, messages={}, slots=slots, fields={field.name: field for field in fields},
        triggers={trigger.name: trigger for trigger in triggers}, limits=Limits(),
    )  # fmt: skip


def segment(name: str, sql: str, *uses: str) -> Segment:
    return Segment(name=name, source=sql, sql=sql, uses=uses)


def fill(engine: Engine, contacts: list[dict], events: list[dict], products: list[dict] = ()):
    """Puts rows into the engine as `Store.load` and `load_products` do. Contacts in id order."""
    people = [
        {"zone": None, **one, "i": i, "attributes": json.dumps(one.get("attributes", {}))}
        for i, one in enumerate(sorted(contacts, key=lambda one: one["id"]))
    ]
    log = [{**one, "props": json.dumps(one.get("props", {}))} for one in events]
    put(engine, "contacts", people, CONTACT_TYPES)
    put(engine, "events", log, EVENT_TYPES)
    goods = [{"in_stock": True, **one} for one in sorted(products, key=lambda one: one["id"])]
    put(engine, "products", goods, PRODUCT_TYPES)


def put(engine: Engine, name: str, rows: list[dict], types: dict[str, str]) -> None:
    columns = {}
    for column, kind in types.items():
        values = [row.get(column) for row in rows]
        if kind.startswith("STRUCT"):
            values = [None if value is None else json.dumps(value) for value in values]
        if kind in ("BIGINT", "INTEGER"):
            columns[column] = np.ma.array(
                [value or 0 for value in values], mask=[value is None for value in values],
                dtype=np.int64,
            )  # fmt: skip
        else:
            columns[column] = np.array(values, dtype=bool if kind == "BOOLEAN" else object)
    plain = {name: "JSON" if kind.startswith("STRUCT") else kind for name, kind in types.items()}
    engine.table(name, columns, plain)
    nested = [column for column, kind in types.items() if kind.startswith("STRUCT")]
    for column in nested:
        shape = '[{"product": "VARCHAR", "quantity": "BIGINT", "amount": "BIGINT", "category": "VARCHAR"}]'
        engine.run(
            f'CREATE OR REPLACE TEMP TABLE "{name}" AS SELECT * REPLACE '
            f"(from_json({column}, '{shape}') AS {column}) FROM \"{name}\""
        )


def table(engine: Engine, name: str) -> list[dict]:
    """A table's rows as dicts, by i."""
    columns = [str(row[0]) for row in engine.rows(f"DESCRIBE {name}")]
    return [dict(zip(columns, row)) for row in engine.rows(f"SELECT * FROM {name} ORDER BY i")]
