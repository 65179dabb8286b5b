"""CPU seconds for traits, segments, next changes and picks on seeded data, by Parquet groups.

    python bench/traits.py --contacts 200000 --events 4000000

Prints, for each part, CPU seconds of the process in all and per million contacts. Reading the
Parquet files is part of "prepare"; making the data is not measured.
"""

import argparse
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from personalization.decide.picks import picks
from personalization.engine import Engine, literal
from personalization.facts import Facts
from personalization.models import DAY, EVENT_COLUMNS
from personalization.playbook.model import Limits, Playbook, Segment, Slot, Trait, Type, Window
from personalization.traits.compute import compute
from personalization.traits.flips import next_change
from personalization.traits.prepare import prepare
from personalization.traits.segments import segments

NOW = 20_000 * DAY
PRODUCTS = 50_000
KINDS = ("visit", "view", "order", "cart", "open", "click", "feedback", "refund")
SHARES = (0.2, 0.15, 0.4, 0.08, 0.1, 0.05, 0.015, 0.005)
ZONES = ("Europe/Amsterdam", "America/New_York", "Europe/London", None)
CITIES = [f"city {number}" for number in range(500)]


def days(count: int) -> Window:
    """A window of whole 24 hours."""
    return Window(micros=count * DAY)


def trait(name: str, kind: str, type: Type, **more: object) -> Trait:
    """A trait from plain values."""
    return Trait.model_validate({"name": name, "kind": kind, "type": type, **more})


def playbook() -> Playbook:
    """25 traits of most kinds, 50 segments, a slot with five picks."""
    money = {"prop": "amount", "prop_type": "money"}
    traits = [
        trait("orders", "count", "integer", event="order"),
        trait("orders_30d", "count", "integer", event="order", window=days(30)),
        trait("orders_90d", "count", "integer", event="order", window=days(90)),
        trait("orders_365d", "count", "integer", event="order", window=days(365)),
        trait("spend", "sum", "money", event="order", **money),
        trait("spend_365d", "sum", "money", event="order", window=days(365), **money),
        trait("net_365d", "net", "money", event="order", window=days(365), **money),
        trait("basket", "average", "number", event="order", **money),
        trait("biggest", "max", "money", event="order", **money),
        trait("smallest", "min", "money", event="order", **money),
        trait("big_orders", "count", "integer", event="order", where='"amount" > 10000'),
        trait("days_since_order", "since_last", "integer", event="order"),
        trait("days_since_visit", "since_last", "integer", event="visit"),
        trait("visits_month", "count", "integer", event="visit", window=Window(days=30)),
        trait("views_30d", "count", "integer", event="view", window=days(30)),
        trait("views_90d", "count", "integer", event="view", window=days(90)),
        trait("carts_7d", "count", "integer", event="cart", window=days(7)),
        trait("opens_90d", "count", "integer", event="open", window=days(90)),
        trait("clicks_90d", "count", "integer", event="click", window=days(90)),
        trait("last_rating", "last", "integer", event="feedback", prop="rating"),
        trait("first_channel", "first", "text", event="order", prop="channel"),
        trait("top_city", "most_frequent", "text", event="visit", prop="city"),
        trait("top_category", "most_frequent", "text", event="order", prop="category"),
        trait("categories", "distinct", "integer", event="order", prop="category"),
        trait("tier", "attribute", "text", prop="tier"),
    ]
    names = [one.name for one in traits if one.type in ("integer", "money")]
    rules = [
        Segment(
            name=f"segment_{number}", source="",
            sql=f'"{names[number % len(names)]}" > {number % 7} '
            f'AND "{names[(number * 7 + 3) % len(names)]}" <= {number * 50}',
            uses=(names[number % len(names)], names[(number * 7 + 3) % len(names)]),
        )
        for number in range(50)
    ]  # fmt: skip
    return Playbook(
        name="bench", hash="", files={}, currency="EUR", rates={}, zone="Europe/Amsterdam",
        language="en", complete=False, properties={}, traits={one.name: one for one in traits},
        segments={one.name: one for one in rules}, stages=("segment_3", "segment_5"), messages={},
        slots={"hero": Slot(name="hero", picks=5, expires=DAY)}, fields={}, triggers={},
        limits=Limits(),
    )  # fmt: skip


def write_group(folder: Path, group: int, contacts: int, events: int) -> None:
    """One group's events as Parquet, in no order of contacts."""
    random = np.random.default_rng(group)
    weight = random.lognormal(0, 1, contacts)
    owner = random.choice(contacts, events, p=weight / weight.sum())
    kind = random.choice(len(KINDS), events, p=SHARES)
    is_order = kind == 2
    count = np.where(is_order, random.geometric(0.4, events), 0)
    bounds = np.concatenate([[0], np.cumsum(count)]).astype(np.int32)
    total = int(bounds[-1])
    product = (PRODUCTS * random.random(total) ** 3).astype(np.int64)
    line = pa.StructArray.from_arrays(
        [pa.array(np.char.add("p", product.astype(str))), pa.array(np.ones(total, dtype=np.int64)),
         pa.array(random.integers(100, 5000, total)), pa.nulls(total, pa.string())],
        names=["product", "quantity", "amount", "category"],
    )  # fmt: skip

    def some(values: np.ndarray, where: np.ndarray) -> pa.Array:
        return pa.array(values, mask=~where)

    city = np.array(CITIES, dtype=object)[(500 * random.random(events) ** 4).astype(int)]
    key = [f"{group:02x}{number:012x}" for number in range(events)]
    columns = {
        "key": pa.array(key), "kind": pa.array(np.array(KINDS, dtype=object)[kind]),
        "alias": pa.nulls(events, pa.string()),
        "contact": pa.array(np.array(ids(group, contacts), dtype=object)[owner]),
        "occurred_at": pa.array(NOW - (730 * DAY * random.random(events) ** 1.5).astype(np.int64)),
        "recorded_at": pa.array(np.arange(events)),
        "amount": some(random.integers(100, 20000, events), is_order | (kind == 7)),
        "currency": some(np.full(events, "EUR", dtype=object), is_order),
        "order": some(np.array(key, dtype=object), is_order),
        "rating": some(random.integers(1, 6, events), kind == 6),
        "city": some(city, kind == 0), "page": pa.nulls(events, pa.string()),
        "channel": some(np.array(["web", "shop"], dtype=object)[random.integers(0, 2, events)],
                        is_order),
        "latitude": pa.nulls(events, pa.int64()), "longitude": pa.nulls(events, pa.int64()),
        "offset": pa.nulls(events, pa.int64()),
        "lines": pa.ListArray.from_arrays(pa.array(bounds), line),
        "props": pa.array(np.full(events, "{}", dtype=object)),
    }  # fmt: skip
    assert set(EVENT_COLUMNS) <= set(columns)
    pq.write_table(pa.table(columns), folder / f"{group}.parquet", compression="zstd")


def ids(group: int, contacts: int) -> list[str]:
    """Contact ids of a group, ascending."""
    return [f"{group:02x}{number:030x}" for number in range(contacts)]


def load(engine: Engine, folder: Path, group: int, contacts: int) -> None:
    """What `Store.load` and `load_products` would put there."""
    zones = np.array(ZONES, dtype=object)[np.arange(contacts) % len(ZONES)]
    engine.table("contacts", {
        "i": np.arange(contacts), "id": np.array(ids(group, contacts), dtype=object),
        "now": np.full(contacts, NOW), "zone": zones,
        "attributes": np.full(contacts, '{"tier":"gold","age":40}', dtype=object),
    }, {"i": "INTEGER", "id": "VARCHAR", "zone": "VARCHAR", "attributes": "VARCHAR"})  # fmt: skip
    engine.run(
        "CREATE OR REPLACE TEMP VIEW events AS SELECT * FROM "
        f"read_parquet({literal(str(folder / f'{group}.parquet'))})"
    )
    number = np.arange(PRODUCTS)
    engine.run("CREATE OR REPLACE TEMP TABLE products AS SELECT 'p' || range AS id, "
               "'category ' || (range % 300) AS category, range % 10 <> 0 AS in_stock "
               f"FROM range({len(number)}) ORDER BY id")  # fmt: skip


def main() -> None:
    """Makes the data, runs each part over all groups, prints what each cost."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--contacts", type=int, default=200_000)
    parser.add_argument("--events", type=int, default=4_000_000)
    parser.add_argument("--threads", type=int, default=2)
    wanted = parser.parse_args()
    groups = max(1, wanted.events // 1_000_000)
    contacts, events = wanted.contacts // groups, wanted.events // groups
    book = playbook()
    facts = Facts.of(NOW, {f"p{number}": 1000 - number for number in range(1000)})
    spent: dict[str, float] = defaultdict(float)

    def measured(name: str, since: float) -> float:
        now = time.process_time()
        spent[name] += now - since
        return now

    with tempfile.TemporaryDirectory() as name:
        for group in range(groups):
            folder = Path(name)
            write_group(folder, group, contacts, events)
            with Engine([folder], threads=wanted.threads) as engine:
                load(engine, folder, group, contacts)
                at = time.process_time()
                prepare(engine, book)
                at = measured("prepare", at)
                compute(engine, book)
                at = measured("traits", at)
                segments(engine, book)
                at = measured("segments", at)
                next_change(engine, book)
                at = measured("next change", at)
                everyone = {"i": np.arange(contacts), "n": np.full(contacts, 5)}
                picks(engine, facts, everyone)
                measured("picks", at)
    for part, seconds in [*spent.items(), ("all", sum(spent.values()))]:
        per = seconds / (contacts * groups) * 1_000_000
        print(f"{part:12} {seconds:7.2f} CPU-s  {per:7.2f} per million contacts")


if __name__ == "__main__":
    main()
