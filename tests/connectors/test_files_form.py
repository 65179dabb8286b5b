"""Rows of files come in the form in which the log keeps events, wherever they are read."""

import csv

import duckdb
from hypothesis import example, given, settings
from hypothesis import strategies as st

from personalization.arrival import arrival
from tests.connectors.folders import put, source
from tests.connectors.told import events_of

CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
ROW = st.tuples(CELL, CELL, st.integers(1, 99), st.one_of(st.none(), st.integers(0, 10**9)))


def lines_of(folder, rows, suffix):
    path = folder / f"lines.{suffix}"
    heading = ("order", "product", "category", "quantity", "amount_minor")
    if suffix == "csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([heading, *(("o1", *row) for row in rows)])
        return
    engine = duckdb.connect()
    engine.execute(
        'CREATE TABLE l ("order" VARCHAR, product VARCHAR, category VARCHAR, quantity BIGINT, '
        "amount_minor BIGINT)"
    )
    engine.executemany("INSERT INTO l VALUES ('o1', ?, ?, ?, ?)", rows)
    engine.execute(f"COPY l TO '{path}'").fetchall()


@settings(max_examples=25, deadline=None)
@given(rows=st.lists(ROW, min_size=1, max_size=6), note=CELL)
@example(rows=[('"', "\\", 1, None), ("\x01a\n\x1f", "é\x7f\u2028", 2, 7)], note='"lines":null')
def test_what_is_read_is_canonical_whatever_the_texts(tmp_path_factory, rows, note):
    said = []
    for suffix in ("csv", "parquet"):
        folder = tmp_path_factory.mktemp(suffix)
        with (folder / "events.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([
                ("key", "kind", "id", "occurred_at", "order", "amount_minor", "product", "zeal"),
                ("a", "order", "7", "2026-03-01", "o1", "5", "own", note),
            ])  # fmt: skip
        lines_of(folder, rows, suffix)
        pages = list(source(folder, currency="EUR").pull(None))
        for page in pages:
            assert [arrival(event) for event in events_of(page)] == list(page.arrivals)
        (event,) = (event for page in pages for event in events_of(page))
        said.append(event.props)
        kept = [row for row in rows if row[0].strip()]
        assert [line["product"] for line in event.props["lines"]] == [
            "own", *(row[0].strip() for row in kept)]  # fmt: skip
        assert [line.get("category") for line in event.props["lines"][1:]] == [
            row[1].strip() or None for row in kept]  # fmt: skip
    assert said[0] == said[1]


def test_another_process_reads_the_same_pages(tmp_path):
    put(tmp_path, "contacts.csv", "id,city", *(f"{n},Paris" for n in range(40)))
    put(tmp_path, "events.csv", "key,kind,id,occurred_at,amount",
        *(f"{n},order,{n % 40},{'never' if n == 3 else '2026-03-01'},1.50" for n in range(70)))  # fmt: skip
    put(tmp_path, "products.csv", "id,name", "p1,Tea")
    there = list(source(tmp_path, currency="EUR", page=25, apart=0).pull(None))
    here = list(source(tmp_path, currency="EUR", page=25).pull(None))
    assert there == here
    assert sum(len(page.arrivals) for page in here) == 40 + 69
    middle = here[3].cursor
    again = list(source(tmp_path, currency="EUR", page=25, apart=0).pull(middle))
    assert again == here[4:]
