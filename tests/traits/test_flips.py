"""The next look is never late: until then nothing changes that anyone would see."""

from hypothesis import given, settings
from hypothesis import strategies as st

from personalization.engine import Engine
from personalization.playbook.model import Field, Trait, Window
from personalization.traits.compute import compute
from personalization.traits.flips import next_change
from personalization.traits.prepare import prepare
from personalization.traits.segments import segments
from tests.traits.building import fill, playbook, segment, table
from tests.traits.test_traits import HARBOUR, PRODUCTS, WINDOWS, shops

DAY = 86_400_000_000
HOUR = DAY // 24
KINDS = [
    ("orders", "count", "integer", {"event": "order"}),
    ("weekend", "count", "integer", {"event": "order", "where": '"weekday" >= 6'}),
    ("net", "net", "money", {"event": "order", "prop": "amount"}),
    ("last_city", "last", "text", {"event": "visit", "prop": "city"}),
    ("days", "since_last", "integer", {"event": "order"}),
    ("top", "most_frequent", "text", {"event": "order", "prop": "category"}),
    ("near", "near", "boolean", {"event": "visit", "place": HARBOUR}),
    ("warm", "score", "integer", {"event": "visit", "half_life": 2 * DAY}),
]
TRAITS = {
    name + suffix: Trait(name=name + suffix, kind=kind, type=type, window=window, **more)
    for name, kind, type, more in KINDS
    for suffix, window in WINDOWS.items()
}
RULES = (
    segment("late", '"days" > 3 OR NOT ("days_2d" BETWEEN 1 AND 1)', "days", "days_2d"),
    segment("some", '"days_3days" IN (1, 2) OR "days" IS NULL', "days_3days", "days"),
    segment("odd", 'COALESCE("days_today", 9) < 2 OR "warm_2d" % 2 = 1', "days_today", "warm_2d"),
    segment("both", '"late" AND "orders_3days" > 0', "late", "orders_3days"),
)
SHOWN = [name for name in TRAITS if not name.startswith("days")]
FIELD = Field(name="F", value=" ".join(f"{{{{ {name} }}}}" for name in SHOWN), fallback="")
BOOK = playbook(*TRAITS.values(), segments=RULES, fields=(FIELD,), rates={"USD": 900_000})
CATALOGUE = [{"id": id, "name": id, "category": category} for id, category in PRODUCTS.items()]


def run(engine, book, people, log):
    """Each contact's visible state and its next change (None for never)."""
    fill(engine, people, log, CATALOGUE)
    prepare(engine, book)
    compute(engine, book)
    segments(engine, book)
    found = next_change(engine, book)
    change = dict(zip(found["i"].tolist(), found["at"].tolist(), strict=True))
    traits = [{name: row[name] for name in SHOWN if name in row} for row in table(engine, "traits")]
    states = list(zip(traits, table(engine, "segments"), strict=True))
    return states, [change.get(i) for i in range(len(people))]


@given(shops(), st.data())
@settings(max_examples=settings().max_examples // 6)
def test_between_now_and_the_next_change_nothing_changes(shop, data):
    people, log = shop
    with Engine() as engine:
        before, changes = run(engine, BOOK, people, log)
        for _ in range(2):
            later = []
            for person, change in zip(people, changes, strict=True):
                last = change - 1 if change is not None else person["now"] + 10_000 * DAY
                assert last >= person["now"]
                later.append({**person, "now": data.draw(st.one_of(
                    st.just(last), st.integers(person["now"], last)))})  # fmt: skip
            after, again = run(engine, BOOK, later, log)
            assert after == before
            for old, new in zip(changes, again, strict=True):
                assert old is None or new is not None
            changes = again


def next_look(book, *events, now=100 * DAY, zone=None):
    log = [{"key": str(n), "contact": "c", **event} for n, event in enumerate(events)]
    with Engine() as engine:
        return run(engine, book, [{"id": "c", "now": now, "zone": zone}], log)[1][0]


def test_days_since_is_looked_at_only_when_a_rule_turns():
    days = Trait(name="days", kind="since_last", type="integer", event="order")
    order = {"kind": "order", "occurred_at": 90 * DAY + 5}
    book = playbook(days, segments=(segment("lapsing", '"days" > 45', "days"),))
    # It turns where 46 begins; on the days before that nobody looks.
    assert next_look(book, order) == 136 * DAY + 5
    turned = playbook(days, segments=(segment("lapsing", '45 < "days"', "days"),))
    assert next_look(turned, order) == 136 * DAY + 5
    recent = playbook(days, segments=(segment("recent", '"days" < 45', "days"),))
    assert next_look(recent, order) == 135 * DAY + 5
    assert next_look(book, order, now=136 * DAY + 5) is None
    daily = playbook(days, fields=(Field(name="F", value="{{ days }}", fallback=""),))
    assert next_look(daily, order) == 100 * DAY + 5
    assert next_look(playbook(days), order) is None


def test_a_window_ends_to_the_microsecond_and_a_calendar_one_at_the_contacts_midnight():
    order = {"kind": "order", "occurred_at": 99 * DAY}
    for window, zone, moment in [
        (Window(micros=2 * DAY), None, 101 * DAY),
        (Window(days=2), "UTC", 101 * DAY),
        (Window(days=9), "UTC", 106 * DAY - 2 * HOUR),  # it cannot end before; then look again
        (Window(days=2), "America/New_York", 100 * DAY + 5 * DAY // 24),
    ]:
        count = Trait(name="n", kind="count", type="integer", event="order", window=window)
        book = playbook(count, segments=(segment("some", '"n" > 0', "n"),))
        assert next_look(book, order, zone=zone) == moment


def test_an_event_dated_ahead_is_looked_at_when_it_comes():
    count = Trait(name="n", kind="count", type="integer", event="order")
    book = playbook(count, segments=(segment("some", '"n" > 0', "n"),))
    assert next_look(book, {"kind": "order", "occurred_at": 100 * DAY + 7}) == 100 * DAY + 7
    assert next_look(book, {"kind": "page", "occurred_at": 100 * DAY + 7}) is None


WEEK = Window(micros=8 * DAY)
COUNTED = (
    Trait(name="n", kind="count", type="integer", event="order", window=WEEK),
    Trait(name="paid", kind="sum", type="money", event="order", prop="amount", window=WEEK),
    Trait(name="mean", kind="average", type="money", event="order", prop="amount", window=WEEK),
    Trait(name="kinds", kind="distinct", type="integer", event="order", prop="category",
          window=WEEK),
    Trait(name="socks", kind="count", type="integer", event="order", window=WEEK,
          where="\"category\" = 'socks'"),
    Trait(name="best", kind="most_frequent", type="text", event="order", prop="category",
          window=WEEK),
)  # fmt: skip
COUNTING = (
    segment("often", '"n" >= 4', "n"),
    segment("feet", '"socks" BETWEEN 2 AND 9', "socks"),
    segment("pays", '"paid" > 20', "paid"),
    segment("well", '"mean" >= 4.5', "mean"),
    segment("varied", '2 < "kinds"', "kinds"),
)
LINES = [
    {"product": id, "quantity": 1, "amount": None, "category": id} for id in ("hat", "socks", "tea")
]
ORDERS = st.tuples(st.integers(-20, 190), st.integers(-4, 12), st.lists(st.sampled_from(LINES)))


@given(st.lists(ORDERS, max_size=14))
@settings(max_examples=settings().max_examples // 6)
def test_of_the_rows_that_leave_soon_only_one_that_turns_a_rule_is_looked_at(orders):
    """One shopper at many moments: every look is where something changes, or days ahead."""
    best = Field(name="F", value="{{ best }}", fallback="")
    book = playbook(*COUNTED, segments=COUNTING, fields=(best,))
    start, hours = 100 * DAY, range(0, 230, 3)
    people = [{"id": f"c{hour:03d}", "now": start + hour * HOUR} for hour in hours]
    log = [
        {"key": f"{one['id']} {n}", "contact": one["id"], "kind": "order", "amount": amount,
         "currency": "EUR", "occurred_at": start - age * HOUR, "lines": lines}
        for one in people for n, (age, amount, lines) in enumerate(orders)
    ]  # fmt: skip
    with Engine() as engine:
        fill(engine, people, log, [])
        prepare(engine, book)
        compute(engine, book)
        segments(engine, book)
        found = next_change(engine, book)
        change = dict(zip(found["i"].tolist(), found["at"].tolist(), strict=True))
        leader = [row["best"] for row in table(engine, "traits")]
        states = [{**row, "i": 0} for row in table(engine, "segments")]
    seen = list(zip(states, leader, strict=True))
    for i, one in enumerate(people):
        later = next((people[j]["now"] for j in range(i, len(people)) if seen[j] != seen[i]), None)
        look = change.get(i)
        assert later is None or (look is not None and look <= later)
        ages = [one["now"] - start + age * HOUR for age, _, _ in orders]
        # Where orders are still to come, or the last one goes, a look may be for that.
        steady = min(ages, default=-1) >= 0 and min(ages) < 6 * DAY and leader[i] is None
        if look is not None and look < one["now"] + DAY and steady:
            assert later is not None
            assert later - look < 3 * HOUR
