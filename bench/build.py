"""Builds the store that `make bench` plans on: rows written straight into the tables and Parquet
files of the embedded store, in the form that taking the events in one by one would give.

Two tables that only taking events in reads (`based`, the keys in the base, and `state`, the
events that contacts are folded from) stay empty: a plan never looks at them.
"""

import json
import shutil
import sqlite3
from pathlib import Path

import numpy as np

from bench import shop
from personalization.engine import Engine, literal
from personalization.hashing import canonical
from personalization.identity import between
from personalization.models import DAY, Product
from personalization.store import base
from personalization.store.columns import objects
from personalization.store.compact import TARGET, split
from personalization.store.connection import connect, writing
from personalization.store.embedded import EmbeddedStore, open_store

DESTINATION, ACCOUNT = "mailchimp", "main"
BEFORE = shop.NOW - DAY
"""When everything was recorded."""
FIELDS = ("HEADLINE", "BODY", "PICK1", "PICK1URL", "PICK2", "PICK2URL", "PICK3", "PICK3URL",
          "CATEGORY", "WORTH")  # fmt: skip
LEFT = {0: "unsubscribed", 1: "cleaned"}
"""Of a hundred contacts, those that may not be written to."""


def build(folder: Path, contacts: int, events: int) -> None:
    """Makes the store in a folder that is not there yet; whole or not at all."""
    part = folder.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    (part / "beside").mkdir(parents=True)
    with open_store(part, "bench") as store, Engine([part], memory="4GB") as engine:
        engine.run(f"CREATE TEMP TABLE people AS {shop.people(contacts, events)}")
        write_products(store)
        write_beside(engine, part / "beside")
        write_events(connect(part / "contacts.sqlite"), engine, part / "events")
        for first in range(0, 256, 8):
            write_people(store, engine, first, first + 7)
    connection = connect(part / "contacts.sqlite")
    connection.execute("UPDATE clock SET last = ?", (shop.NOW - 1,))
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    connection.close()
    part.rename(folder)


def write_products(store: EmbeddedStore) -> None:
    """The catalogue: a tenth is out of stock."""
    with store.record(BEFORE) as recorder:
        recorder.products(
            Product(
                id=f"p{number:05d}", name=f"Brand {number % 977} & co. article {number}",
                category=f"category {number % shop.CATEGORIES}", price=199 + number * 37 % 9000,
                currency="EUR", url=f"https://shop.example.com/p/{number}?from=mail&v=2",
                image=f"https://shop.example.com/i/{number}.jpg", in_stock=number % 10 != 3,
            )
            for number in range(shop.PRODUCTS)
        )  # fmt: skip


def write_beside(engine: Engine, folder: Path) -> None:
    """Contacts and products as Parquet for polars, which reads no SQLite."""
    tier = "json_extract_string(attributes, '$.tier') AS tier"
    product = "'p' || lpad(CAST(range AS VARCHAR), 5, '0') AS product"
    category = f"'category ' || range % {shop.CATEGORIES} AS category"
    selects = {
        "contacts": f"SELECT id AS contact, {tier} FROM ({shop.contacts()})",
        "products": f"SELECT {product}, {category} FROM range({shop.PRODUCTS})",
    }
    for name, select in selects.items():
        target = literal(str(folder / f"{name}.parquet"))
        engine.run(f"COPY ({select}) TO {target} (FORMAT parquet)")


def write_events(connection: sqlite3.Connection, engine: Engine, folder: Path) -> None:
    """The log as Parquet files of about a million events, and the manifest that names them."""
    sizes = {int(prefix, 16): int(count) for prefix, count in engine.rows(
        "SELECT id[1:2], SUM(events) FROM people GROUP BY 1")}  # fmt: skip
    with writing(connection):
        connection.execute("DELETE FROM base")
        for first, last in split(0, 255, sizes, TARGET):
            connection.execute("INSERT INTO base VALUES (?, ?, NULL, 0)", (first, last))
            base.replace_file(
                connection, engine, folder, base.Group(first, last, None, 0),
                shop.events(*between(first, last)),
            )  # fmt: skip


def write_people(store: EmbeddedStore, engine: Engine, first: int, last: int) -> None:
    """Contacts, their aliases and their records in the destination, of a range of buckets."""
    least, below = between(first, last)
    rows = engine.columns(
        f"SELECT * FROM ({shop.contacts()}) WHERE id >= '{least}' AND id < '{below}' ORDER BY id"
    )
    ids, emails = rows["id"].tolist(), rows["email"].tolist()
    numbers = rows["n"].tolist()
    known = zip(
        ids, *(rows[one].tolist() for one in ("attributes", "consent", "zone")), strict=True
    )
    texts = [canonical(old_values(n)) for n in numbers]
    connection = connect(store.folder / "contacts.sqlite")
    with writing(connection):
        connection.executemany(
            "INSERT INTO contact (id, recorded_at, folded_at, attributes, consent, zone, zone_from, "
            f"language) VALUES (?, {BEFORE}, {BEFORE}, ?, ?, ?, 'explicit', 'en')", known,
        )  # fmt: skip
        connection.executemany(
            f"INSERT INTO alias VALUES (?, ?, ?, {BEFORE})",
            ((f"email:{email}", id_, id_) for email, id_ in zip(emails, ids, strict=True)),
        )
    connection.close()
    with store.record(BEFORE) as recorder:
        outside = objects([id_[::-1] for id_ in ids])
        recorder.shadows(DESTINATION, ACCOUNT, "pulled", {
            "contact": rows["id"], "outside_id": outside, "email": rows["email"],
            "status": objects([LEFT.get(n % 100, "subscribed") for n in numbers]),
            "values": objects(texts), "tags": objects([json.dumps(["Newsletter"])] * len(ids)),
            "told": objects(["1"] * len(ids)),
            "observed_at": np.full(len(ids), BEFORE, dtype=np.int64),
        })  # fmt: skip


def old_values(number: int) -> dict[str, str]:
    """What the fields held before the first plan, so that every one of them changes."""
    return {name: f"what {name.lower()} held for {number}" for name in FIELDS}
