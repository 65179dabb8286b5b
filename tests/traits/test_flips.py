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
                assert old is None or (new is not None and new <= old)


def next_look(book, *events, now=100 * DAY, zone=None):
    log = [{"key": str(n), "contact": "c", **event} for n, event in enumerate(events)]
    with Engine() as engine:
        return run(engine, book, [{"id": "c", "now": now, "zone": zone}], log)[1][0]


def test_days_since_is_looked_at_only_when_a_rule_turns():
    days = Trait(name="days", kind="since_last", type="integer", event="order")
    order = {"kind": "order", "occurred_at": 90 * DAY + 5}
    book = playbook(days, segments=(segment("lapsing", '"days" > 45', "days"),))
    # It might turn where 45 begins and does where 46 begins; in between nobody looks.
    assert next_look(book, order) == 135 * DAY + 5
    assert next_look(book, order, now=135 * DAY + 5) == 136 * DAY + 5
    assert next_look(book, order, now=136 * DAY + 5) is None
    daily = playbook(days, fields=(Field(name="F", value="{{ days }}", fallback=""),))
    assert next_look(daily, order) == 100 * DAY + 5
    assert next_look(playbook(days), order) is None


def test_a_window_ends_to_the_microsecond_and_a_calendar_one_at_the_contacts_midnight():
    order = {"kind": "order", "occurred_at": 99 * DAY}
    for window, zone, moment in [
        (Window(micros=2 * DAY), None, 101 * DAY),
        (Window(days=2), "UTC", 101 * DAY),
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
