"""A folder of files read again: it goes on where it was, without loss or repeat."""

import duckdb
import pytest

from tests.connectors.folders import MARCH, SECOND, put, read, source
from tests.connectors.told import events_of


def test_an_unchanged_file_is_not_read_again_and_a_grown_one_goes_on(tmp_path):
    heading = "key,kind,id,occurred_at"
    path = put(tmp_path, "events.csv", heading, *(f"{n},visit,7,2026-03-01" for n in range(5)))
    events, _, _, cursor = read(tmp_path)
    assert len(events) == 5
    assert read(tmp_path, cursor)[0] == []
    with path.open("a") as file:
        file.write("5,visit,7,2026-03-02\n")
    events, _, _, cursor = read(tmp_path, cursor)
    assert [event.key for event in events] == ["files/main:5"]
    put(tmp_path, "events.csv", heading, "0,visit,8,2026-03-01", "9,visit,7,2026-03-01")
    assert len(read(tmp_path, cursor)[0]) == 2


def test_a_last_line_that_was_not_finished_is_read_again(tmp_path):
    path = put(tmp_path, "events.csv", "key,kind,id,occurred_at")
    with path.open("a") as file:
        file.write("a,visit,7,2026-03-01")
    cursor = read(tmp_path)[3]
    with path.open("a") as file:
        file.write("T10:00:00Z\n")
    assert read(tmp_path, cursor)[0][0].occurred_at == MARCH + 36_000 * SECOND


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
@pytest.mark.parametrize("stored", [1, 2, 3])
def test_killed_after_any_page_it_goes_on_without_loss_or_repeat(tmp_path, suffix, stored):
    put(tmp_path, "contacts.csv", "id,city", *(f"{n},Paris" for n in range(4)))
    put(tmp_path, "events.csv", "key,kind,id,occurred_at",
        *(f"{n},visit,7,{'never' if n == 8 else '2026-03-01'}" for n in range(10)))  # fmt: skip
    if suffix == "parquet":
        duckdb.connect().execute(
            f"COPY (FROM read_csv('{tmp_path}/events.csv', all_varchar = true)) "
            f"TO '{tmp_path}/events.parquet'").fetchall()  # fmt: skip
        (tmp_path / "events.csv").unlink()
    whole, _, whole_aside, _ = read(tmp_path, page=3)
    reading = source(tmp_path, page=3).pull(None)
    before = [next(reading) for _ in range(stored)]
    reading.close()
    rest, _, aside, _ = read(tmp_path, before[-1].cursor, page=3)
    assert [event for page in before for event in events_of(page)] + rest == whole
    assert [row for page in before for row in page.set_aside] + aside == whole_aside


def test_other_lines_mean_that_their_events_are_read_anew(tmp_path):
    put(tmp_path, "events.csv", "key,kind,id,occurred_at", "a,order,7,2026-03-01")
    put(tmp_path, "lines.csv", "key,product,quantity", "a,p1,1", "a,p2,none")
    events, _, aside, cursor = read(tmp_path)
    assert len(aside) == 1
    put(tmp_path, "lines.csv", "key,product,quantity", "a,p1,3")
    (order,), _, _, cursor = read(tmp_path, cursor)
    assert order.key == events[0].key
    assert order.props["lines"] == [{"product": "p1", "quantity": 3}]
    assert read(tmp_path, cursor)[0] == []


def test_an_unchanged_contact_says_the_same_whenever_its_file_is_written(tmp_path):
    rows = ("id,email,city", "7,ana@example.com,Paris", "8,bob@example.com,Oslo")
    put(tmp_path, "contacts.csv", *rows)
    first = {event.key for event in read(tmp_path)[0]}
    put(tmp_path, "contacts.csv", *rows, "9,eve@example.com,Rome")
    second = {event.key for event in read(tmp_path)[0]}
    assert first < second
