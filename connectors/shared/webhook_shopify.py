"""Shopify's orders, refunds, checkouts and customers as events. See `connectors/shopify.py`.

An order is dated when it was processed and stays there; its later versions stand. A cancelled or
voided order is of kind `cancelled`. A refund is dated when it was made, by its own id, whether it
comes in its order or alone; alone it does not say whose it is, and waits under its order's alias
until the order says so.
"""

from decimal import Decimal
from typing import Any

from connectors.shared.shopify_money import paid_back
from connectors.shared.webhook import (
    Json,
    at,
    count_at,
    currency_at,
    decimal_at,
    first_moment,
    id_at,
    minor_units,
    moment_at,
    money_at,
    rows_at,
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
)
from personalization.connector import Received
from personalization.errors import Skip
from personalization.models import CANCELLED, Event, Micros

ORDERS = ("orders/create", "orders/paid", "orders/updated", "orders/cancelled",
          "orders/fulfilled", "orders/partially_fulfilled")  # fmt: skip
STATES = {"subscribed": "in", "unsubscribed": "out", "redacted": "out", "invalid": "out"}
"""Shopify's states. `not_subscribed` was never asked and `pending` has not confirmed: both have
said nothing."""


def person(place: Place, body: Json, own: str) -> str:
    """Whose an order or checkout is: the customer's, else the address's, else a person known by
    nothing but it."""
    customer = text_at(body, "customer", "id")
    mail = mail_alias(text_at(body, "email") or text_at(body, "contact_email"))
    return alias_of(place, customer) if customer else mail or own


def order_events(place: Place, body: Json) -> list[Event]:
    """An order, its refunds, and what it tells of the customer. Test orders say nothing."""
    if at(body, "test") is True:
        return []
    id = id_at(body, "id")
    placed = first_moment(body, "processed_at", "created_at")
    changed = moment_at(body, "updated_at") or placed
    own = alias_of(place, "order", id)
    who = person(place, body, own)
    currency = currency_at(body, "currency")
    off = at(body, "cancelled_at") is not None or at(body, "financial_status") == "voided"
    props = {
        "order": id,
        "amount": money_at(body, currency, "total_price"),
        "currency": currency,
        "city": text_at(body, "shipping_address", "city"),
        "lines": [one for row in rows_at(body, "line_items") for one in order_line(row, currency)],
    }
    kind = CANCELLED if off else "order"
    events = [fact(place, kind, ("order", id), who, version_at(placed, changed), props)]
    refunds = rows_at(body, "refunds")
    for refund in refunds:
        events += refund_events(place, refund, id, who, changed, currency)
    if refunds:
        # Only then: an order that is given to another customer makes one person of the two.
        events += links(own, [who], placed)
    return events + about_buyer(place, body, who, placed, changed)


def about_buyer(place: Place, body: Json, who: str, placed: Micros, changed: Micros) -> list[Event]:
    """What an order or checkout tells of the person."""
    customer = at(body, "customer")
    if text_at(customer, "id"):
        events = customer_events(place, customer, changed)
        mail = text_at(body, "email")
        if mail and not text_at(customer, "email"):
            events += links(who, [mail_alias(mail)], placed)
        return events
    ticked = at(body, "buyer_accepts_marketing") is True
    said = consent(place, who, "in", placed) if ticked and who.startswith("email:") else []
    return said + attributes(who, address(at(body, "shipping_address")), changed,
                             text_at(body, "customer_locale"))  # fmt: skip


def order_line(row: Json, currency: str | None) -> list[dict[str, Any]]:
    """A line: its price times its quantity, less what was taken off."""
    quantity = count_at(row, "quantity")
    price = decimal_at(row, "price")
    amount = None
    if price is not None and quantity is not None and currency is not None:
        off = [decimal_at(one, "amount") for one in rows_at(row, "discount_allocations")]
        whole = price * quantity - sum((one for one in off if one is not None), Decimal(0))
        amount = minor_units(whole, currency)
    product = text_at(row, "product_id") or text_at(row, "variant_id") or text_at(row, "sku")
    return line(product, quantity, amount)


def refund_events(
    place: Place, body: Json, order: str | None = None, who: str | None = None,
    changed: Micros | None = None, currency: str | None = None,
) -> list[Event]:  # fmt: skip
    """A refund, partial or whole: what was paid back, in the shop's money as its order is
    (`currency`). One that pays nothing back (a restock) or has not yet says nothing."""
    id, order = id_at(body, "id"), order or id_at(body, "order_id")
    made = first_moment(body, "processed_at", "created_at")
    paid = [
        one for one in rows_at(body, "transactions")
        if at(one, "kind") == "refund" and at(one, "status") == "success"
    ]  # fmt: skip
    amount, currency = paid_back(body, paid, currency)
    if not amount:
        return []
    lines = [
        each
        for row in rows_at(body, "refund_line_items")
        for each in line(
            text_at(row, "line_item", "product_id"), count_at(row, "quantity"),
            money_at(row, currency, "subtotal"),
        )
    ]  # fmt: skip
    props = {"order": order, "amount": amount, "currency": currency, "lines": lines}
    moment = version_at(made, changed)
    return [fact(place, "refund", ("refund", id), who or alias_of(place, "order", order), moment,
                 props)]  # fmt: skip


def cart(place: Place, body: Json) -> list[Event]:
    """A cart or checkout as it stands; the later stands instead of the earlier, and one that is
    empty or has become an order is no cart any more."""
    token = text_at(body, "cart_token") or text_at(body, "token") or id_at(body, "id")
    changed = first_moment(body, "updated_at", "created_at")
    own = alias_of(place, "cart", token)
    who = person(place, body, own)
    currency = currency_at(body, "currency")
    lines = [one for row in rows_at(body, "line_items") for one in order_line(row, currency)]
    gone = not lines or at(body, "completed_at") is not None
    props = {"cart": token, "amount": money_at(body, currency, "total_price"), "currency": currency,
             "lines": lines}  # fmt: skip
    events = [fact(place, CANCELLED if gone else "cart", ("cart", token), who, changed, props)]
    return events + links(own, [who], changed) + about_buyer(place, body, who, changed, changed)


def customer_events(place: Place, body: Json, changed: Micros | None = None) -> list[Event]:
    """A customer: address, what is known, consent. `changed` dates one within an order."""
    alias = alias_of(place, id_at(body, "id"))
    moment = moment_at(body, "updated_at") or changed or first_moment(body, "created_at")
    events = links(alias, [mail_alias(text_at(body, "email"))], moment)
    names = {name: text_at(body, name) for name in ("first_name", "last_name", "tags")}
    events += attributes(alias, names | address(at(body, "default_address")), moment)
    return events + consents(place, alias, body, moment)


def address(body: Any) -> dict[str, str | None]:
    """Where a person lives, as attributes."""
    country = text_at(body, "country_code") or text_at(body, "country")
    return {"city": text_at(body, "city"), "region": text_at(body, "province"), "country": country}


def consents(place: Place, alias: str, body: Json, moment: Micros) -> list[Event]:
    """Marketing consent by channel, dated when it was given. An opt-in that does not say when
    counts from when the customer was made: no later, so that nothing old looks fresh."""
    events: list[Event] = []
    for channel in ("email", "sms"):
        told = at(body, f"{channel}_marketing_consent")
        state = STATES.get((text_at(told, "state") or "").lower())
        when = moment_at(told, "consent_updated_at")
        if when is None:
            when = moment if state == "out" else moment_at(body, "created_at")
        if when is not None:
            events += consent(place, alias, state, when, channel)
    return events


def said_consent(place: Place, body: Json) -> list[Event]:
    """The topics that tell a change of consent alone."""
    alias = alias_of(place, text_at(body, "customer_id") or id_at(body, "id"))
    moments = [
        found
        for channel in ("email", "sms")
        if (found := moment_at(body, f"{channel}_marketing_consent", "consent_updated_at"))
    ]
    if not moments:
        raise Skip("consent_updated_at is missing")
    mail = mail_alias(text_at(body, "email_address"))
    return links(alias, [mail], max(moments)) + consents(place, alias, body, max(moments))


def merged(place: Place, body: Json, moment: Micros) -> list[Event]:
    """Two customers became one. The ids are the last part of `gid://shopify/Customer/123`."""
    kept = id_at(body, "admin_graphql_api_customer_kept_id").rpartition("/")[2]
    gone = id_at(body, "admin_graphql_api_customer_deleted_id").rpartition("/")[2]
    return links(alias_of(place, kept), [alias_of(place, gone)], moment)


def redacted(place: Place, body: Json, moment: Micros) -> Received:
    """Shopify asks to erase a customer, with the orders by which they may be known here. Until
    that is done nothing is sent to them."""
    told_by_shop(body, "orders_requested")
    customer, mail = text_at(body, "customer", "id"), text_at(body, "customer", "email")
    orders = at(body, "orders_to_redact")
    names = [alias_of(place, customer) if customer else None, mail_alias(mail)]
    names += [alias_of(place, "order", str(one)) for one in orders if type(one) is int] \
        if isinstance(orders, list) else []  # fmt: skip
    known = [one for one in names if one]
    if not known:
        raise Skip("customer.id is missing")
    who = known[0]
    events = links(who, known[1:], moment)
    for channel in ("email", "sms"):
        events += consent(place, who, "out", moment, channel)
    return Received(events=tuple(events), erase=(who,))


def asked(place: Place, body: Json) -> Received:
    """A customer asks what is kept of them; a person has to answer."""
    told_by_shop(body, "orders_to_redact")
    customer, mail = text_at(body, "customer", "id"), text_at(body, "customer", "email")
    names = [alias_of(place, customer) if customer else None, mail_alias(mail)]
    return Received(asked=tuple(one for one in names if one))


def left(body: Json) -> Received:
    """The app was taken off the shop two days ago: all that is known from it is to be erased."""
    told_by_shop(body, "customer")
    return Received(left=True)


def told_by_shop(body: Json, other: str) -> None:
    """The topic is in no signature, so a request is known by its body: none but these name the
    shop, and `other` is another's. Raises Skip."""
    if text_at(body, "shop_id") is None or other in body:
        raise Skip("the body is none of this topic")
