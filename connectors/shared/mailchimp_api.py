"""The official client `mailchimp-marketing` 3.0.80, with its defects guarded (read from and run
against that version's `api_client.py`):

- an answer other than 2xx without a readable body is returned as if it were one: `Wire.send`
  raises instead, and answers 200 {} and 204 come out as an empty dict;
- it opens a connection a call, never tries again and ignores Retry-After: one kept session;
- `ApiClientError` carries text, dict or exception and no status for network errors: ours come out;
- `url.replace("server", dc)` changes ids that contain "server": the host is set whole;
- a bool in a query becomes "True": it is sent as JSON writes it.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import requests

from connectors.shared.http import Lost, Rejected, Wire, json_of
from connectors.shared.vendor import having, in_query
from personalization.errors import ProductError, Retry, Stop
from personalization.models import Frozen


class Operation(Frozen):
    """One call as data, which goes out alone or inside a batch. `path` starts below /3.0."""

    id: str
    method: str
    path: str
    params: Mapping[str, str] = {}
    body: Mapping[str, Any] | None = None


class Result(Frozen):
    """What became of an operation: its HTTP status, None where nobody knows; the reason where it
    was refused; the answer's body."""

    status: int | None
    reason: str = ""
    body: Mapping[str, Any] = {}


class Api:
    """The client of one audience. `lists` and `batches` are the client's own."""

    def __init__(self, key: str, host: str, audience: str, wire: Wire) -> None:
        from mailchimp_marketing import Client

        self.client = Client({"api_key": key, "server": "unused"})
        self.client.api_client.server = ""
        self.client.api_client.host = host.rstrip("/")
        self.client.api_client.request = self.request
        self.lists = self.client.lists
        self.batches = self.client.batches
        self.audience = audience
        self.wire = wire
        self.key = key

    def request(
        self, method: str, url: str, query_params: Any = None, headers: Any = None,
        body: Any = None,
    ) -> requests.Response:  # fmt: skip
        """What the client calls for every request."""
        return self.wire.send(
            method, url,
            params=[(name, in_query(value)) for name, value in query_params or ()],
            headers={**(headers or {}), "User-Agent": "segment-of-one"},
            data=None if body is None else json.dumps(body),
            auth=("ofone", self.key),
        )  # fmt: skip

    def call(self, function: Callable[..., Any], *given: Any, once: bool = False, **more: Any
             ) -> dict[str, Any]:  # fmt: skip
        """Calls one of the client's functions; {} for an answer without a body. Raises what
        `Wire.send` does."""
        from mailchimp_marketing.api_client import ApiClientError

        self.wire.once = once
        try:
            answer = function(*given, **more)
        except ApiClientError as error:
            if isinstance(error.text, ProductError | Rejected | Lost):
                raise error.text from None
            raise Retry(
                f"{self.wire.place}: the client failed ({type(error.text).__name__})"
            ) from None
        finally:
            self.wire.once = False
        if isinstance(answer, requests.Response):
            answer = json_of(answer) or {} if answer.content else {}
        if not isinstance(answer, dict):
            raise Retry(f"{self.wire.place}: an answer was not JSON; is {self.host()} the API?")
        return answer

    def read(self, wanted: str, function: Callable[..., Any], *given: Any, **more: Any
             ) -> dict[str, Any]:  # fmt: skip
        """Like `call`, for an answer that must have `wanted` in it; without it, it is no answer.
        Raises Stop where what is asked about is the audience itself, and there is none."""
        try:
            return having(wanted, self.call(function, *given, **more), self.wire.place)
        except Rejected as no:
            if no.status == 404 and given == (self.audience,):
                raise Stop(self.no_audience()) from None
            raise

    def no_audience(self) -> str:
        """What to say where the audience that the settings name is not there."""
        return (f"{self.wire.place}: there is no audience {self.audience} in this account. Set `list` "
                "of this account in the settings to an audience's id (Audience, Settings, Audience "
                "name and defaults); `ofone doctor` shows more.")  # fmt: skip

    def perform(self, operation: Operation, once: bool) -> Result:
        """Carries out one operation by a call of its own."""
        try:
            body = self.call(
                self.client.api_client.call_api, operation.path, operation.method, None,
                list(operation.params.items()), {"Accept": "application/json"},
                body=dict(operation.body) if operation.body is not None else None, once=once,
            )  # fmt: skip
        except Rejected as no:
            return Result(status=no.status, reason=no.reason)
        except Lost:
            return Result(status=None)
        return Result(status=200, body=body)

    def download(self, url: str) -> bytes:
        """A file that the API points to. It lies elsewhere and needs no key, so none is sent; a
        place that is neither the API's own nor encrypted is not asked."""
        if not (url.startswith("https://") or urlsplit(url).netloc == self.host()):
            raise Retry(f"{self.wire.place}: the results are at a place that is not trusted")
        return self.wire.send("GET", url).content

    def host(self) -> str:
        """Where the API is: host and port."""
        return urlsplit(str(self.client.api_client.host)).netloc

    def path(self, *parts: str) -> str:
        """A path below the audience."""
        return "/".join(("/lists", self.audience, *parts))


def every(
    api: Api, wanted: str, function: Callable[..., Any], *given: Any, **more: Any
) -> list[dict[str, Any]]:
    """All items of a short listing, a thousand a call."""
    items: list[dict[str, Any]] = []
    while True:
        answer = api.read(wanted, function, *given, count=1000, offset=len(items), **more)
        items.extend(answer[wanted])
        if not answer[wanted] or len(items) >= int(answer.get("total_items", 0)):
            return items
