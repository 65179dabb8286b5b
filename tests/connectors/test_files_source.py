"""A folder of files becomes events and products; what is wrong is told by file and row."""

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personalization.errors import Stop
from tests.connectors.folders import MARCH, SECOND, put, read, source
from tests.connectors.told import events_of


def test_contacts_become_links_facts_and_consents(tmp_path):
    put(tmp_path, "contacts.csv",
        "id,email,age:integer,city,consent.email.marketing,zone,language,updated_at",
        "7, Ana@Example.com ,41,,in,Europe/Paris,fr,2026-03-01T01:00:00+01:00")  # fmt: skip
    events, _, aside, _ = read(tmp_path)
    assert aside == []
    assert {event.alias for event in events} == {"files/main:7"}
    assert {event.occurred_at for event in events} == {MARCH}
    link, facts, consent = events
    assert (link.kind, link.props) == ("link", {"other": "email:ana@example.com"})
    assert (facts.kind, facts.props["set"]) == ("attributes", {"age": 41, "city": None})
    assert (facts.props["zone"], facts.props["language"]) == ("Europe/Paris", "fr")
    assert (consent.kind, consent.props) == ("consent", {
        "by": "files/main", "channel": "email", "purpose": "marketing", "state": "in"})  # fmt: skip


def test_an_event_keeps_every_column(tmp_path):
    put(tmp_path, "events.csv",
        "key,kind,id,occurred_at,amount,currency,order,product,quantity,rating,latitude,points:integer,store",
        "a,order,7,2026-03-01,12.50,EUR,o1,p1,2,,48.8566,3,West",
        "b,feedback,8,1772323200000000,,,,,,5,,,")  # fmt: skip
    (order, feedback), _, aside, _ = read(tmp_path)
    assert aside == []
    assert (order.key, order.alias, order.occurred_at) == ("files/main:a", "files/main:7", MARCH)
    assert order.props == {
        "amount": 1250, "currency": "EUR", "order": "o1", "latitude": 48_856_600, "points": 3,
        "store": "West", "lines": [{"product": "p1", "quantity": 2, "amount": 1250}]}  # fmt: skip
    assert (feedback.props, feedback.occurred_at) == ({"rating": 5}, MARCH)


def test_an_address_alone_says_whose_event_it_is(tmp_path):
    put(tmp_path, "events.csv", "key,kind,email,occurred_at", "a,visit,Ana@EXAMPLE.com,2026-03-01",
        "b,visit,nobody,2026-03-01")  # fmt: skip
    (event,), _, (wrong,), _ = read(tmp_path)
    assert event.alias == "email:ana@example.com"
    assert wrong.place == "events.csv line 3"
    assert "nobody" not in wrong.reason


@pytest.mark.parametrize(("written", "code", "minor"), [
    ("12.5", "EUR", 1250), ("12", "EUR", 1200), ("-3.10", "EUR", -310), ("1250", "JPY", 1250),
    ("1.234", "KWD", 1234), ("0.10", "eur", 10), ("99999999999.99", "EUR", 9_999_999_999_999),
])  # fmt: skip
def test_money_is_exact_in_its_currency(tmp_path, written, code, minor):
    put(tmp_path, "events.csv", "key,kind,id,occurred_at,amount,currency",
        f"a,order,7,2026-03-01,{written},{code}")  # fmt: skip
    (event,), _, _, _ = read(tmp_path)
    assert (event.props["amount"], event.props["currency"]) == (minor, code.upper())


@settings(max_examples=10)
@given(amounts=st.lists(st.integers(-(10**12), 10**12), min_size=20, max_size=200))
def test_every_amount_comes_through_to_the_cent(amounts, tmp_path_factory):
    folder = tmp_path_factory.mktemp("money")
    texts = [f"{'-' if n < 0 else ''}{abs(n) // 100}.{abs(n) % 100:02}" for n in amounts]
    put(folder, "events.csv", "key,kind,id,occurred_at,amount",
        *(f"{n},order,7,2026-03-01,{text}" for n, text in enumerate(texts)))  # fmt: skip
    events, _, _, _ = read(folder, currency="EUR")
    assert [event.props["amount"] for event in events] == amounts


def test_a_moment_without_zone_is_one_of_the_shops(tmp_path):
    put(tmp_path, "events.csv", "key,kind,id,occurred_at", "a,visit,7,2026-07-01 10:00:00",
        "b,visit,7,2026-07-01T10:00:00Z")  # fmt: skip
    (local, utc), _, _, _ = read(tmp_path, zone="Europe/Paris")
    assert utc.occurred_at - local.occurred_at == 2 * 3600 * SECOND


def test_lines_join_their_orders_by_key_or_by_order(tmp_path):
    put(tmp_path, "events.csv", "key,kind,id,occurred_at,order", "a,order,7,2026-03-01,o1",
        "b,refund,7,2026-03-02,o1", "c,view,7,2026-03-02,")  # fmt: skip
    put(tmp_path, "lines.csv", "order,product,quantity,amount,currency", "o1,p2,1,3.00,EUR",
        "o1,p1,2,4.50,EUR")  # fmt: skip
    put(tmp_path, "lines-views.csv", "key,product", "c,p9")
    (order, refund, view), _, aside, _ = read(tmp_path)
    assert aside == []
    assert order.props["lines"] == [{"product": "p2", "quantity": 1, "amount": 300},
                                    {"product": "p1", "quantity": 2, "amount": 450}]  # fmt: skip
    assert "lines" not in refund.props
    assert view.props["lines"] == [{"product": "p9", "quantity": 1}]


def test_lines_that_match_no_event_are_counted_once_and_wait(tmp_path):
    put(tmp_path, "lines.csv", "order,product", "o1,p1", "o2,p1", "o2,p2")
    put(tmp_path, "events.csv", "key,kind,id,occurred_at,order", "a,order,7,2026-03-01,o1")
    made = source(tmp_path)

    def unmatched(cursor):
        pages = list(made.pull(cursor))
        return sum(page.unmatched for page in pages), pages[-1].cursor if pages else cursor

    found, cursor = unmatched(None)
    assert found == 2
    assert unmatched(cursor)[0] == 0
    put(tmp_path, "lines-more.csv", "order,product", "o3,p1")
    found, cursor = unmatched(cursor)
    assert found == 1
    put(tmp_path, "events-2.csv", "key,kind,id,occurred_at,order", "b,order,7,2026-03-02,o2")
    (event,) = (one for page in made.pull(cursor) for one in events_of(page))
    assert [line["product"] for line in event.props["lines"]] == ["p1", "p2"]


def test_what_is_spilled_goes_where_it_was_said(tmp_path):
    put(tmp_path, "events.csv", "key,kind,id,occurred_at", "a,visit,7,2026-03-01")
    made, spill = source(tmp_path), tmp_path.parent / "spill"
    spill.mkdir()
    made.spill = lambda: spill
    pages = made.pull(None)
    next(pages)
    assert len(list(spill.iterdir())) == 1
    list(pages)
    assert list(spill.iterdir()) == []


def test_products_and_what_is_unknown_of_them(tmp_path):
    put(tmp_path, "products.csv", "id;name;category;price;in_stock;colour",
        'p1;"Tea; green";Tea;3.20;yes;green', "p2;Cup;;;no;")  # fmt: skip
    _, (tea, cup), aside, _ = read(tmp_path, currency="EUR")
    assert aside == []
    assert (tea.name, tea.price, tea.currency, tea.in_stock) == ("Tea; green", 320, "EUR", True)
    assert (cup.category, cup.price, cup.currency, cup.in_stock) == (None, None, None, False)


def test_a_byte_order_mark_quotes_and_line_breaks_in_a_cell_are_read(tmp_path):
    put(tmp_path, "contacts.csv", "id,note", '1,"two', 'lines"', "2,", encoding="utf-8-sig")
    put(tmp_path, "events.csv", "key,kind,id,occurred_at,note", 'a,note,1,2026-03-01,"x', 'y"',
        "b,note,1,never,z")  # fmt: skip
    events, _, (wrong,), _ = read(tmp_path)
    assert events[0].props["set"] == {"note": "two\nlines"}
    assert wrong.place == "events.csv line 4"


def test_parquet_says_the_same_as_csv(tmp_path):
    one, two = tmp_path / "csv", tmp_path / "parquet"
    one.mkdir()
    two.mkdir()
    put(one, "events.csv",
        "key,kind,id,occurred_at,amount,currency,points:integer,weight:number,gift:boolean,day:date",
        "a,order,7,2026-03-01T10:00:00.123456Z,12.50,EUR,3,1.5,true,2026-03-31")  # fmt: skip
    duckdb.connect().execute(f"""COPY (SELECT 'a' AS key, 'order' AS kind, 7 AS id,
        TIMESTAMP '2026-03-01 10:00:00.123456' AS occurred_at, 12.50::DECIMAL(9,2) AS amount,
        'EUR' AS currency, 3::UTINYINT AS points, 1.5::FLOAT AS weight, true AS gift,
        DATE '2026-03-31' AS day) TO '{two}/events.parquet'""").fetchall()
    assert read(one)[0] == read(two)[0]


def test_parquet_with_a_type_of_its_own_stops_and_a_wrong_row_has_its_number(tmp_path):
    path = tmp_path / "contacts.parquet"
    engine = duckdb.connect()
    engine.execute(f"COPY (SELECT 1 AS id, [1, 2] AS l) TO '{path}'").fetchall()
    with pytest.raises(Stop, match=r"column 'l' is of type INTEGER\[\]"):
        read(tmp_path)
    engine.execute(
        f"COPY (SELECT NULLIF(i, 3) AS id, 'x' AS city FROM range(1, 6) r(i)) TO '{path}'"
    ).fetchall()
    assert [row.place for row in read(tmp_path)[2]] == ["contacts.parquet row 3"]
    path.write_bytes(b"not parquet")
    with pytest.raises(Stop, match="not a Parquet file"):
        read(tmp_path)
