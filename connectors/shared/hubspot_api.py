"""The official client `hubspot-api-client` 12.0.0, with its defects guarded (read from and run
against that version):

- its `Retry` tries only GET and the like again, never POST and PATCH; it has no time-out unless
  each call brings one: every call goes through `Wire.send`, which has both;
- each access to `client.crm...` makes an ApiClient with a pool of its own: each is made once and
  held, and all share one kept session;
- a 207 is no exception and the models hide it: answers are plain JSON here, `errors` and all;
- answers with a body that does not fit their model raise from deep inside: models are not used
  for answers;
- a bool in a query becomes "True": it is sent as JSON writes it.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import requests

from connectors.shared.http import Rejected, Wire, json_of, object_of
from connectors.shared.moments import date_of
from connectors.shared.redaction import clean
from connectors.shared.vendor import having, in_query
from personalization.errors import Retry, TokenRefused
from personalization.models import Micros

SILENT = ("/crm/v3/objects/", "/events/v3/send", "/marketing/", "/communication-preferences/")
"""Calls whose refusals repeat values of persons: their messages are never passed on."""
CONTACTS = "0-1"


class Refused(Rejected):
    """A refusal with the answer that explains it."""

    def __init__(self, status: int, reason: str, body: Mapping[str, Any], place: str = "") -> None:
        super().__init__(status, reason, place)
        self.body = body


class Lacking(TokenRefused):
    """The token lacks a scope; the plan may be one that does not have it."""


class HubSpotWire(Wire):
    """Refusals as HubSpot writes them."""

    def refuse_for_good(self, answer: requests.Response) -> None:
        """Raises Stop for a token that is refused or lacks a scope, Retry where the day's calls
        are used up, Refused for other calls that are wrong. 423 and 477 pass by themselves."""
        status, found = answer.status_code, json_of(answer)
        body: dict[str, Any] = found if isinstance(found, dict) else {}
        reason = reason_of(body, quiet=any(part in (answer.url or "") for part in SILENT))
        if status == 401 or (status == 403 and body):
            lacks = body.get("category") == "MISSING_SCOPES"
            raise (Lacking if lacks else TokenRefused)(
                f"{self.place}: the token was refused (HTTP {status}, {reason}). Give this account "
                "a valid private app token with the scopes that docs/vendors/hubspot.md lists."
            )
        if status == 429 and body.get("policyName") == "DAILY":
            raise Retry(f"{self.place}: the calls of this day are used up", 3600.0)
        if status not in {403, 408, 423, 429, 477} and status < 500:
            raise Refused(status, reason, body, self.place)


class Transport:
    """Stands where the client's own HTTP stood."""

    def __init__(self, api: "Api") -> None:
        self.api = api

    def request(
        self, method: str, url: str, query_params: Any = None, headers: Any = None,
        body: Any = None, **_more: Any,
    ) -> requests.Response:  # fmt: skip
        """What the client calls for every request. Its time-out and its forms are not used."""
        answer = self.api.wire.send(
            method, url,
            params=[(name, in_query(value)) for name, value in query_params or ()],
            headers={**(headers or {}), "User-Agent": "segment-of-one"},
            data=None if body is None else json.dumps(body),
        )  # fmt: skip
        self.api.told = date_of(answer.headers) or self.api.told
        return answer

    def __getattr__(self, verb: str) -> Callable[..., requests.Response]:
        """GET, POST and so on, which the client calls by name."""
        if not verb.isupper():
            raise AttributeError(verb)
        return lambda url, **more: self.request(verb, url, **more)


class Api:
    """The client of one portal. `told` is the server's time at its last answer, where it said;
    `trusted` are subscription types that were looked for and are there."""

    def __init__(self, token: str, url: str, wire: Wire) -> None:
        from hubspot import HubSpot

        self.wire = wire
        self.told: Micros | None = None
        self.trusted = set[int]()
        client = HubSpot(access_token=token, host=url.rstrip("/"))
        self.batch = self.held(client.crm.contacts.batch_api)
        self.contacts = self.held(client.crm.contacts.basic_api)
        self.search = self.held(client.crm.contacts.search_api)
        self.properties = self.held(client.crm.properties.core_api)
        self.property_batch = self.held(client.crm.properties.batch_api)
        self.groups = self.held(client.crm.properties.groups_api)
        self.lists = self.held(client.crm.lists.lists_api)
        self.memberships = self.held(client.crm.lists.memberships_api)
        self.events = self.held(client.events.events_api)
        self.event_batch = self.held(client.events.send.batch_api)
        self.objects = self.held(client.crm.objects.search_api)
        self.object_batch = self.held(client.crm.objects.batch_api)
        self.associations = self.held(client.crm.associations.v4.batch_api)
        self.callbacks = self.held(client.automation.actions.callbacks_api)
        self.single = self.held(client.marketing.transactional.single_send_api)

    def held(self, made: Any) -> Any:
        """One of the client's parts, set to the shared session."""
        made.api_client.rest_client = Transport(self)
        return made

    def call(self, function: Callable[..., Any], *given: Any, **more: Any) -> dict[str, Any]:
        """Calls one of the client's functions; {} for an answer without a body. Raises what
        `Wire.send` does, and Retry for an answer that is no JSON object."""
        answer = function(*given, **more, _preload_content=False)
        return object_of(answer, self.wire.place)

    def read(self, wanted: str, function: Callable[..., Any], *given: Any, **more: Any
             ) -> dict[str, Any]:  # fmt: skip
        """Like `call`, for an answer that must have `wanted` in it; without it, it is none."""
        return having(wanted, self.call(function, *given, **more), self.wire.place)

    def raw(self, method: str, path: str, body: Any = None, **query: Any) -> dict[str, Any]:
        """A call for which version 12 of the client has no function."""
        client = self.events.api_client
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        return self.call(
            client.call_api, path, method, {}, list(query.items()), headers, body=body,
            auth_settings=["oauth2"],
        )  # fmt: skip


def after(answer: Mapping[str, Any]) -> str | None:
    """Where the next page begins; None on the last."""
    following = (answer.get("paging") or {}).get("next") or {}
    return str(following["after"]) if following.get("after") else None


def pages(read: Callable[..., dict[str, Any]], start: str | None = None, **more: Any
          ) -> Iterator[dict[str, Any]]:  # fmt: skip
    """All pages of a listing, each with a mark in it where the next one begins. Raises Retry
    where a page leads to one that was read."""
    mark, read_before = start, {start}
    while True:
        answer = read(**({"after": mark} if mark else {}), **more)
        yield answer
        following = after(answer)
        if following is None:
            return
        if following in read_before:
            raise Retry("hubspot: pages of a listing lead in a circle", 60)
        read_before.add(following)
        mark = following


def reason_of(body: Mapping[str, Any], quiet: bool) -> str:
    """Why a call was refused, without persons: the category, the codes with the names of
    properties and the scopes that lack. Messages repeat values, so `quiet` leaves them out."""
    parts = [str(body.get("category") or body.get("errorType") or "no reason given")]
    for error in body.get("errors") or ():
        context = error.get("context") or {}
        names = [*context.get("propertyName", ()), *context.get("requiredGranularScopes", ())]
        parts.append(" ".join(str(part) for part in (error.get("code"), *names) if part))
    # A value within the message has its quotation marks escaped, so neither pattern finds one.
    for pattern in (r'"error":"([A-Z_]+)"', r'"name":"([a-z0-9_]+)"'):
        parts.extend(re.findall(pattern, str(body.get("message") or "")))
    if not quiet and body.get("message"):
        parts.append(str(body["message"]))
    return clean("; ".join(dict.fromkeys(part for part in parts if part)))
