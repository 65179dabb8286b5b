"""Pages that are stored together lose nothing of what came one by one."""

from types import SimpleNamespace

import pytest

from personalization.connector import Page
from personalization.errors import Retry
from personalization.gathering import gathered
from personalization.models import Event, Record

STORE = SimpleNamespace(records_at_once=5)


def page(first: int, count: int = 2, tags=(), **more) -> Page:
    records = tuple(
        Record(alias=f"x/main:{n}", outside_id=str(n), email=None, status="subscribed", values={},
               tags=tags, changed_at=n)
        for n in range(first, first + count)
    )  # fmt: skip
    return Page(records=records, cursor=str(first + count), **more)


def test_pages_come_together_and_the_cursor_is_the_last_ones() -> None:
    made = list(gathered([page(n) for n in range(0, 14, 2)], STORE))
    assert [(len(one.records), one.cursor) for one in made] == [(6, "6"), (6, "12"), (2, "14")]
    assert [one.changed_at for each in made for one in each.records] == list(range(14))
    pages = [page(0), page(2)]
    assert list(gathered(pages, SimpleNamespace())) == pages


def test_what_builds_on_what_is_kept_stands_alone() -> None:
    told = Page(tagged={"x/main:1": ("a",)}, cursor="9")
    made = list(gathered([page(0), page(2, tags=None), page(4), told, page(6)], STORE))
    assert [one.cursor for one in made] == ["2", "4", "6", "9", "8"]


def test_what_came_before_an_error_is_passed_on_first() -> None:
    def broken():
        yield page(0)
        raise Retry("away")

    found = []
    with pytest.raises(Retry, match="away"):
        found.extend(gathered(broken(), STORE))
    assert [one.cursor for one in found] == ["2"]


def test_everything_that_a_page_holds_counts() -> None:
    """Pages of events alone would otherwise become one, with no cursor kept on the way."""
    events = tuple(
        Event(key=f"k{n}", kind="visit", alias="x/main:1", occurred_at=n, props={})
        for n in range(4)
    )
    pages = [Page(events=events, cursor=str(n)) for n in range(4)]
    assert [one.cursor for one in gathered(pages, STORE)] == ["1", "3"]
    assert list(gathered(pages, SimpleNamespace())) == pages
    empty = [Page(cursor=str(n)) for n in range(12)]
    assert [one.cursor for one in gathered(empty, STORE)] == ["4", "9", "11"]
