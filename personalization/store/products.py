"""The catalogue: one row a product and change; a version is the moment of the last change in it."""

import json
import sqlite3
from collections.abc import Collection, Iterable
from itertools import batched

from personalization.engine import Engine
from personalization.errors import Stop
from personalization.models import Columns, Product
from personalization.store.asking import AT_ONCE, ask
from personalization.store.columns import Row, columns
from personalization.store.tables import Transaction, keep_setting, setting

TYPES = {
    "id": "VARCHAR", "name": "VARCHAR", "category": "VARCHAR", "price": "BIGINT",
    "currency": "VARCHAR", "url": "VARCHAR", "image": "VARCHAR", "in_stock": "BOOLEAN",
}  # fmt: skip
REST = "name, category, price, currency, url, image, in_stock"
EMPTY = "0"
KEPT = 200_000
"""Products that a process keeps at hand, some hundred bytes each: who makes a plan, or a tick every
minute, finds the same ones nearly always."""


def keep_products(tx: Transaction, products: Iterable[Product]) -> None:
    """Adds a row for every product that is new or changed."""
    changed = list[Row]()
    for some in batched(products, AT_ONCE, strict=False):
        find = f"SELECT id, {REST}, max(recorded_at) FROM product WHERE id IN ({{}}) GROUP BY id"
        ids = sorted({one.id for one in some})
        known = {id_: row[:-1] for id_, *row in ask(tx.connection, find, ids)}
        for one in some:
            row = [one.name, one.category, one.price, one.currency, one.url, one.image,
                   int(one.in_stock)]  # fmt: skip
            if known.get(one.id) != row:
                known[one.id] = row
                changed.append((one.id, tx.recorded_at, *row))
    tx.connection.executemany(
        f"INSERT OR REPLACE INTO product (id, recorded_at, {REST}) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", changed,
    )  # fmt: skip
    if changed:
        keep_setting(tx.connection, "catalogue", str(tx.recorded_at))


def load_products(
    connection: sqlite3.Connection, engine: Engine, catalogue: str | None,
    ids: Collection[str] | None, kept: dict[str, Columns],
) -> str:  # fmt: skip
    """Makes `products` as of a version, all or some; returns the version. `kept` holds the last
    whole catalogue that was read, by its version, unless it is very large. Raises Stop for a version
    that this store never had."""
    version = catalogue or setting(connection, "catalogue") or EMPTY
    if not version.isdecimal():
        raise Stop(f"no catalogue version {version!r} in this store: versions are numbers")
    found = kept.get(version) if ids is None else None
    if found is None:
        found = read(connection, version, ids)
        if ids is None and len(found["id"]) <= KEPT:
            kept.clear()
            kept[version] = found
    engine.table("found_products", found, TYPES)
    engine.run("CREATE OR REPLACE TEMP TABLE products AS SELECT * FROM found_products ORDER BY id")
    engine.run("DROP TABLE found_products")
    return version


def read(connection: sqlite3.Connection, version: str, ids: Collection[str] | None) -> Columns:
    """The products as of a version, as columns."""
    some, values = "", list[str]()
    if ids is not None:
        some, values = "id IN (SELECT value FROM json_each(?)) AND", [json.dumps(sorted(ids))]
    rows = connection.execute(
        f"SELECT id, {REST}, max(recorded_at) FROM product "
        f"WHERE {some} recorded_at <= ? GROUP BY id",
        (*values, int(version)),
    ).fetchall()
    return columns([row[:8] for row in rows], TYPES)
