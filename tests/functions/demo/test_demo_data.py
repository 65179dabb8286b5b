"""The demo's data: real, readable, complete, and the same on every run."""

from pathlib import Path

import duckdb
import pytest

from connectors.files import source
from functions.demo.data import NOW, write_export
from functions.demo.names import measure, readable, title
from tests.connectors.told import events_of


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export")
    write_export(folder, households=40)
    return folder


def ask(folder: Path, sql: str) -> list[tuple]:
    with duckdb.connect() as connection:
        return connection.execute(sql.replace("@", f"{folder}/")).fetchall()


def test_it_is_the_same_on_every_run(export: Path, tmp_path: Path) -> None:
    write_export(tmp_path, households=40)
    for name in ("contacts", "events", "lines", "products"):
        order = "SELECT md5(string_agg(t::VARCHAR, ',' ORDER BY t::VARCHAR)) FROM '@{}.parquet' t"
        assert ask(export, order.format(name)) == ask(tmp_path, order.format(name))


def test_a_smaller_export_holds_the_same_households_as_a_larger_one(
    export: Path, tmp_path: Path
) -> None:
    write_export(tmp_path, households=5)
    few = "SELECT e.* FROM '@events.parquet' e JOIN '{}/contacts.parquet' USING (id) ORDER BY key"
    assert ask(export, few.format(tmp_path)) == ask(tmp_path, few.format(tmp_path))


def test_orders_are_sums_of_their_lines_in_cents(export: Path) -> None:
    wrong = """SELECT e.key FROM '@events.parquet' e JOIN '@lines.parquet' l USING (key)
        WHERE e.kind = 'order' GROUP BY e.key, e.amount_minor HAVING sum(l.amount_minor) <> e.amount_minor"""
    assert ask(export, wrong) == []


def test_every_event_has_its_own_key_a_known_contact_and_lies_before_the_demos_present(
    export: Path,
) -> None:
    counted = f"""SELECT count(*) - count(DISTINCT key), count(*) - count(id),
        count(*) FILTER (WHERE epoch_us(occurred_at) >= {NOW}) FROM '@events.parquet'"""
    assert ask(export, counted) == [(0, 0, 0)]
    strangers = """SELECT id FROM '@events.parquet'
        WHERE id NOT IN (SELECT id FROM '@contacts.parquet')"""
    assert ask(export, strangers) == []


def test_what_is_simulated_says_so_and_nothing_else_does(export: Path) -> None:
    kinds = ask(export, "SELECT kind, bool_and(simulated) FROM '@events.parquet' GROUP BY ALL")
    said = dict(kinds)
    assert {kind for kind, simulated in said.items() if not simulated} == {
        "order", "redeem", "campaign",
    }  # fmt: skip
    assert {"visit", "view", "cart", "feedback", "open"} <= set(said)


def test_every_name_is_used_once_and_no_email_offers_fuel_or_tobacco(export: Path) -> None:
    assert ask(export, "SELECT count(*) - count(DISTINCT name) FROM '@products.parquet'") == [(0,)]
    offered = """SELECT DISTINCT category FROM '@products.parquet'
        WHERE in_stock AND category IN ('Cigarettes', 'Fuel', 'Beers/ales', 'Coupon/other items')"""
    assert ask(export, offered) == []
    unpriced = "SELECT count(*) FROM '@products.parquet' WHERE in_stock AND price_minor IS NULL"
    assert ask(export, unpriced) == [(0,)]


def test_the_files_source_takes_in_every_row(export: Path) -> None:
    pages = list(source("main", {"folder": export}).pull(None))
    assert [one for page in pages for one in page.set_aside] == []
    events = [one for page in pages for one in events_of(page)]
    rows = ask(export, "SELECT count(*) FROM '@events.parquet'")[0][0]
    assert len([one for one in events if one.kind not in {"attributes", "consent", "link"}]) == rows
    ordered = [one for one in events if one.kind == "order"]
    assert all(one.props["currency"] == "USD" and one.props["lines"] for one in ordered)


@pytest.mark.parametrize(
    ("till", "name"),
    [
        (("GROCERY", "FRZN ICE", "ICE - CRUSHED/CUBED", "22 LB"), "Ice - crushed/cubed, 22 lb"),
        (("PRODUCE", "TROPICAL FRUIT", "BANANAS", "40 LB"), "Bananas"),
        (("MEAT", "BEEF", "LEAN", None), "Beef - lean"),
        (("GROCERY", "FLUID MILK PRODUCTS", "FLUID MILK WHITE ONLY", "1 GA"), "Milk, 1 gal"),
        (("MISCELLANEOUS", None, None, None), "Groceries"),
    ],
)
def test_a_tills_text_becomes_a_name_that_a_customer_can_read(
    till: tuple[str | None, ...], name: str
) -> None:
    assert title(*till) == name


def test_abbreviations_and_cut_off_remarks_are_gone() -> None:
    assert readable("FRZN BRD STICK/PORTON") == "Frozen breaded stick/porton"
    assert readable("CANDY BARS (SINGLES)(INCLUDING") == "Candy bars"
    assert measure("REC OZ") == ""
