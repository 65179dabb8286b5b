"""Square's catalogue, and which of its products a payment bought.

Read in developer.squareup.com: "Search catalog objects" (`begin_time` excludes its moment,
`latest_time` says how far the answer goes, `include_deleted_objects`), "Batch retrieve orders"
(100 ids), "Batch retrieve catalog objects" (of a variation its item is a related object).
"""

from collections.abc import Iterator

from connectors.shared.pull_api import Answer, Api, iso, rows_of
from connectors.shared.pulling import Piece, State, nowhere
from connectors.shared.webhook import (
    Json,
    at,
    count_at,
    currency_at,
    decimal_at,
    id_at,
    moment_at,
    rows_at,
    text_at,
)
from connectors.shared.webhook_events import line
from personalization.models import SECOND, Event, Product

A_CALL = 100
MOST_KNOWN = 50_000
"""Variations whose product is remembered during one pull."""


def changed(api: Api, state: State | None, overlap: int) -> Iterator[Piece]:
    """Items changed since the last pull, deleted ones too. Square does not say in which order, so
    only the last page moves the walk on."""
    at_ = int(state["at"]) if state else 0
    begin = f"{iso(at_ - overlap * SECOND)}Z" if at_ else None
    after, used, latest = None, set[str](), at_
    while True:
        said = search(api, begin, after).body
        if after is None:
            # What changes from here on may be on pages that were read.
            latest = max(latest, moment_at(said, "latest_time") or 0)
        after = text_at(said, "cursor")
        yield Piece("products", [*with_related(api, said)],
                    {"at": latest if after is None else at_})  # fmt: skip
        if after is None:
            return
        if after in used:
            raise nowhere(api.place, "products")
        used.add(after)


def search(api: Api, begin: str | None, after: str | None) -> Answer:
    """One page of items."""
    body = {"object_types": ["ITEM"], "include_deleted_objects": True, "begin_time": begin,
            "include_related_objects": True, "limit": A_CALL, "cursor": after}  # fmt: skip
    return api.post("/v2/catalog/search", body)


def with_related(api: Api, said: Json) -> Iterator[Json]:
    """Items, each with the names and pictures that it only refers to."""
    related = {text_at(one, "id"): one for one in rows_at(said, "related_objects")}
    for item in rows_of(api, said, "objects", needed=False):
        data = at(item, "item_data")
        category = related.get(text_at(data, "reporting_category", "id") or text_at(
            next(iter(rows_at(data, "categories")), None), "id"))  # fmt: skip
        images = at(data, "image_ids")
        image = related.get(images[0]) if isinstance(images, list) and images else None
        yield {**item, "category": at(category, "category_data", "name"),
               "image": at(image, "image_data", "url")}  # fmt: skip


def product(item: Json) -> Product:
    """A catalogue entry: the price of its first variation; in stock if any can be sold. Square
    writes minor units."""
    data, id = at(item, "item_data"), id_at(item, "id")
    variations = [at(one, "item_variation_data") for one in rows_at(data, "variations")]
    price = at(variations[0], "price_money") if variations else None
    gone = at(item, "is_deleted") is True or at(data, "is_archived") is True
    return Product(
        id=id,
        name=text_at(data, "name") or id,
        category=text_at(item, "category"),
        price=count_at(price, "amount"),
        currency=currency_at(price, "currency"),
        url=text_at(data, "ecom_uri"),
        image=text_at(item, "image"),
        in_stock=not gone and (not variations or any(map(sellable, variations))),
    )


def sellable(variation: Json) -> bool:
    """Whether a variation is sold out nowhere, or not everywhere that says something of it."""
    places = rows_at(variation, "location_overrides")
    return not places or any(at(place, "sold_out") is not True for place in places)


class Lines:
    """What payments bought: the lines of their orders, by product."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.items: dict[str, str] = {}

    def with_orders(self, payments: list[Json]) -> list[Json]:
        """Payments, each with its order's lines where it is the order's first payment: one paid
        in parts must not count its products twice."""
        ids = sorted({id for one in payments if (id := text_at(one, "order_id"))})
        orders = {text_at(one, "id"): one for one in self.orders(ids)}
        self.learn([*orders.values()])
        made = []
        for payment in payments:
            order = orders.get(text_at(payment, "order_id"))
            first = next(iter(rows_at(order, "tenders")), None)
            own = text_at(first, "payment_id") or text_at(first, "id")
            mine = order is not None and own in (None, text_at(payment, "id"))
            lines = self.of(order) if mine and order is not None else []
            made.append({**payment, "ordered": lines} if lines else payment)
        return made

    def orders(self, ids: list[str]) -> Iterator[Json]:
        """Orders by id."""
        for start in range(0, len(ids), A_CALL):
            body = {"order_ids": ids[start : start + A_CALL]}
            answer = self.api.post("/v2/orders/batch-retrieve", body)
            yield from rows_of(self.api, answer.body, "orders", needed=False)

    def learn(self, orders: list[Json]) -> None:
        """Which product each variation belongs to."""
        wanted = {
            id
            for order in orders
            for row in rows_at(order, "line_items")
            if (id := text_at(row, "catalog_object_id")) and id not in self.items
        }
        if len(self.items) > MOST_KNOWN:
            self.items.clear()
        ids = sorted(wanted)
        for start in range(0, len(ids), A_CALL):
            body = {"object_ids": ids[start : start + A_CALL], "include_deleted_objects": True}
            answer = self.api.post("/v2/catalog/batch-retrieve", body)
            for one in rows_of(self.api, answer.body, "objects", needed=False):
                item = text_at(one, "item_variation_data", "item_id")
                self.items[id_at(one, "id")] = item or id_at(one, "id")

    def of(self, order: Json) -> list[Json]:
        """An order's lines, each with what was paid for it."""
        made: list[Json] = []
        for row in rows_at(order, "line_items"):
            variation, quantity = text_at(row, "catalog_object_id"), decimal_at(row, "quantity")
            count = None if quantity is None else max(1, int(quantity))
            made += line(self.items.get(variation, variation) if variation else None, count,
                         count_at(row, "total_money", "amount"))  # fmt: skip
        return made


def with_lines(events: list[Event], lines: list[Json]) -> list[Event]:
    """Events of a payment, its order with lines. This version stands beside the one that a webhook
    told of the same change, which has none."""
    return [
        one.model_copy(update={"props": {**one.props, "lines": lines},
                               "occurred_at": one.occurred_at + 1})
        if one.kind == "order" else one
        for one in events
    ]  # fmt: skip
