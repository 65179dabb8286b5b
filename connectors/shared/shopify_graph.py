"""Shopify's GraphQL Admin API: the token, and one question after another within its limits.

REST has been a legacy API since October 2024 (shopify.dev changelog); GraphQL is what new apps
must use. Read in shopify.dev: "GraphQL Admin API rate limits" (a bucket of points by calculated
cost, 100 points a second on the standard plan, 1,000 points the most for one query; a connection
is sized by `first`), "Shopify API limits" (25,000 objects the furthest one can page), "Using the
client credentials grant" (apps made in the Dev Dashboard get a token for 24 hours).

A question that is throttled is answered with 200, `errors[].extensions.code` THROTTLED and what
the bucket holds: it is asked again once the bucket holds enough.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from connectors.shared.http import Rejected, Wire
from connectors.shared.pull_api import Api
from connectors.shared.redaction import clean
from connectors.shared.webhook import Json, at, decimal_at, rows_at, text_at
from personalization.errors import Retry, Stop

NEEDS = (
    "Give this account a token with the scopes read_orders, read_all_orders (orders older than 60 "
    "days), read_customers and read_products, and access to protected customer data."
)
PASSING = frozenset({"THROTTLED", "INTERNAL_SERVER_ERROR", "TIMEOUT"})
LONGEST = 30.0


class TooDear(Exception):
    """A query costs more than one may: `share` is what of it would be allowed."""

    def __init__(self, share: float) -> None:
        super().__init__("the query costs too much")
        self.share = share


@dataclass
class Graph:
    """One shop. `token` is an app's own; without it, `client` and `secret` get one."""

    wire: Wire
    url: str
    version: str
    token: str | None = field(repr=False)
    client: str | None = None
    secret: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.lent: str | None = None
        self.api = Api(self.wire, self.url, self.headers, NEEDS)

    def headers(self) -> dict[str, str]:
        """What every question carries."""
        return {"X-Shopify-Access-Token": self.token or self.lent or ""}

    def ask(self, query: str, **variables: Any) -> Json:
        """The data that answers a query. Raises TooDear, Retry once patience is at its end, Stop
        for a token that may not, or a query that this version does not know."""
        waited, delay = 0.0, 1.0
        while True:
            body = self.post({"query": query, "variables": variables})
            errors = rows_at(body, "errors")
            data = at(body, "data")
            if not errors and isinstance(data, dict):
                return data
            codes = {text_at(one, "extensions", "code") for one in errors}
            self.refuse_for_good(errors, codes)
            wait = min(LONGEST, needed(body) or delay)
            if waited + wait > self.wire.patience:
                raise Retry(f"{self.api.place}: {', '.join(sorted(filter(None, codes)))}, also "
                            f"after {waited:.0f} s of trying", wait)  # fmt: skip
            self.wire.sleep(wait)
            waited, delay = waited + wait, delay * 2

    def refuse_for_good(self, errors: list[Json], codes: set[str | None]) -> None:
        """Raises what asking again cannot mend."""
        for one in errors:
            if text_at(one, "extensions", "code") == "MAX_COST_EXCEEDED":
                cost = decimal_at(one, "extensions", "cost")
                most = decimal_at(one, "extensions", "maxCost")
                raise TooDear(float(most / cost) if cost and most else 0.5)
        if codes - PASSING or not codes:
            said = clean("; ".join(text_at(one, "message") or "" for one in errors))
            about = NEEDS if "ACCESS_DENIED" in codes else "Is version one that Shopify has?"
            raise Stop(f"{self.api.place}: the question was refused ({said}). {about}")

    def post(self, body: Json) -> Any:
        """One call, with a fresh token where the one in hand is refused or there is none."""
        fresh = self.token is None and self.lent is None
        if fresh:
            self.lend()
        try:
            return self.once(lambda: self.api.call("POST", self.path, json=body).body)
        except Stop:
            if self.token is not None or fresh:
                raise
            self.lend()
            return self.once(lambda: self.api.call("POST", self.path, json=body).body)

    @property
    def path(self) -> str:
        """Where questions go."""
        return f"/admin/api/{self.version}/graphql.json"

    def lend(self) -> None:
        """Gets a token for a day. Raises Stop where it is refused."""
        form = {"grant_type": "client_credentials", "client_id": self.client,
                "client_secret": self.secret}  # fmt: skip
        answer = self.once(lambda: self.api.call("POST", "/admin/oauth/access_token", data=form))
        self.lent = text_at(answer.body, "access_token")
        if self.lent is None:
            raise Stop(f"{self.api.place}: no token came for this client and secret. {NEEDS}")

    def once[T](self, call: Callable[[], T]) -> T:
        """A call, whose refusal stops."""
        try:
            return call()
        except Rejected as refused:
            raise Stop(f"{self.api.place}: refused (HTTP {refused.status}, {refused.reason}). "
                       "Is url the shop's own, https://NAME.myshopify.com?") from None  # fmt: skip


def needed(body: Any) -> float | None:
    """Seconds until the bucket holds what the query may cost."""
    cost = at(body, "extensions", "cost")
    asked, rate = decimal_at(cost, "requestedQueryCost"), decimal_at(
        cost, "throttleStatus", "restoreRate")  # fmt: skip
    there = decimal_at(cost, "throttleStatus", "currentlyAvailable")
    if asked is None or there is None or not rate:
        return None
    return max(0.1, float((asked - there) / rate))
