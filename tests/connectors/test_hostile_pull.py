"""What a hostile connector gives on a pull: nothing of it is lost, nothing counts twice, whatever is
wrong is told with its place, and every pull ends."""

import json
from itertools import count

import pytest

from personalization.arrival import arrival
from personalization.connector import Page, SetAside, stamp
from personalization.errors import Retry, Stop
from personalization.models import DAY, LINK, Product
from personalization.pull import pull_destination, pull_source
from personalization.store.embedded import open_store
from personalization.store.protocol import Scope
from tests.connectors.hostile import TEXTS, Given, GivenRecords, event, record
from tests.plan.corner import NOW

FITS = {name: text for name, text in TEXTS.items() if "\ud83d" not in text}


@pytest.fixture
def store(tmp_path):
    with_key = open_store(tmp_path, "00" * 32)
    yield with_key
    with_key.close()


def events_in(store, n):
    contact = store.contact_of(f"hostile/main:{n}")
    return [one for one, _ in store.events_of(contact)] if contact else []


def page(at, *events, **more):
    return Page(events=events, cursor=stamp(at), **more)


@pytest.mark.parametrize("text", FITS.values(), ids=FITS)
def test_texts_of_every_kind_come_out_as_they_went_in(store, text):
    told = event("x" + text[:50], NOW, key="k" + text, props={"note": text, "city": text, text: 1})
    person = record("y" + text[:50], NOW, email=None, attributes={"name": text}, values={"HERO": text},
                    tags=(text,))  # fmt: skip
    pull_source(store, Given([page(1, told)]), NOW)
    pull_destination(store, GivenRecords([Page(records=(person,), cursor="1")]), NOW)
    (kept,) = events_in(store, "x" + text[:50])
    assert (kept.key, kept.props) == (told.key, told.props)
    named = [one for one in events_in(store, "y" + text[:50]) if one.kind == "attributes"]
    assert [one.props["set"] for one in named] == [{"name": text}]


def test_a_row_that_cannot_be_kept_is_set_aside_and_its_neighbours_are_taken(store):
    half = TEXTS["a lone half of a pair"]
    wrong = [event(1, NOW, props={"note": half}), event(2, NOW, occurred_at=10**30),
             event(3, NOW, occurred_at=-(10**30)), event(4, NOW, props={"note": object()}),
             event(5, NOW, props={"amount": 10**40, "note": b"raw"})]  # fmt: skip
    good = [event(n, NOW) for n in (10, 11)]
    found = pull_source(store, Given([page(1, good[0], *wrong, good[1]), page(2)]), NOW)
    # A lone half within properties is no hindrance: the store mends it.
    assert (found.events, found.skipped) == (3, 4)
    letters = list(store.dead_letters())
    assert all(said.startswith("hostile/main: event ") for _, said, _ in letters)
    assert {said.rpartition(": ")[2] for _, said, _ in letters} == {"occurred_at", "props"}
    assert all(json.loads(body)["alias"].startswith("hostile/main:") for body, _, _ in letters)
    # Pulled again it is the same letter, and nothing is taken twice.
    again = pull_source(store, Given([page(1, good[0], *wrong, good[1])]), NOW + DAY)
    assert (again.events, len(list(store.dead_letters()))) == (0, 4)


def test_a_record_that_cannot_be_kept_is_set_aside_by_its_number_and_names_nobody(store):
    half = TEXTS["a lone half of a pair"]
    people = (record(1, NOW), record(2, NOW, attributes={"name": half}, email="ann@example.com"),
              record(3, NOW, tags=(half,), outside_id=half), record(4, NOW, changed_at=2**63))  # fmt: skip
    found = pull_destination(store, GivenRecords([Page(records=people, cursor="1")]), NOW)
    assert (found.records, found.skipped) == (2, 2)
    assert store.contact_of("hostile/main:1")
    said = [reason for _, reason, _ in store.dead_letters()]
    assert said == ["hostile/main: record 3 cannot be kept: outside_id, tags",
                    "hostile/main: record 4 cannot be kept: changed_at"]  # fmt: skip


def test_events_in_the_logs_form_and_tags_alone_that_cannot_be_kept_leave_the_others(store):
    half = TEXTS["a lone half of a pair"]
    good, bad, far = (arrival(event(n, NOW)) for n in (1, 2, 3))
    said = (good, bad._replace(key=half), far._replace(occurred_at=10**30))
    for pull, given in ((pull_source, Given), (pull_destination, GivenRecords)):
        found = pull(store, given([Page(arrivals=said, cursor="1")]), NOW)
        assert (found.events, found.skipped) == (1, 2)
        good = good._replace(key="another")
        said = (good, *said[1:])
    people = tuple(record(n, NOW, tags=()) for n in (1, 2))
    tagged = {"hostile/main:1": ("Regulars",), f"hostile/main:{half}": ("Regulars",),
              "hostile/main:2": (half,)}  # fmt: skip
    pages = [Page(records=people, cursor="1"), Page(tagged=tagged, cursor="2")]
    assert pull_destination(store, GivenRecords(pages), NOW).skipped == 2
    assert list(store.shadows("hostile", "main", Scope())["tags"]).count('["Regulars"]') == 1
    assert sorted(reason for _, reason, _ in store.dead_letters()) == [
        "hostile/main: arrival 2 cannot be kept: key",
        "hostile/main: arrival 3 cannot be kept: occurred_at",
        "hostile/main: tagged 2 cannot be kept: alias",
        "hostile/main: tagged 3 cannot be kept: tags"]  # fmt: skip


def circles(_cursor):
    """A, B, A, B and so on, as a repeating page token gives them."""
    for n in count():
        yield page(n % 2, event(n % 2, NOW))


def same_with_new_cursors(_cursor):
    for n in count():
        yield page(n, event(1, NOW))


def empty(_cursor):
    while True:
        yield page(5)


def creeping(_cursor):
    """Each page repeats the one before and never comes further."""
    for n in count():
        yield page(n, *(event(k, NOW) for k in range(n % 7)))


@pytest.mark.parametrize("pages", [circles, same_with_new_cursors, empty, creeping])
@pytest.mark.parametrize("pull", [pull_source, pull_destination])
def test_a_pull_that_goes_in_a_circle_ends_with_its_place_and_what_came_is_kept(store, pages, pull):
    given = Given(pages) if pull is pull_source else GivenRecords(pages)
    with pytest.raises(Retry, match=r"^hostile/main: the same pages come again and again"):
        pull(store, given, NOW)
    if pages is not empty:
        assert len(events_in(store, 1)) == 1


def test_a_long_pull_with_repeated_and_empty_pages_is_no_circle(store):
    def pages(_cursor):
        for n in range(300):
            yield page(n, event(n, NOW))
            yield page(n, event(n, NOW))
            yield page(n)

    assert pull_source(store, Given(pages), NOW).events == 300


def test_pages_out_of_order_and_twice_end_as_in_order(store, tmp_path):
    pages = [page(n, event(n, NOW), event(n + 1, NOW)) for n in range(20)]
    pull_source(store, Given([*reversed(pages), *pages[::3]]), NOW)
    assert [len(events_in(store, n)) for n in range(21)] == [1] * 21


def test_an_opt_out_stands_whatever_the_clocks_say(store):
    """By turns from the future and from 1970: what was seen last stands, the strictest first."""
    for n, (first, then) in enumerate([(NOW + 30 * DAY, NOW - DAY), (NOW - DAY, 0),
                                       (NOW + 99 * DAY, 0), (0, 0), (NOW, NOW)]):  # fmt: skip
        pages = [Page(records=(record(n, NOW, changed_at=first),), cursor="1"),
                 Page(records=(record(n, NOW, changed_at=then, status="unsubscribed"),),
                      cursor="2")]  # fmt: skip
        pull_destination(store, GivenRecords(pages), NOW)
        contact = store.contact_of(f"hostile/main:{n}")
        assert store.consent([contact]) == {contact: {"hostile/main email marketing": "out"}}, n


def test_nothing_that_was_seen_is_dated_after_it_was_seen(store):
    people = (record(1, NOW, changed_at=NOW + 10**15, attributes={"a": 1}, zone="Europe/Berlin"),)
    pull_destination(store, GivenRecords([Page(records=people, cursor="1")]), NOW)
    assert {one.kind: one.occurred_at for one in events_in(store, 1)} == {
        LINK: NOW, "attributes": NOW, "consent": NOW - 1}  # fmt: skip


def test_ids_that_differ_by_case_are_two_and_an_address_in_two_spellings_is_one(store):
    people = (record("a", NOW, email="Ann@Example.com"), record("A", NOW, email="bob@example.com"),
              record("b", NOW, email="ann@example.com"))  # fmt: skip
    pull_destination(store, GivenRecords([Page(records=people, cursor="1")]), NOW)
    ids = [store.contact_of(f"hostile/main:{n}") for n in ("a", "A", "b")]
    assert ids[0] == ids[2] != ids[1]


def test_missing_parts_and_a_total_that_lies_hurt_nobody(store):
    bare = record(1, NOW, email=None, attributes={}, changed_at=0)
    nobody = record(2, NOW, email="no address")
    pages = [Page(records=(bare, nobody), cursor="1", total=-7), Page(cursor="2", total=10**30)]
    found = pull_destination(store, GivenRecords(pages), NOW)
    assert (found.records, found.skipped) == (2, 1)
    products = (Product(id="x", name="\0", price=-1, currency="EUR"), Product(id="X", name="x"))
    again = pull_source(store, Given([Page(products=products, cursor="", total=0)]), NOW)
    assert again.products == 2


def test_a_huge_row_is_one_row(store):
    big = event(1, NOW, props={"note": "x" * 5_000_000, "deep": [[]] * 10_000})
    assert pull_source(store, Given([page(1, big)]), NOW).events == 1
    assert len(events_in(store, 1)[0].props["note"]) == 5_000_000


def breaking(_cursor):
    yield page(1, event(1, NOW))
    raise ZeroDivisionError("ann@example.com was divided")


@pytest.mark.parametrize("pull", [pull_source, pull_destination])
def test_a_pull_that_breaks_midway_keeps_what_came_says_where_and_names_nobody(store, pull):
    given = Given(breaking) if pull is pull_source else GivenRecords(breaking)
    with pytest.raises(Stop) as stopped:
        pull(store, given, NOW)
    said = str(stopped.value)
    assert said.startswith("hostile/main: its connector failed while being read (ZeroDivisionError")
    assert "test_hostile_pull.py:" in said
    assert "example.com" not in said
    assert len(events_in(store, 1)) == 1
    after = pull(store, type(given)(lambda cursor: [page(2, event(2, NOW))]), NOW)
    assert after.events == 1


@pytest.mark.parametrize(
    ("pages", "said"),
    [([None], "instead of a page"), (7, "TypeError"),
     ([Page(events=(event(1, NOW),), cursor="\ud800")], "cursor cannot be kept"),
     ([Page(set_aside=(SetAside(place="x", reason="\ud800", body="y"),), cursor="1")], None)],
    ids=["no page", "no pages", "no cursor", "a reason that is no text"],
)  # fmt: skip
def test_what_is_no_pull_stops_and_says_whose(store, pages, said):
    if said is None:
        assert pull_source(store, Given(pages), NOW).skipped == 1
        return
    with pytest.raises(Stop, match=f"^hostile/main: .*{said}"):
        pull_source(store, Given(pages), NOW)
