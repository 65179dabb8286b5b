"""Klaviyo's API, which is JSON:API with dated revisions: every call names one, and answers keep its
form for two years ("API versioning and deprecation policy"). Its own client is not used: it waits
by rules of its own, and walks here need the pages' own marks.

Limits are fixed windows of a second and of a minute for each endpoint; a 429 says by Retry-After
when the window ends ("Rate limits, status codes, and errors").
"""

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from connectors.shared.http import Rejected, Wire, json_of, object_of
from connectors.shared.moments import date_of
from connectors.shared.redaction import clean
from personalization.errors import Retry, TokenRefused
from personalization.models import Micros

Row = dict[str, Any]
REVISION = "2026-07-15"
MEDIA = "application/vnd.api+json"
TOKEN_CODES = frozenset({"not_authenticated", "authentication_failed"})


class Lacking(TokenRefused):
    """The key lacks a scope."""


class KlaviyoWire(Wire):
    """Refusals as JSON:API writes them: {"errors": [{code, title, source: {pointer}}]}. `detail`
    repeats values, so it is passed on to nobody."""

    def refuse_for_good(self, answer: requests.Response) -> None:
        """Raises Stop for a key that is refused or lacks a scope, Rejected for a wrong call."""
        status, body = answer.status_code, json_of(answer)
        codes, reason = codes_of(body), reason_of(body)
        if status == 401 or codes & TOKEN_CODES:
            raise TokenRefused(
                f"{self.place}: the key was refused (HTTP {status}, {reason}). Give this account a "
                "valid private API key (Klaviyo: Settings, API keys)."
            )
        if status == 403 and body:
            raise Lacking(
                f"{self.place}: the key may not do this (HTTP 403, {reason}). Give it the scopes "
                "that docs/vendors/klaviyo.md lists."
            )
        if status not in {403, 408, 429} and status < 500:
            raise Rejected(status, reason, self.place)


class Api:
    """One account. `told` is the server's time at its last answer, where it said."""

    def __init__(self, key: str, url: str, wire: KlaviyoWire, revision: str = REVISION) -> None:
        self.wire = wire
        self.url = url.rstrip("/")
        self.told: Micros | None = None
        self.headers = {
            "Authorization": f"Klaviyo-API-Key {key}", "revision": revision,
            "Accept": MEDIA, "Content-Type": MEDIA, "User-Agent": "segment-of-one",
        }  # fmt: skip

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> Row:
        """One call; {} for an answer without a body. Raises what `Wire.send` does."""
        answer = self.wire.send(
            method, f"{self.url}/api/{path}", params=query or None, headers=self.headers, json=body
        )
        self.told = date_of(answer.headers) or self.told
        return object_of(answer, self.wire.place)

    def rows(self, path: str, **query: Any) -> tuple[list[Row], str | None]:
        """One page of a listing, and the mark of the next. Only the mark is taken from the link to
        it, so that the key goes to no other host."""
        answer = self.call("GET", path, **query)
        rows = answer.get("data")
        if not isinstance(rows, list):
            raise Retry(f"{self.wire.place}: the answer has no list of data", 60)
        link = str((answer.get("links") or {}).get("next") or "")
        mark = parse_qs(urlsplit(link).query).get("page[cursor]")
        return [row for row in rows if isinstance(row, dict)], mark[0] if mark else None

    def every(self, path: str, **query: Any) -> Iterator[Row]:
        """All rows of a listing. Raises Retry where a page leads to one that was read."""
        seen: set[str] = set()
        more: dict[str, str] = {}
        while True:
            rows, mark = self.rows(path, **query, **more)
            yield from rows
            if mark is None:
                return
            if mark in seen:
                raise Retry(f"{self.wire.place}: pages of {path} lead nowhere", 60)
            seen.add(mark)
            more = {"page[cursor]": mark}


def any_of(name: str, values: Sequence[str]) -> str:
    """The filter of rows whose `name` is one of some texts."""
    return f"any({name},[{','.join(quoted(one) for one in values)}])"


def quoted(text: str) -> str:
    """A text as filters take it (how a quotation mark is escaped is unverified)."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def errors_of(body: object) -> list[Row]:
    """The errors of an answer."""
    found = body.get("errors") if isinstance(body, dict) else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def codes_of(body: object) -> set[str]:
    """The codes of an answer's errors."""
    return {str(one.get("code")) for one in errors_of(body)}


def reason_of(body: object) -> str:
    """Why a call was refused, without values: codes, titles, and where in the body."""
    parts = [
        " ".join(str(part) for part in (one.get("code"), one.get("title"),
                 (one.get("source") or {}).get("pointer")) if part)
        for one in errors_of(body)
    ]  # fmt: skip
    return clean("; ".join(dict.fromkeys(part for part in parts if part)) or "no reason given")
