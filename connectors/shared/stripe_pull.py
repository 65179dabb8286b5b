"""A Stripe account's payments, refunds, customers and products, pulled.

Stripe lists objects by when they were made, newest first, and by nothing else. What changed is
told by /v1/events, which are the very bodies of the webhooks, for 30 days. So the first pull reads
the objects, and each later one the events since the last; after more than 29 days without a pull
the objects are read again. Read in docs.stripe.com/api: "Pagination" (`starting_after`,
`ending_before`, `has_more`, at most 100), "List all events", "Rate limits" (25 calls a second for
one endpoint, 429).

An object of a list is put in the body of the webhook that would tell its state, dated by the
newest event of any kind when the reading began: whatever a webhook told before is older, whatever
it tells later is newer. Customers
are dated when they were made, so that reading anew never makes an erased one look fresh.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from pydantic import Field

from connectors.shared.addresses import Url
from connectors.shared.http import Wire
from connectors.shared.pull_api import Answer, Api, rows_of
from connectors.shared.pulling import Piece, Polite, Pull, State, States, Told, since
from connectors.shared.stripe_lists import A_CALL, listing, made, oldest_first
from connectors.shared.webhook import (
    Json,
    at,
    currency_at,
    id_at,
    object_of,
    settings_of,
    text_at,
)
from connectors.shared.webhook_events import Place
from personalization.errors import Retry
from personalization.models import DAY, SECOND, Event, Micros, Product

NEEDS = (
    "Give this account a restricted key that may read charges, refunds, disputes, customers, "
    "checkout sessions, products and events."
)
KEPT = 29 * DAY
"""Events older than 30 days are gone."""

LISTS = {
    "products": "/v1/products",
    "customers": "/v1/customers",
    "charges": "/v1/charges",
    "refunds": "/v1/refunds",
    "disputes": "/v1/disputes",
    "sessions": "/v1/checkout/sessions",
}
TOPICS = {
    "products": "product.updated",
    "customers": "customer.updated",
    "charges": "charge.refunded",
    "refunds": "refund.updated",
    "disputes": "charge.dispute.closed",
}
SESSIONS = {"complete": "checkout.session.completed", "expired": "checkout.session.expired"}
CATALOGUE = ("product.created", "product.updated", "product.deleted", "price.created",
             "price.updated", "price.deleted")  # fmt: skip
PRICES = {"expand[]": "data.default_price"}

Readers = Mapping[str, Callable[[Place, Json, Json], list[Event]]]
Units = Callable[[Json, str], int | None]


class Settings(Polite):
    """`key` is a restricted API key. `url` is another address, such as a sandbox's."""

    key: str = Field(min_length=1, repr=False)
    url: Url = Field(default="https://api.stripe.com", pattern=r"^https?://[^/]+$")


def source(account: str, settings: Mapping[str, Any], readers: Readers, units: Units) -> Pull:
    """The source over one account, by the webhook's readers. Calls nothing yet. Raises Stop for
    wrong settings."""
    said = settings_of(Settings, "stripe", account, settings)
    wire = Wire(f"stripe/{account}", said.timeout, said.patience, said.sleep)
    api = Api(wire, said.url, lambda: {"Authorization": f"Bearer {said.key}"}, NEEDS)
    return Pull("stripe", account, partial(walks, api, said.overlap, tuple(readers)),
                partial(read, Place("stripe", account), readers, units), wire.close)  # fmt: skip


def walks(api: Api, overlap: int, types: tuple[str, ...], states: States) -> Iterator[Piece]:
    """The objects, where they have not been read yet, then what happened since."""
    mark = states.get("events")
    newest = api.get("/v1/events", limit=1)
    now = newest.at
    if now is None:
        raise Retry(f"{api.place}: the answer has no date", 60)
    if mark is None or now - int(mark["at"]) > KEPT:
        for name in LISTS:
            states[name] = {"at": 0, "done": False}
            yield Piece(name, [], states[name])
        as_of = max((made(row) for row in rows_of(api, newest.body, "data")), default=0) * SECOND
        mark = {"at": now, "as_of": as_of or now}
        yield Piece("events", [], mark)
    for name in LISTS:
        yield from listed(api, name, states[name], overlap, int(mark["as_of"]))
    begin = since(mark, overlap) // SECOND
    for rows in oldest_first(api, partial(events, api, (*types, *CATALOGUE)), begin):
        mark = {**mark, "at": max([int(mark["at"]), *(made(row) * SECOND for row in rows)])}
        yield Piece("events", [*rows, *priced(api, rows)], mark)
    if now - int(mark["at"]) > DAY:
        yield Piece("events", [], {**mark, "at": now})


def listed(api: Api, name: str, state: State, overlap: int, as_of: Micros) -> Iterator[Piece]:
    """All objects of one list, as webhooks would tell them."""
    if state["done"]:
        return
    reached = int(state["at"])
    for rows in oldest_first(api, partial(objects, api, name), since(state, overlap) // SECOND):
        reached = max([reached, *(made(row) * SECOND for row in rows)])
        told = [told_by(name, row, as_of) for row in rows]
        yield Piece(name, [one for one in told if one], {"at": reached, "done": False})
    yield Piece(name, [], {"at": reached, "done": True})


def told_by(name: str, row: Json, as_of: Micros) -> Json | None:
    """The webhook's body that tells an object's state; None for one that tells nothing."""
    topic = TOPICS.get(name) or SESSIONS.get(text_at(row, "status") or "")
    dated = at(row, "created") if name == "customers" else as_of // SECOND
    return {"id": at(row, "id"), "type": topic, "created": dated, "data": {"object": row}} \
        if topic else None  # fmt: skip


def objects(api: Api, name: str, **window: Any) -> Answer:
    """A page of one list."""
    return listing(api, LISTS[name], **window, **(PRICES if name == "products" else {}))


def events(api: Api, types: tuple[str, ...], **window: Any) -> Answer:
    """A page of events that say something here."""
    return listing(api, "/v1/events", **window, **{"types[]": sorted(types)})


def priced(api: Api, rows: list[Json]) -> list[Json]:
    """The products that events name, with their prices, which events do not carry."""
    ids = set[str]()
    for row in rows:
        topic, thing = text_at(row, "type") or "", at(row, "data", "object")
        if topic in CATALOGUE and topic != "product.deleted":
            ids.add(text_at(thing, "product" if topic.startswith("price.") else "id") or "")
    wanted = sorted(ids - {""})
    if not wanted:
        return []
    answer = api.get("/v1/products", limit=A_CALL, **{"ids[]": wanted}, **PRICES)
    told = [told_by("products", row, 0) for row in rows_of(api, answer.body, "data")]
    return [one for one in told if one]


def read(place: Place, readers: Readers, units: Units, _: str, row: Json) -> Told:
    """What a webhook's body says. Raises Skip."""
    topic, thing = text_at(row, "type") or "", object_of(at(row, "data", "object"), "data.object")
    if topic in CATALOGUE:
        return product(units, thing, topic)
    reader = readers.get(topic)
    return [*reader(place, thing, row)] if reader else []


def product(units: Units, thing: Json, topic: str) -> Told:
    """A catalogue entry. An event without the price says nothing, since the product follows."""
    price = at(thing, "default_price")
    if topic == "product.deleted":
        id = id_at(thing, "id")
        return [Product(id=id, name=text_at(thing, "name") or id, in_stock=False)]
    if topic != "product.updated" or isinstance(price, str):
        return []
    id = id_at(thing, "id")
    images = at(thing, "images")
    return [
        Product(
            id=id, name=text_at(thing, "name") or id,
            price=units(price, "unit_amount") if isinstance(price, dict) else None,
            currency=currency_at(price, "currency"), url=text_at(thing, "url"),
            image=text_at({"first": images[0]}, "first") if isinstance(images, list) and images
            else None, in_stock=at(thing, "active") is not False,
        )
    ]  # fmt: skip
