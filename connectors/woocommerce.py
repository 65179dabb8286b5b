"""Orders, customers and products from WooCommerce's webhooks. A source only.

Signature: base64 of HMAC-SHA256 over the raw body with the webhook's secret, in
X-WC-Webhook-Signature (WooCommerce REST API documentation, "Webhooks"). It covers no time stamp,
so there is no replay window: a call sent again repeats keys and changes nothing.

When a webhook is saved, WooCommerce sends `webhook_id=N` without a signature and keeps the webhook
only if that is answered well; it says nothing, so it is let in. Deliveries that fail five times in
a row switch a webhook off.

Shapes after the REST API v3 order, customer and product. There is no topic for carts or refunds:
an order that waits for its payment is a cart, and refunds come within their order, without a date
of their own, so they are dated when the order was last changed. What was deleted is told by its id
alone: a product that is gone is never picked, and what is known of an order that is gone is called
off until it is restored. A customer says nothing: an account that is cleared away is no wish to be
erased. Marketing consent is not part of WooCommerce; `consent_meta` names the order's or customer's
meta key that a plugin keeps it in.
"""

import re
from collections.abc import Mapping
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
    decimal_at,
    first_moment,
    id_at,
    json_of,
    minor_units,
    moment_at,
    money_at,
    object_of,
    rows_at,
    settings_of,
    text_at,
)
from connectors.shared.webhook_events import (
    Place,
    alias_of,
    attributes,
    consent,
    fact,
    line,
    links,
    mail_alias,
    version_at,
    withdrawn,
)
from personalization.connector import Received, Request, Source, Webhook
from personalization.models import CANCELLED, Event, Micros, Product

PING = re.compile(rb"webhook_id=[0-9]{1,20}")
KINDS = {
    "pending": "cart",
    "checkout-draft": "cart",
    "on-hold": "order",
    "processing": "order",
    "completed": "order",
    "refunded": "order",
    "cancelled": CANCELLED,
    "failed": CANCELLED,
    "trash": CANCELLED,
}
YES, NO = {"1", "yes", "true", "on", "in"}, {"0", "no", "false", "off", "out"}


class Settings(Signed):
    """`secret` is the webhook's. `currency` is the shop's: product webhooks do not say it."""

    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")
    consent_meta: str | None = None


def webhook(account: str, settings: Mapping[str, Any]) -> Webhook:
    """The webhook of one shop. Raises Stop for settings that are missing or wrong."""
    given = settings_of(Settings, "woocommerce", account, settings)
    return Hook("woocommerce", account, given.most_bytes, partial(check, given),
                partial(read, Place("woocommerce", account), given))  # fmt: skip


def source(account: str, settings: Mapping[str, Any]) -> Source:
    """The pull of one shop; its settings are those of `shared/woocommerce_pull.py`. Raises Stop
    for settings that are missing or wrong."""
    from connectors.shared.woocommerce_pull import source as pull

    def told(
        place: Place, currency: str | None, meta: str | None, name: str, body: Json
    ) -> list[Event | Product]:
        given = Settings.model_construct(currency=currency, consent_meta=meta)
        if name == "products":
            return [product(given, body)]
        reader = order_events if name == "orders" else customer_events
        return [*reader(place, given, body)]

    return pull(account, settings, told)


def check(settings: Settings, request: Request) -> None:
    """Raises Refused unless the body is signed, or is the ping that says nothing."""
    if PING.fullmatch(request.body):
        return
    given = needed(request, "X-WC-Webhook-Signature")
    signed([given], settings.secrets(), request.body, "base64")


def read(place: Place, settings: Settings, request: Request) -> Received:
    """What a call says. Raises Skip."""
    delivery = header(request, "X-WC-Webhook-Delivery-ID") or ""
    resource, _, event = (header(request, "X-WC-Webhook-Topic") or "").partition(".")
    known = resource in ("order", "customer", "product")
    if resource == "product" and event == "deleted":
        gone = id_at(object_of(json_of(request)), "id")
        return Received(products=(Product(id=gone, name=gone, in_stock=False),), delivery=delivery)
    if resource == "order" and event == "deleted":
        order = ("order", id_at(object_of(json_of(request)), "id"))
        return Received(events=(withdrawn(place, order),), delivery=delivery)
    if PING.fullmatch(request.body) or not known or event not in ("created", "updated", "restored"):
        return Received(delivery=delivery)
    body = object_of(json_of(request))
    if resource == "product":
        return Received(products=(product(settings, body),), delivery=delivery)
    reader = order_events if resource == "order" else customer_events
    events = reader(place, settings, body)
    if (resource, event) == ("order", "restored"):
        events = [restored(events[0]), *events[1:]]
    return Received(events=tuple(events), delivery=delivery)


def restored(order: Event) -> Event:
    """An order that came out of the trash. Its version may be the one before, and it stands all the
    same against being called off, which is dated a microsecond after that."""
    return order.model_copy(update={"occurred_at": order.occurred_at + 2})


def order_events(place: Place, settings: Settings, body: Json) -> list[Event]:
    """An order, its refunds, and what it tells of the customer."""
    id = id_at(body, "id")
    placed = first_moment(body, "date_created_gmt")
    changed = moment_at(body, "date_modified_gmt") or placed
    customer, mail = text_at(body, "customer_id"), mail_alias(text_at(body, "billing", "email"))
    guest = customer in (None, "0")
    who = (mail if guest else alias_of(place, customer or "")) or alias_of(place, "order", id)
    currency = currency_at(body, "currency")
    kind = KINDS.get((text_at(body, "status") or "").removeprefix("wc-"), "order")
    props = {
        "order": id,
        "amount": money_at(body, currency, "total"),
        "currency": currency,
        "city": text_at(body, "shipping", "city") or text_at(body, "billing", "city"),
        "lines": [one for row in rows_at(body, "line_items") for one in order_line(row, currency)],
    }
    events = [fact(place, kind, ("order", id), who, version_at(placed, changed), props)]
    for refund in rows_at(body, "refunds"):
        amount = abs(money_at(refund, currency, "total") or 0)
        if amount:
            told = {"order": id, "amount": amount, "currency": currency}
            events.append(fact(place, "refund", ("refund", id_at(refund, "id")), who, changed,
                               told))  # fmt: skip
    events += links(who, [mail], placed)
    events += about(who, at(body, "billing"), changed)
    return events + said_consent(place, settings, body, who, placed)


def order_line(row: Json, currency: str | None) -> list[dict[str, Any]]:
    """A line: its total with its tax, as the customer pays it."""
    parts = [decimal_at(row, name) for name in ("total", "total_tax")]
    known = [part for part in parts if part is not None]
    amount = minor_units(sum(known[1:], known[0]), currency) if known and currency else None
    product = text_at(row, "product_id")
    return line(product if product != "0" else None, count_at(row, "quantity"), amount)


def customer_events(place: Place, settings: Settings, body: Json) -> list[Event]:
    """A customer: address, what is known, consent."""
    alias = alias_of(place, id_at(body, "id"))
    made = first_moment(body, "date_created_gmt", "date_modified_gmt")
    moment = moment_at(body, "date_modified_gmt") or made
    mails = [mail_alias(text_at(body, "email")), mail_alias(text_at(body, "billing", "email"))]
    own = {name: text_at(body, name) for name in ("first_name", "last_name")}
    return [
        *links(alias, mails, moment),
        *about(alias, at(body, "billing"), moment, own),
        *said_consent(place, settings, body, alias, moment),
    ]


def about(
    alias: str, billing: Any, moment: Micros, own: Mapping[str, str | None] | None = None
) -> list[Event]:
    """What a billing address tells of a person; what the person's own record says goes before."""
    facts = {
        "first_name": text_at(billing, "first_name"),
        "last_name": text_at(billing, "last_name"),
        "city": text_at(billing, "city"),
        "region": text_at(billing, "state"),
        "country": text_at(billing, "country"),
    }
    said = {name: value for name, value in (own or {}).items() if value}
    return attributes(alias, facts | said, moment)


def said_consent(
    place: Place, settings: Settings, body: Json, alias: str, moment: Micros
) -> list[Event]:
    """Consent from the meta key that the settings name."""
    for meta in rows_at(body, "meta_data"):
        if settings.consent_meta and at(meta, "key") == settings.consent_meta:
            value = at(meta, "value")
            word = str(value).lower() if isinstance(value, bool) else text_at(meta, "value") or ""
            state = "in" if word.lower() in YES else "out" if word.lower() in NO else None
            return consent(place, alias, state, moment)
    return []


def product(settings: Settings, body: Json) -> Product:
    """A catalogue entry. One that is not published is never picked."""
    id = id_at(body, "id")
    categories, images = rows_at(body, "categories"), rows_at(body, "images")
    return Product(
        id=id,
        name=text_at(body, "name") or id,
        category=text_at(categories[0], "name") if categories else None,
        price=money_at(body, settings.currency, "price"),
        currency=settings.currency,
        url=text_at(body, "permalink"),
        image=text_at(images[0], "src") if images else None,
        in_stock=at(body, "stock_status") in ("instock", "onbackorder")
        and at(body, "status") in (None, "publish"),
    )
