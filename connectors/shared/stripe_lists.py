"""Stripe's lists, which come newest first, read from their oldest object on.

Read in docs.stripe.com/api, "Pagination": at most 100 objects; `starting_after` goes on towards the
older ones, `ending_before` gives the page right before an object, towards the newer ones;
`has_more` is about the direction asked for.
"""

from collections.abc import Callable, Iterator
from typing import Any

from connectors.shared.http import Rejected
from connectors.shared.pull_api import Answer, Api, given, rows_of
from connectors.shared.pulling import nowhere
from connectors.shared.webhook import Json, at, count_at, text_at

A_CALL = 100
Ask = Callable[..., Answer]


def listing(api: Api, path: str, **query: Any) -> Answer:
    """A page. Raises Rejected where it hangs on an object that may be gone."""
    if "ending_before" in query:
        return api.call("GET", path, params=given({"limit": A_CALL, **query}))
    return api.get(path, limit=A_CALL, **query)


def oldest_first(api: Api, ask: Ask, begin: int) -> Iterator[list[Json]]:
    """A list that is told newest first, from its oldest object made in or after the second
    `begin`. Where the object that the next page hangs on was deleted meanwhile, it is entered
    anew. Raises Retry, Stop."""
    while True:
        rows, more = page(api, ask(**{"created[gte]": begin or None}))
        if more:
            rows = oldest(api, ask, begin, max(map(made, rows), default=0))
        before = begin
        while True:
            if rows:
                yield rows[::-1]
            if not more or not rows:
                return
            here = anchor(api, rows)
            begin = made(here)
            try:
                rows, more = page(api, ask(**{"created[gte]": begin or None},
                                           ending_before=text_at(here, "id")))  # fmt: skip
            except Rejected:
                break
            if rows and text_at(rows[0], "id") == text_at(here, "id"):
                raise nowhere(api.place, "objects")
        if begin <= before:
            raise nowhere(api.place, "objects")


def oldest(api: Api, ask: Ask, begin: int, newest: int) -> list[Json]:
    """The oldest objects of a list, newest first: those of a window that holds no more than a
    page, or all of one second. Raises Retry where there are none."""
    low, high = begin, newest
    while low < high:
        middle = (low + high) // 2
        rows, more = page(api, ask(**{"created[gte]": begin or None, "created[lte]": middle}))
        if rows and not more:
            return rows
        low, high = (low, middle) if rows else (middle + 1, high)
    window, found, after = {"created[gte]": low, "created[lte]": low}, list[Json](), None
    while True:
        rows, more = page(api, ask(**window, starting_after=after))
        found += rows
        if not found or (rows and text_at(anchor(api, rows, -1), "id") == after):
            raise nowhere(api.place, "objects")
        if not more or not rows:
            return found
        after = text_at(anchor(api, rows, -1), "id")


def page(api: Api, answer: Answer) -> tuple[list[Json], bool]:
    """The objects of an answer, and whether there are more in the direction asked for."""
    return rows_of(api, answer.body, "data"), at(answer.body, "has_more") is True


def anchor(api: Api, rows: list[Json], end: int = 0) -> Json:
    """The object on which the next page hangs: the first or the last that has an id."""
    able = [row for row in rows if text_at(row, "id") and made(row)]
    if not able:
        raise nowhere(api.place, "objects")
    return able[end]


def made(row: Json) -> int:
    """The second when an object was made; 0 where it does not say."""
    return count_at(row, "created") or 0
