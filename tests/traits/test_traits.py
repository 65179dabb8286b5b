"""Every kind of trait, every kind of window: what the engine says is what the words mean."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personalization.engine import Engine
from personalization.playbook.model import Place, Trait, Window
from personalization.traits.compute import compute
from personalization.traits.prepare import prepare
from tests.traits import reference
from tests.traits.building import fill, playbook, table

DAY = 86_400_000_000
HOUR = DAY // 24
HARBOUR = Place(latitude=51_900_000, longitude=4_400_000, metres=20_000)
PRODUCTS = {"p1": "dairy", "p2": "bread", "p3": None}
WINDOWS = {
    "": None,
    "_2d": Window(micros=2 * DAY),
    "_today": Window(days=1),
    "_3days": Window(days=3),
}
KINDS = [
    ("orders", "count", "integer", {"event": "order"}),
    ("big", "count", "integer", {"event": "order", "where": '"amount" > 500'}),
    ("office", "count", "integer", {"event": "visit", "where": '"hour" BETWEEN 9 AND 17'}),
    ("weekend", "count", "integer", {"event": "order", "where": '"weekday" >= 6'}),
    ("coupons", "count", "integer",
     {"event": "order", "where": "\"coupon\" = 'it''s \"x\"'"}),
    ("dairy_orders", "count", "integer",
     {"event": "order", "where": '"quantity" > 1 AND "amount" > 500'}),
    ("spend", "sum", "money", {"event": "order", "prop": "amount"}),
    ("dairy", "sum", "money",
     {"event": "order", "prop": "price", "where": "\"category\" = 'dairy'"}),
    ("net", "net", "money", {"event": "order", "prop": "amount"}),
    ("basket", "average", "number", {"event": "order", "prop": "amount"}),
    ("least", "min", "money", {"event": "order", "prop": "amount"}),
    ("most", "max", "integer", {"event": "order", "prop": "quantity"}),
    ("first_city", "first", "text", {"event": "visit", "prop": "city"}),
    ("last_city", "last", "text", {"event": "visit", "prop": "city"}),
    ("last_coupon", "last", "text", {"event": "order", "prop": "coupon"}),
    ("last_product", "last", "text", {"event": "order", "prop": "product"}),
    ("days_since", "since_last", "integer", {"event": "order"}),
    ("top_city", "most_frequent", "text", {"event": "visit", "prop": "city"}),
    ("top_category", "most_frequent", "text", {"event": "order", "prop": "category"}),
    ("products", "distinct", "integer", {"event": "order", "prop": "product"}),
    ("amount", "distinct", "integer", {"event": "order", "prop": "age"}),
    ("near", "near", "boolean", {"event": "visit", "place": HARBOUR}),
    ("warm", "score", "integer", {"event": "visit", "half_life": 5 * DAY}),
]  # fmt: skip
TRAITS = [
    Trait(name=name + suffix, kind=kind, type=type, window=window, **more)
    for name, kind, type, more in KINDS
    for suffix, window in WINDOWS.items()
]
BOOK = playbook(
    *TRAITS, Trait(name="home", kind="near", type="boolean", place=HARBOUR),
    Trait(name="tier", kind="attribute", type="text", prop="tier"),
    rates={"USD": 913_577}, properties={"coupon": "text", "age": "integer"},
)  # fmt: skip

ZONES = ["Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe", "America/Santiago",
         "Asia/Beirut", "America/Havana", "Mars/Base", None]  # fmt: skip
TURNS = [
    datetime(2025, 3, 30, 1, tzinfo=UTC), datetime(2025, 10, 26, 1, tzinfo=UTC),
    datetime(2025, 3, 9, 7, tzinfo=UTC), datetime(2025, 11, 2, 6, tzinfo=UTC),
    datetime(2025, 4, 5, 15, tzinfo=UTC), datetime(2025, 10, 4, 15, 30, tzinfo=UTC),
    datetime(2025, 9, 7, 4, tzinfo=UTC), datetime(2025, 3, 29, 22, tzinfo=UTC),
    datetime(2025, 6, 15, 12, tzinfo=UTC),
]  # fmt: skip
NOWS = st.builds(
    lambda turn, hours, micros: int(turn.timestamp()) * 1_000_000 + hours * HOUR // 2 + micros,
    st.sampled_from(TURNS), st.integers(-60, 60), st.sampled_from([-1, 0, 1]),
)  # fmt: skip
AGES = st.one_of(
    st.sampled_from([-1, 0, 1, DAY - 1, DAY, DAY + 1, 2 * DAY - 1, 2 * DAY, 2 * DAY + 1, -5 * DAY]),
    st.integers(0, 160).map(lambda halves: halves * HOUR // 2),
    st.integers(0, 40 * DAY),
)
AMOUNTS = st.one_of(st.none(), st.integers(-1000, 1000), st.sampled_from([500, 501, 10**12]))
LINES = st.lists(
    st.fixed_dictionaries({
        "product": st.sampled_from(["p1", "p2", "p3", "p4"]), "quantity": st.integers(1, 3),
        "amount": AMOUNTS, "category": st.sampled_from([None, None, "dairy", "wine"]),
    }), max_size=3,
)  # fmt: skip
POINTS = st.sampled_from([(51_900_000, 4_400_000), (51_700_000, 4_400_000), (51_950_000, 4_500_000),
                          (51_900_000, None), (None, None), (51_900_000, -179_000_000)])  # fmt: skip


@st.composite
def events(draw, now):
    kind = draw(st.sampled_from(["order", "order", "visit", "visit", "refund", "page"]))
    event = {"kind": kind, "occurred_at": now - draw(AGES)}
    if kind in ("order", "refund"):
        event |= {"amount": draw(AMOUNTS), "order": draw(st.sampled_from([None, "a", "b", "c"])),
                  "currency": draw(st.sampled_from([None, "EUR", "USD"]))}  # fmt: skip
    if kind == "order":
        coupon = draw(st.sampled_from([None, 'it\'s "x"', "c"]))
        event |= {"lines": draw(st.one_of(st.none(), LINES)),
                  "props": {"coupon": coupon, "age": draw(st.sampled_from([None, 7, 8]))}}  # fmt: skip
    if kind == "visit":
        latitude, longitude = draw(POINTS)
        event |= {"city": draw(st.sampled_from([None, "Delft", "Gouda", "Aalst"])),
                  "latitude": latitude, "longitude": longitude}  # fmt: skip
    event["offset"] = draw(st.sampled_from([None, None, 330, -720]))
    return event


@st.composite
def shops(draw):
    """Contacts with their events: (contacts, events in any order)."""
    people, log = [], []
    for number in range(draw(st.integers(1, 6))):
        now = draw(NOWS)
        latitude, longitude = draw(POINTS)
        person = {"id": f"c{number}", "now": now, "zone": draw(st.sampled_from(ZONES)),
                  "attributes": {"tier": draw(st.sampled_from([None, "gold"])),
                                 "latitude": latitude, "longitude": longitude}}  # fmt: skip
        people.append(person)
        log += [{**one, "contact": person["id"]} for one in draw(st.lists(events(now), max_size=8))]
    for number, event in enumerate(log):
        event["key"] = f"k{number * 7 % 31:02d}{number:02d}"
    return people, draw(st.permutations(log))


def computed(book, people, log, threads=2):
    with Engine(threads=threads) as engine:
        goods = [{"id": id, "name": id, "category": category} for id, category in PRODUCTS.items()]
        fill(engine, people, log, goods)
        prepare(engine, book)
        compute(engine, book)
        return table(engine, "traits")


def expected(book, people, log):
    return [
        {"i": i} | {
            name: reference.value(
                trait, person, [one for one in log if one["contact"] == person["id"]], book, PRODUCTS
            )
            for name, trait in book.traits.items()
        }
        for i, person in enumerate(people)
    ]  # fmt: skip


@given(shops())
@settings(max_examples=settings().max_examples // 2)
def test_every_trait_is_what_its_words_mean(shop):
    people, log = shop
    assert computed(BOOK, people, log) == expected(BOOK, people, log)


@given(shops(), st.randoms())
@settings(max_examples=settings().max_examples // 10)
def test_one_contact_alone_any_order_and_any_threads_give_the_same(shop, random):
    people, log = shop
    together = computed(BOOK, people, log)
    shuffled = random.sample(log, len(log))
    assert computed(BOOK, people, shuffled, threads=1) == together
    i = random.randrange(len(people))
    (alone,) = computed(BOOK, [people[i]], log)
    assert alone | {"i": i} == together[i]


def test_a_refund_waits_for_its_order_and_then_counts_at_the_orders_time():
    book = playbook(
        Trait(name="net", kind="net", type="money", event="order", prop="amount"),
        Trait(name="net_7d", kind="net", type="money", event="order", prop="amount",
              window=Window(micros=7 * DAY)),
    )  # fmt: skip
    person = [{"id": "c", "now": 100 * DAY}]
    refund = {"key": "r", "kind": "refund", "contact": "c", "occurred_at": 99 * DAY,
              "order": "o", "amount": 300}  # fmt: skip
    order = {"key": "o", "kind": "order", "contact": "c", "occurred_at": 90 * DAY, "order": "o",
             "amount": 1000}  # fmt: skip
    assert computed(book, person, [refund]) == [{"i": 0, "net": 0, "net_7d": 0}]
    assert computed(book, person, [refund, order]) == [{"i": 0, "net": 700, "net_7d": 0}]


def test_two_refunds_of_the_same_amount_are_two_refunds():
    book = playbook(Trait(name="net", kind="net", type="money", event="order", prop="amount"))
    log = [
        {"key": kind + id, "kind": kind, "contact": "c", "occurred_at": 0, "order": id,
         "amount": amount}
        for id in ("a", "b") for kind, amount in (("order", 1000), ("refund", 300))
    ]  # fmt: skip
    assert computed(book, [{"id": "c", "now": 0}], log) == [{"i": 0, "net": 1400}]


@pytest.mark.parametrize(
    ("type", "given", "value"),
    [
        ("integer", 5, 5), ("integer", "5", 5), ("integer", 5.5, None), ("integer", "five", None),
        ("number", 5.5, 5.5), ("number", "nan", None), ("number", "inf", None),
        ("boolean", True, True), ("boolean", "yes", None), ("boolean", None, None),
        ("date", "2024-02-29", "2024-02-29"), ("date", "2023-02-29", None),
        ("date", "29/02/2024", None), ("text", "a'b\"c", "a'b\"c"), ("timestamp", 10**15, 10**15),
    ],
)  # fmt: skip
def test_an_attribute_that_does_not_fit_its_type_is_unknown(type, given, value):
    name = 'fav "x" o\'y\\z. $'
    book = playbook(Trait(name=name, kind="attribute", type=type, prop=name))
    (row,) = computed(book, [{"id": "c", "now": 0, "attributes": {name: given}}], [])
    assert row[name] == value


def test_no_traits_at_all_is_a_row_a_contact():
    assert computed(playbook(), [{"id": "a", "now": 0}], []) == [{"i": 0}]
