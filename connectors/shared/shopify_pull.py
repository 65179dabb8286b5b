"""A Shopify shop's orders, customers and products, pulled. See `shopify_graph` and
`shopify_shapes`; `connectors/shopify.py` has the parser of what they become.

Deleted products come first: whatever was deleted is not among those listed after it. What was
deleted before the first pull is of no use to anybody.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from pydantic import Field

from connectors.shared.addresses import Url
from connectors.shared.http import Wire
from connectors.shared.pull_api import iso
from connectors.shared.pull_walks import Found, by_cursor, reached
from connectors.shared.pulling import Piece, Polite, Pull, States, Told, nowhere, since
from connectors.shared.shopify_graph import Graph, TooDear
from connectors.shared.shopify_shapes import (
    DELETED,
    FEW,
    SHOP,
    customer_body,
    listing,
    nodes,
    order_body,
    product_body,
    rest,
)
from connectors.shared.webhook import (
    Json,
    at,
    currency_at,
    id_at,
    moment_at,
    rows_at,
    settings_of,
    text_at,
    wrong_settings,
)
from connectors.shared.webhook_events import Place
from connectors.shared.webhook_shopify import customer_events, order_events
from personalization.errors import Retry, Stop
from personalization.models import Micros, Product

Catalogue = Callable[[str | None, str | None, Json, str], Product]
"""(currency, address of links, body, topic) to a catalogue entry, as the webhook makes it."""

WALKS = ("products", "customers", "orders")


class Settings(Polite):
    """`url` is https://NAME.myshopify.com. `token` is an app's Admin API token; an app of the Dev
    Dashboard has `client` and `secret` instead. `version` of the API; `page`, rows asked for at a
    time, fewer where the shop finds that too dear. `currency` and `shop` (the address that product
    links begin with) as for the webhook; without them the shop is asked."""

    url: Url = Field(pattern=r"^https?://[^/]+$")
    token: str | None = Field(default=None, min_length=1, repr=False)
    client: str | None = Field(default=None, min_length=1)
    secret: str | None = Field(default=None, min_length=1, repr=False)
    version: str = Field(default="2026-10", pattern=r"^\d{4}-\d{2}$")
    page: int = Field(default=50, ge=1, le=250)
    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")
    shop: str | None = Field(default=None, pattern=r"^https://[^/]+$")


def source(account: str, settings: Mapping[str, Any], catalogue: Catalogue) -> Pull:
    """The source over one shop. Calls nothing yet. Raises Stop for wrong settings."""
    given = settings_of(Settings, "shopify", account, settings)
    if given.token is None and (given.client is None or given.secret is None):
        raise wrong_settings(f"shopify/{account}", "token (or client and secret)")
    wire = Wire(f"shopify/{account}", given.timeout, given.patience, given.sleep)
    shop = Shop(given, Graph(wire, given.url, given.version, given.token, given.client,
                             given.secret))  # fmt: skip
    return Pull("shopify", account, shop.walks, partial(shop.read, Place("shopify", account),
                                                        catalogue), wire.close)  # fmt: skip


class Shop:
    """The walks through one shop. `size` of a page shrinks to what a query may cost."""

    def __init__(self, settings: Settings, graph: Graph) -> None:
        self.settings = settings
        self.graph = graph
        self.size = dict.fromkeys([*WALKS, "deleted"], settings.page)
        self.currency, self.shop = settings.currency, settings.shop

    def walks(self, states: States) -> Iterator[Piece]:
        """What was deleted, then products, customers and orders by their last change."""
        if self.currency is None or self.shop is None:
            said = self.graph.ask(SHOP)
            self.currency = self.currency or currency_at(said, "shop", "currencyCode")
            self.shop = self.shop or text_at(said, "shop", "primaryDomain", "url")
        yield from self.deleted(states)
        for name in WALKS:
            state = states.get(name)
            yield from by_cursor(name, self.graph.api.place, partial(self.listed, name), updated,
                                 since(state, self.settings.overlap), reached(state))  # fmt: skip

    def deleted(self, states: States) -> Iterator[Piece]:
        """Products deleted since the last pull; the first pull only notes where to begin."""
        state = states.get("deleted")
        if state is None:
            said = self.graph.ask(DELETED, n=1, q=QUERY, back=True)
            newest = [moment for row in rows_at(said, "events", "nodes")
                      if (moment := created(row)) is not None]  # fmt: skip
            yield Piece("deleted", [], {"at": max(newest, default=0)})
            return
        yield from by_cursor("deleted", self.graph.api.place, self.gone, created,
                             since(state, self.settings.overlap), reached(state))  # fmt: skip

    def gone(self, begin: Micros, after: str | None) -> Found:
        """A page of products that were deleted."""
        question = f"{QUERY} AND created_at:>='{iso(begin, exact=False)}Z'"
        said = self.graph.ask(DELETED, n=self.settings.page, after=after, q=question, back=False)
        return self.found(said, "events")

    def listed(self, name: str, begin: Micros, after: str | None) -> Found:
        """A page of rows, whole: lists within them are read to their ends."""
        question = f"updated_at:>='{iso(begin, exact=False)}Z'" if begin else None
        while True:
            try:
                said = self.graph.ask(listing(name), n=self.size[name], after=after, q=question)
            except TooDear as dear:
                if self.size[name] == 1:
                    raise Stop(f"{self.graph.api.place}: even one of {name} costs more than a "
                               "query may. Ask Shopify for a higher limit.") from None  # fmt: skip
                self.size[name] = max(1, min(self.size[name] - 1,
                                             int(self.size[name] * dear.share * 0.95)))  # fmt: skip
                continue
            found = self.found(said, name)
            return found._replace(rows=[self.whole(row) for row in found.rows])

    def found(self, said: Json, name: str) -> Found:
        """A page from its answer. Raises Retry where it has none."""
        if not isinstance(at(said, name, "nodes"), list):
            raise Retry(f"{self.graph.api.place}: the answer has no {name}", 60)
        pages = at(said, name, "pageInfo")
        more = at(pages, "hasNextPage") is True
        return Found(rows_at(said, name, "nodes"), text_at(pages, "endCursor") if more else None)

    def whole(self, row: Json) -> Json:
        """A row with all nodes of the lists within it, and within its refunds."""
        made = dict(row)
        for name in FEW:
            if at(row, name, "pageInfo", "hasNextPage") is True:
                made[name] = {"nodes": [*nodes(row, name), *self.others(row, name)]}
        if rows_at(row, "refunds"):
            made["refunds"] = [self.whole(refund) for refund in rows_at(row, "refunds")]
        return made

    def others(self, row: Json, name: str) -> Iterator[Json]:
        """The nodes beyond the first few."""
        pages, used = at(row, name, "pageInfo"), set[str | None]()
        while at(pages, "hasNextPage") is True:
            after = text_at(pages, "endCursor")
            if after in used:
                raise nowhere(self.graph.api.place, name)
            used.add(after)
            said = at(self.graph.ask(rest(name), id=id_at(row, "id"), after=after), "node")
            yield from nodes(said, name)
            pages = at(said, name, "pageInfo")

    def read(self, place: Place, catalogue: Catalogue, walk: str, row: Json) -> Told:
        """What a row says, by the webhook's parser. Raises Skip."""
        if walk == "orders":
            return [*order_events(place, order_body(row))]
        if walk == "customers":
            return [*customer_events(place, customer_body(row))]
        if walk == "products":
            return [catalogue(self.currency, self.shop, product_body(row), "products/update")]
        id = id_at(row, "subjectId").rpartition("/")[2]
        return [catalogue(None, None, {"id": id}, "products/delete")]


QUERY = "action:'destroy' AND subject_type:'PRODUCT'"


def updated(row: Json) -> Micros | None:
    """When a row changed last."""
    return moment_at(row, "updatedAt")


def created(row: Json) -> Micros | None:
    """When something was deleted."""
    return moment_at(row, "createdAt")
