"""Purchases, checkouts, customers and products from Shopify's webhooks. A source only.

Signature: base64 of HMAC-SHA256 over the raw body with the app's client secret, in
X-Shopify-Hmac-SHA256 (shopify.dev, "Deliver webhooks through HTTPS"). It covers no time stamp, so
there is no replay window: a call sent again repeats keys and changes nothing. The topic's header
is not signed either; each topic reads only properties of its own.

Shapes after the REST Admin API's order, refund, checkout, customer and product. Unverified, for
want of a live shop: the property names of customers/merge and of the two marketing consent topics.
Topics that are not named here are taken and say nothing.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from pydantic import Field

from connectors.shared.signatures import header, needed, signed
from connectors.shared.webhook import (
    Hook,
    Json,
    Signed,
    at,
    count_at,
    currency_at,
    id_at,
    json_of,
    moment_at,
    money_at,
    object_of,
    rows_at,
    settings_of,
    text_at,
)
from connectors.shared.webhook_events import Place, withdrawn
from connectors.shared.webhook_shopify import (
    ORDERS,
    asked,
    cart,
    customer_events,
    left,
    merged,
    order_events,
    redacted,
    refund_events,
    said_consent,
)
from personalization.connector import Received, Request, Source, Webhook
from personalization.models import Event, Product


class Settings(Signed):
    """`secret` is the app's client secret (for webhooks made by hand in the admin, the key shown
    under them). `currency` is the shop's: product webhooks do not say it. `shop` is the address
    that product links begin with, such as https://shop.example.com."""

    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")
    shop: str | None = Field(default=None, pattern=r"^https://[^/]+$")


def webhook(account: str, settings: Mapping[str, Any]) -> Webhook:
    """The webhook of one shop. Raises Stop for settings that are missing or wrong."""
    given = settings_of(Settings, "shopify", account, settings)
    return Hook("shopify", account, given.most_bytes, partial(check, given),
                partial(read, Place("shopify", account), given))  # fmt: skip


def source(account: str, settings: Mapping[str, Any]) -> Source:
    """The pull of one shop; its settings are those of `shared/shopify_pull.py`. Raises Stop for
    settings that are missing or wrong."""
    from connectors.shared.shopify_pull import source as pull

    def entry(currency: str | None, shop: str | None, body: Json, topic: str) -> Product:
        return product(Settings.model_construct(currency=currency, shop=shop), body, topic)

    return pull(account, settings, entry)


def check(settings: Settings, request: Request) -> None:
    """Raises Refused unless the body is signed."""
    given = needed(request, "X-Shopify-Hmac-SHA256")
    signed([given], settings.secrets(), request.body, "base64")


Reader = Callable[[Place, Json, Request], list[Event]]
READERS: dict[str, Reader] = {
    **dict.fromkeys(ORDERS, lambda place, body, _: order_events(place, body)),
    "refunds/create": lambda place, body, _: refund_events(place, body),
    "orders/delete": lambda place, body, _: [withdrawn(place, ("order", id_at(body, "id")))],
    "carts/create": lambda place, body, _: cart(place, body),
    "carts/update": lambda place, body, _: cart(place, body),
    "checkouts/create": lambda place, body, _: cart(place, body),
    "checkouts/update": lambda place, body, _: cart(place, body),
    "customers/create": lambda place, body, _: customer_events(place, body),
    "customers/update": lambda place, body, _: customer_events(place, body),
    "customers/enable": lambda place, body, _: customer_events(place, body),
    "customers/disable": lambda place, body, _: customer_events(place, body),
    "customers/merge": lambda place, body, call: merged(place, body, sent_at(call)),
    "customers_email_marketing_consent/update": lambda place, body, _: said_consent(place, body),
    "customers_marketing_consent/update": lambda place, body, _: said_consent(place, body),
}
PRODUCTS = ("products/create", "products/update", "products/delete")
REQUESTS: dict[str, Callable[[Place, Json, Request], Received]] = {
    "customers/redact": lambda place, body, call: redacted(place, body, sent_at(call)),
    "customers/data_request": lambda place, body, _: asked(place, body),
    "shop/redact": lambda _, body, __: left(body),
}
"""What privacy law lets people and shops ask for (shopify.dev, "Privacy law compliance")."""


def read(place: Place, settings: Settings, request: Request) -> Received:
    """What a call says. Raises Skip."""
    topic = (header(request, "X-Shopify-Topic") or "").lower()
    delivery = header(request, "X-Shopify-Webhook-Id") or ""
    if topic in PRODUCTS:
        body = object_of(json_of(request))
        return Received(products=(product(settings, body, topic),), delivery=delivery)
    if topic in REQUESTS:
        found = REQUESTS[topic](place, object_of(json_of(request)), request)
        return found.model_copy(update={"delivery": delivery})
    reader = READERS.get(topic)
    if reader is None:
        return Received(delivery=delivery)
    return Received(events=tuple(reader(place, object_of(json_of(request)), request)),
                    delivery=delivery)  # fmt: skip


def sent_at(request: Request) -> int:
    """When a change happened whose body does not say it: a header does, else now is near."""
    said = moment_at({"at": header(request, "X-Shopify-Triggered-At")}, "at")
    return request.received_at if said is None else min(said, request.received_at)


def product(settings: Settings, body: Json, topic: str) -> Product:
    """A catalogue entry: the price of its first variant; in stock if any variant can be bought.
    One that was deleted or is not offered is never picked."""
    id = id_at(body, "id")
    if topic == "products/delete":
        return Product(id=id, name=id, in_stock=False)
    variants = rows_at(body, "variants")
    currency = settings.currency or currency_at(body, "currency")
    price = money_at(variants[0], currency, "price") if variants else None
    handle = text_at(body, "handle")
    offered = text_at(body, "status") in (None, "active")
    return Product(
        id=id,
        name=text_at(body, "title") or id,
        category=text_at(body, "product_type"),
        price=price,
        currency=currency,
        url=f"{settings.shop}/products/{handle}" if settings.shop and handle else None,
        image=text_at(body, "image", "src"),
        in_stock=offered and (not variants or any(map(buyable, variants))),
    )


def buyable(variant: Json) -> bool:
    """Whether a variant is there, or is sold whether or not it is."""
    if at(variant, "inventory_management") is None or at(variant, "inventory_policy") == "continue":
        return True
    return (count_at(variant, "inventory_quantity") or 0) > 0
