"""Calls and answers as JSON:API has them: filters, pages by cursor, errors, and the limits."""

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.sandbox.clock import micros
from connectors.sandbox.klaviyo.state import SECOND, Account, Row

MEDIA = "application/vnd.api+json"
SIZES = {"S": (3, 60), "M": (10, 150), "L": (75, 750), "XL": (350, 3_500), "XS": (1, 15),
         "M, 150 a day": (10, 150, 150)}  # fmt: skip
WINDOWS = (SECOND, 60 * SECOND, 86_400 * SECOND)
"""Calls a second, a minute and, of a few, a day, of one endpoint ("Rate limits, status codes, and
errors", and the description of each endpoint)."""
PART = re.compile(r'([a-z-]+)\(([a-z_.]+),(\[.*?\](?=\))|"(?:[^"\\]|\\.)*"|[^)]*)\)(?:,|$)')


class Problem(Exception):
    """A refusal."""

    def __init__(self, status: int, code: str, title: str, detail: str = "", pointer: str = "/data"
                 ) -> None:  # fmt: skip
        super().__init__(title)
        self.status = status
        self.body = {"errors": [{"id": "0", "status": status, "code": code, "title": title,
                                 "detail": detail, "source": {"pointer": pointer}}]}  # fmt: skip


@dataclass(frozen=True)
class Call:
    """One call as it came."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any
    host: str


@dataclass
class Reply:
    """What goes back: nothing at all where `lost`."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    lost: bool = False
    delay: float = 0.0


def filters(text: str, allowed: Mapping[str, Sequence[str]]) -> list[tuple[str, str, Any]]:
    """(operator, field, value) of each part. Raises Problem for what the endpoint has not."""
    found, at = [], 0
    for match in PART.finditer(text):
        if match.start() != at:
            break
        at = match.end()
        operator, name, raw = match.groups()
        if operator not in allowed.get(name, ()):
            raise Problem(400, "invalid", "Invalid input.", f"no filter {operator} on {name}",
                          "/filter")  # fmt: skip
        value = json.loads(raw) if raw[:1] in '["' else raw
        if isinstance(value, list) and len(value) > 100:  # how many it takes is unverified
            raise Problem(400, "invalid", "Invalid input.", "too many values", "/filter")
        found.append((operator, name, value))
    if at != len(text):
        raise Problem(400, "invalid", "Invalid input.", "the filter cannot be read", "/filter")
    return found


def paged(call: Call, rows: list[Row], by: Callable[[Row], tuple[Any, str]], most: int, usual: int
          ) -> Row:  # fmt: skip
    """One page of sorted rows, and the link to the next: a cursor that holds where it ended, so
    that rows which move meanwhile are not passed over."""
    size = int(call.query.get("page[size]", usual))
    if not 1 <= size <= most:
        raise Problem(400, "invalid", "Invalid input.", f"page[size] is 1 to {most}", "/page[size]")
    rows = sorted(rows, key=by)
    if mark := call.query.get("page[cursor]"):
        try:
            last = tuple(json.loads(base64.urlsafe_b64decode(mark)))
        except (binascii.Error, ValueError):
            raise Problem(400, "invalid", "Invalid input.", "", "/page[cursor]") from None
        rows = [row for row in rows if by(row) > last]
    following = None
    if len(rows) > size:
        after = base64.urlsafe_b64encode(json.dumps(by(rows[size - 1])).encode()).decode()
        following = f"http://{call.host}{call.path}?page%5Bcursor%5D={after.replace('=', '%3D')}"
    links = {"self": f"http://{call.host}{call.path}", "next": following, "prev": None}
    return {"data": rows[:size], "links": links}


def too_many(account: Account, endpoint: str, size: str) -> Reply | None:
    """The 429 of a call beyond its endpoint's windows, which begin with whole seconds, minutes
    and days; a refused call does not count."""
    if account.limits == "off":
        return None
    now = account.clock.now
    stamps = account.calls.setdefault(endpoint, [])
    for most, window in zip(SIZES[size], WINDOWS, strict=False):
        begin = now - now % window
        if sum(1 for one in stamps if one >= begin) >= most:
            wait = -(-(begin + window - now) // SECOND)
            return refused(Problem(429, "throttled", "Request was throttled.",
                                   f"Expected available in {wait} seconds."),
                           {"Retry-After": str(wait)})  # fmt: skip
    longest = WINDOWS[len(SIZES[size]) - 1]
    stamps[:] = [one for one in stamps if one >= now - now % longest]
    stamps.append(now)
    return None


def refused(problem: Problem, headers: Mapping[str, str] | None = None) -> Reply:
    """A refusal as an answer."""
    return Reply(problem.status, problem.body, dict(headers or {}))


def passes(rules: list[tuple[str, str, Any]], told: Mapping[str, Any]) -> bool:
    """Whether a row passes all filters; moments are held against each other as numbers."""
    for operator, name, value in rules:
        have: Any = told.get(name)
        if operator in ("any", "equals"):
            if have not in (value if isinstance(value, list) else [value]):
                return False
            continue
        at = micros(value)
        held = {"greater-than": have > at, "less-than": have < at,
                "greater-or-equal": have >= at, "less-or-equal": have <= at}  # fmt: skip
        if not held[operator]:
            return False
    return True
