"""Listings that cannot be asked for what changed: read whole, a page a call, and passed on only
where a page is not what it was.

The API sorts and filters neither orders, carts, products nor survey responses by their change. So
a pull remembers a print of each page, and a page with another print is passed on whole. Whatever
order the API keeps, nothing is lost: what moves changes the print of the page that it moves to.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from hashlib import blake2b
from typing import Any, NamedTuple

from connectors.shared.mailchimp_api import Api
from personalization.errors import Retry

PAGE = 1000


class Turn(NamedTuple):
    """A page to pass on, and the prints once it is stored."""

    rows: list[dict[str, Any]]
    prints: list[str]
    total: int


def ask(
    api: Api, wanted: str, function: Callable[..., Any], *given: Any, offset: int, count: int = PAGE,
    **more: Any,
) -> tuple[list[dict[str, Any]], int]:  # fmt: skip
    """One page of a listing, and how many rows there are."""
    answer = api.read(wanted, function, *given, count=count, offset=offset, **more)
    rows = [exact(row) for row in answer[wanted] if isinstance(row, dict)]
    return rows, int(answer.get("total_items", 0))


def changed_pages(
    page: Callable[[int], tuple[list[dict[str, Any]], int]], prints: Sequence[str]
) -> Iterator[Turn]:
    """The pages that are not what they were; `page` reads one by its offset. Raises Retry where
    one comes twice."""
    now: list[str] = []
    offset = 0
    while True:
        rows, total = page(offset)
        if not rows:
            return
        if now[-1:] == [print_of(rows)]:
            raise Retry("the same page came twice: this listing leads nowhere", 60)
        now.append(print_of(rows))
        if list(prints[len(now) - 1 : len(now)]) != now[-1:]:
            yield Turn(rows, [*now, *prints[len(now) :]], total)
        offset += len(rows)
        if offset >= total:
            return


def print_of(rows: Sequence[Mapping[str, Any]]) -> str:
    """What a page says, in sixteen characters."""
    body = json.dumps(rows, sort_keys=True, default=str)
    return blake2b(body.encode(), digest_size=8).hexdigest()


def exact(value: Any) -> Any:
    """JSON whose numbers are exact: the shortest text of a float is what the API wrote."""
    if isinstance(value, float):
        return Decimal(str(value))
    if isinstance(value, dict):
        return {name: exact(one) for name, one in value.items()}
    return [exact(one) for one in value] if isinstance(value, list) else value
