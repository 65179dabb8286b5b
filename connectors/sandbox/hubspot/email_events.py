"""What became of marketing e-mails: sent, delivered, opened, clicked; newest first.

The events API of version 3 leaves these out. A page has at most 1,000; `offset` is a mark that
the page before gave. `startTimestamp` is included, `endTimestamp` is not (unverified).
"""

from typing import Any

from connectors.sandbox.hubspot.state import Portal
from connectors.sandbox.hubspot.wire import Answer, Request, invalid

MOST_READ = 1_000
TYPES = frozenset(
    {"SENT", "DROPPED", "PROCESSED", "DELIVERED", "DEFERRED", "BOUNCE", "OPEN", "CLICK"}
    | {"STATUSCHANGE", "SPAMREPORT", "SUPPRESSED", "FORWARD", "PRINT"}
)


def add_email_event(portal: Portal, row: dict[str, Any], millis: int) -> None:
    """Keeps one: {type, recipient, campaign?, url?, city?, filtered?} at that moment."""
    if row["type"] not in TYPES:
        raise ValueError(f"no such type: {row['type']}; there are {', '.join(sorted(TYPES))}")
    event: dict[str, Any] = {
        "id": f"00000000-0000-4000-9000-{portal.fresh():012d}",
        "created": millis,
        "type": row["type"],
        "recipient": row["recipient"],
        "portalId": portal.hub,
        "appId": 113,
        "appName": "Batch",
        "emailCampaignId": int(row.get("campaign", 1)),
    }
    if row["type"] in ("OPEN", "CLICK"):
        event |= {"filteredEvent": bool(row.get("filtered", False)), "userAgent": "sandbox"}
        event |= {"location": {"city": row["city"]}} if "city" in row else {}
    if row["type"] == "CLICK":
        event["url"] = row.get("url", "https://shop.example.com/")
    portal.email_events.append(event)
    portal.email_events.sort(key=lambda one: one["created"])


def read_events(request: Request) -> Answer:
    """GET, one type or all."""
    wanted, limit = request.text("eventType"), request.number("limit", 10, MOST_READ)
    if wanted is not None and wanted not in TYPES:
        raise invalid(f"{wanted} is not an event type")
    since, until = _millis(request, "startTimestamp", 0), _millis(request, "endTimestamp", 10**14)
    start = _millis(request, "offset", 0)
    rows = [
        row
        for row in reversed(request.portal.email_events)
        if (wanted is None or row["type"] == wanted) and since <= row["created"] < until
    ]
    more = start + limit < len(rows)
    body = {"hasMore": more, "offset": str(start + limit), "events": rows[start : start + limit]}
    return Answer(200, body)


def _millis(request: Request, name: str, default: int) -> int:
    text = request.text(name)
    if text is None:
        return default
    if not text.isdecimal():
        raise invalid(f"{name} must be a number")
    return int(text)
