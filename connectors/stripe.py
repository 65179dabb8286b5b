"""Payments, refunds and customers from Stripe's webhooks. A source only.

Signature: `Stripe-Signature: t=SECONDS,v1=HEX[,v1=HEX]`, each v1 the hex of HMAC-SHA256 over
`t.body` with the endpoint's secret, at most 300 s old (docs.stripe.com/webhooks/signature; the
official client 16.1 gives the same). That client takes stamps from the future; here the window
holds both ways. While a secret is rolled Stripe signs with both, and other schemes (v0) are
passed over.

A charge that succeeded is an order, named by its payment intent (or by itself, where it has none),
because refunds name that too. A refund object gives a refund; a failed one is cancelled; a lost
dispute is a refund. An expired checkout session is a cart. Amounts come in minor units after
Stripe's own table (docs.stripe.com/currencies): ISK and UGX with two digits, MGA with none.
Charges carry no lines, so nobody is known to have bought one of the products that
`product.*` tells (docs.stripe.com/api/products/object). Unverified on a live account: that checkout consent keeps
the values opt_in and opt_out.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from pydantic import Field

from connectors.shared.signatures import in_time, needed, signed
from connectors.shared.webhook import (
    Hook,
    Json,
    Signed,
    at,
    currency_at,
    decimal_at,
    first_moment,
    id_at,
    json_of,
    minor_units,
    moment_at,
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
    links,
    mail_alias,
    version_at,
)
from personalization.connector import Received, Request, Source, Webhook
from personalization.currency import digits
from personalization.models import CANCELLED, Event, Micros, Product

OWN_DIGITS = {"ISK": 2, "UGX": 2, "MGA": 0}
"""Where Stripe writes a currency with another number of digits than ISO 4217 has."""


class Settings(Signed):
    """`secret` is the endpoint's signing secret (whsec_...). `window` is how many seconds a call
    may lie in the past or the future."""

    window: int = Field(default=300, ge=1)


def webhook(account: str, settings: Mapping[str, Any]) -> Webhook:
    """The webhook of one account. Raises Stop for settings that are missing or wrong."""
    given = settings_of(Settings, "stripe", account, settings)
    return Hook("stripe", account, given.most_bytes, partial(check, given),
                partial(read, Place("stripe", account)))  # fmt: skip


def source(account: str, settings: Mapping[str, Any]) -> Source:
    """The pull of one account; its settings are those of `shared/stripe_pull.py`. Raises Stop for
    settings that are missing or wrong."""
    from connectors.shared.stripe_pull import source as pull

    return pull(account, settings, READERS, units)


def check(settings: Settings, request: Request) -> None:
    """Raises Refused unless the body is signed and in time."""
    parts = [part.partition("=") for part in needed(request, "Stripe-Signature").split(",")]
    stamps = [value for name, _, value in parts if name == "t"]
    given = [value for name, _, value in parts if name == "v1"]
    stamp = stamps[0] if len(stamps) == 1 else ""
    message = stamp.encode("utf-8", "surrogateescape") + b"." + request.body
    signed(given, settings.secrets(), message, "hex")
    in_time(stamp, request, settings.window)


def read(place: Place, request: Request) -> Received:
    """What a call says. Raises Skip."""
    body = object_of(json_of(request))
    delivery = text_at(body, "id") or ""
    kind = text_at(body, "type") or ""
    reader = READERS.get(kind)
    if reader is None and kind not in PRODUCTS:
        return Received(delivery=delivery)
    thing = object_of(at(body, "data", "object"), "data.object")
    if reader is None:
        entry = product(thing, deleted=kind == "product.deleted")
        return Received(products=(entry,), delivery=delivery)
    return Received(events=tuple(reader(place, thing, body)), delivery=delivery)


def units(thing: Json, name: str) -> int | None:
    """An amount in minor units, from Stripe's."""
    currency, amount = currency_at(thing, "currency"), decimal_at(thing, name)
    if amount is None or currency is None:
        return None
    own = OWN_DIGITS.get(currency, digits(currency))
    return minor_units(amount.scaleb(-own), currency)


def order_of(thing: Json, charge: str) -> str:
    """What names the order of a charge, refund or dispute."""
    return text_at(thing, "payment_intent") or id_at(thing, charge)


def charged(place: Place, thing: Json, event: Json) -> list[Event]:
    """A charge. Once something of it is paid back, it also says whose its refunds are."""
    if at(thing, "status") != "succeeded" or at(thing, "captured") is False:
        return []
    order, made = order_of(thing, "id"), first_moment(thing, "created")
    customer, own = text_at(thing, "customer"), alias_of(place, "order", order)
    mail = mail_alias(text_at(thing, "billing_details", "email") or text_at(thing, "receipt_email"))
    who = alias_of(place, customer) if customer else mail or own
    captured = units(thing, "amount_captured")
    props = {
        "order": order,
        "amount": captured if captured is not None else units(thing, "amount"),
        "currency": currency_at(thing, "currency"),
        "city": text_at(thing, "billing_details", "address", "city"),
    }
    moment = version_at(made, moment_at(event, "created"))
    events = [fact(place, "order", ("order", order), who, moment, props)]
    events += links(who, [mail], made)
    back = units(thing, "amount_refunded") or at(thing, "disputed") is True
    return events + (links(own, [who], made) if back else [])


def refunded(place: Place, thing: Json, event: Json) -> list[Event]:
    """A refund, or a dispute that was lost. It says nothing of the person."""
    status, order = text_at(thing, "status"), order_of(thing, "charge")
    dispute = at(thing, "object") == "dispute"
    if status == "requires_action" or (dispute and status != "lost"):
        return []
    kind = CANCELLED if status in ("failed", "canceled") else "refund"
    props = {"order": order, "amount": units(thing, "amount"),
             "currency": currency_at(thing, "currency")}  # fmt: skip
    moment = version_at(first_moment(thing, "created"), moment_at(event, "created"))
    return [fact(place, kind, ("refund", id_at(thing, "id")), alias_of(place, "order", order),
                 moment, props)]  # fmt: skip


def buyer(place: Place, thing: Json, moment: Micros) -> tuple[str | None, list[Event]]:
    """Who went through a checkout session, and what it tells of them."""
    customer = text_at(thing, "customer")
    mail = mail_alias(text_at(thing, "customer_details", "email")
                      or text_at(thing, "customer_email"))  # fmt: skip
    who = alias_of(place, customer) if customer else mail
    if who is None:
        return None, []
    state = {"opt_in": "in", "opt_out": "out"}.get(text_at(thing, "consent", "promotions") or "")
    events = links(who, [mail], moment) + consent(place, who, state, moment)
    return who, events + attributes(who, where(at(thing, "customer_details", "address")), moment)


def checked_out(place: Place, thing: Json, _: Json) -> list[Event]:
    """A checkout session that was completed tells of the person; its charge is the order."""
    return buyer(place, thing, first_moment(thing, "created"))[1]


def left(place: Place, thing: Json, _: Json) -> list[Event]:
    """A checkout session that expired: a cart left behind, if anybody knows whose."""
    made = first_moment(thing, "created")
    who, events = buyer(place, thing, made)
    if who is None:
        return []
    props = {"amount": units(thing, "amount_total"), "currency": currency_at(thing, "currency")}
    return [fact(place, "cart", ("cart", id_at(thing, "id")), who, made, props), *events]


def customer_events(place: Place, thing: Json, event: Json) -> list[Event]:
    """A customer: address, the one before it, what is known."""
    alias, moment = alias_of(place, id_at(thing, "id")), first_moment(event, "created")
    before = text_at(event, "data", "previous_attributes", "email")
    mails = [mail_alias(text_at(thing, "email")), mail_alias(before)]
    locales = at(thing, "preferred_locales")
    language = text_at({"first": locales[0]}, "first") if isinstance(locales, list) and locales \
        else None  # fmt: skip
    facts = {"name": text_at(thing, "name"), **where(at(thing, "address"))}
    return links(alias, mails, moment) + attributes(alias, facts, moment, language)


def product(thing: Json, deleted: bool) -> Product:
    """A catalogue entry. One that was deleted or is not active is never picked. Its price is known
    where the call brings the default price with it, and not only that price's id."""
    id, images = id_at(thing, "id"), at(thing, "images")
    price = at(thing, "default_price")
    priced = isinstance(price, dict)
    return Product(
        id=id,
        name=text_at(thing, "name") or id,
        price=units(price, "unit_amount") if priced else None,
        currency=currency_at(price, "currency") if priced else None,
        url=text_at(thing, "url"),
        image=text_at({"first": images[0]}, "first") if isinstance(images, list) and images
        else None,
        in_stock=not deleted and at(thing, "active") is not False,
    )  # fmt: skip


def where(address: Any) -> dict[str, str | None]:
    """Where a person lives, as attributes."""
    return {"city": text_at(address, "city"), "region": text_at(address, "state"),
            "country": text_at(address, "country")}  # fmt: skip


def with_refunds(place: Place, thing: Json, event: Json) -> list[Event]:
    """A charge that tells its refunds too, as API versions before November 2022 do."""
    refunds = [one for refund in rows_at(thing, "refunds", "data")
               for one in refunded(place, refund, event)]  # fmt: skip
    return charged(place, thing, event) + refunds


PRODUCTS = frozenset({"product.created", "product.updated", "product.deleted"})
READERS: dict[str, Callable[[Place, Json, Json], list[Event]]] = {
    **dict.fromkeys(("charge.succeeded", "charge.captured", "charge.updated"), charged),
    "charge.refunded": with_refunds,
    **dict.fromkeys(("refund.created", "refund.updated", "refund.failed",
                     "charge.refund.updated", "charge.dispute.closed"), refunded),
    **dict.fromkeys(("checkout.session.completed", "checkout.session.async_payment_succeeded"),
                    checked_out),
    "checkout.session.expired": left,
    **dict.fromkeys(("customer.created", "customer.updated"), customer_events),
}  # fmt: skip
