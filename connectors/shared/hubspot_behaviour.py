"""What became of marketing e-mails, and who visited which page.

E-mail events come from the e-mail analytics API, version 1, since the events API leaves them out
(its page "Event analytics" says so); visits from the events API, which needs an Enterprise plan.
Both list a span of time, the newest first, so they are asked for span by span, oldest first: a span
that does not fit one page is asked for in quarters, down to `LEAST`.
"""

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

from connectors.shared.hubspot_api import Api, pages
from connectors.shared.hubspot_walk import Row, iso
from connectors.shared.moments import micros
from connectors.shared.webhook import text_at
from connectors.shared.webhook_events import Place, alias_of, fact, mail_alias
from personalization.models import MINUTE, Event, Micros

MAIL = "/email/public/v1/events"
A_MAIL_PAGE, A_VISIT_PAGE = 1_000, 100
KINDS = {"DELIVERED": "sent", "OPEN": "open", "CLICK": "click"}
VISIT = "e_visited_page"
LEAST = MINUTE

Span = Callable[[Micros, Micros], Iterator[tuple[list[Row], bool]]]
"""Pages of what happened from a moment until before another, each with whether more follow."""


def spans(read: Span, since: Micros, until: Micros) -> Iterator[tuple[list[Row], Micros]]:
    """All rows of a time in spans, oldest span first, each with the moment that it goes up to."""
    width = until - since
    while since < until:
        end = min(since + width, until)
        found = read(since, end)
        rows, more = next(found)
        if more and width > LEAST:
            found.close() if hasattr(found, "close") else None
            width = max(width // 4, LEAST)
            continue
        yield [*rows, *chain.from_iterable(page for page, _ in found)], end
        since, width = end, width * 2


def mail(api: Api, kind: str) -> Span:
    """E-mail events of one type."""

    def read(since: Micros, until: Micros) -> Iterator[tuple[list[Row], bool]]:
        offset: dict[str, Any] = {}
        while True:
            answer = api.raw("GET", MAIL, eventType=kind, startTimestamp=since // 1_000,
                             endTimestamp=until // 1_000, limit=A_MAIL_PAGE, **offset)  # fmt: skip
            more = bool(answer.get("hasMore"))
            yield list(answer.get("events") or ()), more
            if not more:
                return
            offset = {"offset": str(answer["offset"])}

    return read


def visits(api: Api) -> Span:
    """Visits of pages by contacts."""

    def read(since: Micros, until: Micros) -> Iterator[tuple[list[Row], bool]]:
        get = api.events.get_page
        # Both ends are excluded there.
        between = {"occurred_after": iso(since - 1_000), "occurred_before": iso(until)}
        for page in pages(
            lambda **at: api.read("results", get, object_type="contact", event_type=VISIT,
                                  limit=A_VISIT_PAGE, **between, **at)
        ):  # fmt: skip
            yield list(page["results"]), bool((page.get("paging") or {}).get("next"))

    return read


def mail_event(place: Place, row: Row) -> Event | None:
    """One e-mail event; None for what a machine did, and for what names nobody."""
    who = mail_alias(text_at(row, "recipient"))
    kind = KINDS.get(str(row.get("type")))
    if who is None or kind is None or row.get("filteredEvent"):
        return None
    own = ("mail", kind, str(row["created"]), str(row["id"]))
    props = {
        "campaign": text_at(row, "emailCampaignId"),
        "page": text_at(row, "url"),
        "city": text_at(row, "location", "city"),
        "channel": "email",
    }
    return fact(place, kind, own, who, int(row["created"]) * 1_000, props)


def visit_event(place: Place, row: Row) -> Event | None:
    """One visit of a page."""
    values = row.get("properties") or {}
    page = text_at(values, "hs_url") or text_at(values, "url")
    props = {"page": page, "title": text_at(values, "hs_page_title")}
    return fact(place, "visit", ("visit", str(row["id"])), alias_of(place, str(row["objectId"])),
                micros(row["occurredAt"]), props)  # fmt: skip
