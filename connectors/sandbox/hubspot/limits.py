"""Rate limits: so many calls in ten seconds and a day, and so many searches a second.

A call that is refused does not count. Answers to searches carry no rate headers.
"""

import time
from bisect import bisect_right

from connectors.sandbox.hubspot.state import Portal
from connectors.sandbox.hubspot.wire import Answer

SECOND = 1_000_000
DAY = 86_400 * SECOND
_POLICIES = {
    "daily": ("DAILY", "daily", DAY),
    "window": ("TEN_SECONDLY_ROLLING", "ten_secondly_rolling", 10 * SECOND),
    "search": ("SECONDLY", "secondly", SECOND),
}


def _now(portal: Portal, clock: int) -> int:
    return time.monotonic_ns() // 1_000 if portal.settings.limits.time == "real" else clock


def _recent(portal: Portal, name: str, now: int) -> list[int]:
    stamps = portal.stamps.setdefault(name, [])
    del stamps[: bisect_right(stamps, now - _POLICIES[name][2])]
    return stamps


def refusal(portal: Portal, path: str, clock: int) -> Answer | None:
    """The 429 for a call at that moment of the sandbox's clock; None where it may go on."""
    limits = portal.settings.limits
    if limits.time == "off":
        return None
    now = _now(portal, clock)
    names = ["daily", "window", *(["search"] if is_search(path) else [])]
    for name in names:
        if len(_recent(portal, name, now)) >= getattr(limits, name):
            return too_many(name)
    for name in names:
        portal.stamps[name].append(now)
    return None


def is_search(path: str) -> bool:
    """Whether the search limit is for that path."""
    return path.startswith("/crm/v3/objects/") and path.endswith("/search")


def too_many(name: str, headers: dict[str, str] | None = None) -> Answer:
    """A 429. The real one mostly has no Retry-After, and none is given here without `headers`."""
    policy, text, _ = _POLICIES[name]
    body = {
        "status": "error",
        "message": f"You have reached your {text} limit.",
        "errorType": "RATE_LIMIT",
        "policyName": policy,
        "groupName": f"publicapi:private-apps:{text}",
    }
    return Answer(429, body, headers or {})


def headers(portal: Portal, path: str, clock: int) -> dict[str, str]:
    """What every answer but a search's tells about the limits."""
    limits = portal.settings.limits
    if limits.time == "off" or is_search(path):
        return {}
    now = _now(portal, clock)
    left = limits.window - len(_recent(portal, "window", now))
    today = limits.daily - len(_recent(portal, "daily", now))
    return {
        "X-HubSpot-RateLimit-Daily": str(limits.daily),
        "X-HubSpot-RateLimit-Daily-Remaining": str(max(today, 0)),
        "X-HubSpot-RateLimit-Interval-Milliseconds": "10000",
        "X-HubSpot-RateLimit-Max": str(limits.window),
        "X-HubSpot-RateLimit-Remaining": str(max(left, 0)),
    }
