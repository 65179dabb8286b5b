"""Payments, refunds and customers from Square's webhooks. A source only.

Signature: base64 of HMAC-SHA256 over the notification URL and the raw body together, with the
subscription's signature key, in x-square-hmacsha256-signature (developer.squareup.com, "Verify and
validate an event notification"; the official Python client's test vectors pass). The URL is the
one that the subscription names, so set `url` where a gateway changes what is called. There is no
signed time stamp, so there is no replay window: a call sent again repeats keys, changes nothing.

A completed payment is an order, named by the payment's id: Square makes an order of its own for
every refund, so only the payment tells which purchase a refund takes back. A purchase paid in
parts is one order a part. Notifications of orders carry no lines and say nothing here; products
and lines need Square's API. `email_unsubscribed` is an opt-out; its absence is no opt-in.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from connectors.shared.signatures import needed, signed
from connectors.shared.webhook import (
    Hook,
    Json,
    Signed,
    at,
    count_at,
    currency_at,
    first_moment,
    id_at,
    json_of,
    moment_at,
    object_of,
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
from personalization.models import CANCELLED, Event


class Settings(Signed):
    """`secret` is the subscription's signature key, `url` its notification URL; without it, the
    address that was called."""

    url: str | None = None


def webhook(account: str, settings: Mapping[str, Any]) -> Webhook:
    """The webhook of one seller. Raises Stop for settings that are missing or wrong."""
    given = settings_of(Settings, "square", account, settings)
    return Hook("square", account, given.most_bytes, partial(check, given),
                partial(read, Place("square", account)))  # fmt: skip


def source(account: str, settings: Mapping[str, Any]) -> Source:
    """The pull of one seller; its settings are those of `shared/square_pull.py`. Raises Stop for
    settings that are missing or wrong."""
    from connectors.shared.square_pull import source as pull

    return pull(account, settings, READERS)


def check(settings: Settings, request: Request) -> None:
    """Raises Refused unless URL and body are signed."""
    given = needed(request, "x-square-hmacsha256-signature")
    url = (settings.url or request.url).encode("utf-8", "surrogateescape")
    signed([given], settings.secrets(), url + request.body, "base64")


def read(place: Place, request: Request) -> Received:
    """What a call says. Raises Skip."""
    body = object_of(json_of(request))
    delivery = text_at(body, "event_id") or ""
    name, _, event = (text_at(body, "type") or "").partition(".")
    reader = READERS.get(name)
    if reader is None or event not in ("created", "updated", "deleted"):
        return Received(delivery=delivery)
    thing = at(body, "data", "object")
    return Received(events=tuple(reader(place, object_of(thing, "data.object"), body)),
                    delivery=delivery)  # fmt: skip


def money(thing: Json, name: str) -> dict[str, Any]:
    """An amount and its currency; Square writes minor units already."""
    return {"amount": count_at(thing, name, "amount"),
            "currency": currency_at(thing, name, "currency")}  # fmt: skip


def paid(place: Place, thing: Json, _: Json) -> list[Event]:
    """A payment. Once something of it is paid back, it also says whose its refunds are."""
    payment = object_of(at(thing, "payment"), "data.object.payment")
    id, status = id_at(payment, "id"), text_at(payment, "status")
    if status not in ("COMPLETED", "CANCELED", "FAILED"):
        return []
    made = first_moment(payment, "created_at")
    customer, own = text_at(payment, "customer_id"), alias_of(place, "order", id)
    mail = mail_alias(text_at(payment, "buyer_email_address"))
    who = alias_of(place, customer) if customer else mail or own
    total = "total_money" if at(payment, "total_money") else "amount_money"
    props = {"order": id, **money(payment, total),
             "city": text_at(payment, "shipping_address", "locality")}  # fmt: skip
    moment = version_at(made, moment_at(payment, "updated_at"))
    kind = "order" if status == "COMPLETED" else CANCELLED
    events = [fact(place, kind, ("order", id), who, moment, props), *links(who, [mail], made)]
    back = count_at(payment, "refunded_money", "amount") or at(payment, "refund_ids")
    return events + (links(own, [who], made) if back else [])


def refunded(place: Place, thing: Json, _: Json) -> list[Event]:
    """A refund. It says nothing of the person."""
    refund = object_of(at(thing, "refund"), "data.object.refund")
    payment = id_at(refund, "payment_id")
    kind = CANCELLED if text_at(refund, "status") in ("REJECTED", "FAILED") else "refund"
    props = {"order": payment, **money(refund, "amount_money")}
    moment = version_at(first_moment(refund, "created_at"), moment_at(refund, "updated_at"))
    return [fact(place, kind, ("refund", id_at(refund, "id")), alias_of(place, "order", payment),
                 moment, props)]  # fmt: skip


def customer_events(place: Place, thing: Json, body: Json) -> list[Event]:
    """A customer: address, what is known, opt-out; and who became one, where they were merged."""
    merge = at(thing, "event_context", "merge")
    events: list[Event] = []
    into, gone = text_at(merge, "to_customer_id"), at(merge, "from_customer_ids")
    if into and isinstance(gone, list):
        others = [alias_of(place, one) for one in gone if isinstance(one, str) and one.strip()]
        events += links(alias_of(place, into), others, first_moment(body, "created_at"))
    customer = at(thing, "customer")
    if not text_at(customer, "id") or text_at(body, "type") == "customer.deleted":
        return events
    alias = alias_of(place, id_at(customer, "id"))
    moment = first_moment(customer, "updated_at", "created_at")
    facts = {
        "first_name": text_at(customer, "given_name"),
        "last_name": text_at(customer, "family_name"),
        "city": text_at(customer, "address", "locality"),
        "region": text_at(customer, "address", "administrative_district_level_1"),
        "country": text_at(customer, "address", "country"),
    }
    left = at(customer, "preferences", "email_unsubscribed") is True
    return [
        *events,
        *links(alias, [mail_alias(text_at(customer, "email_address"))], moment),
        *attributes(alias, facts, moment),
        *consent(place, alias, "out" if left else None, moment),
    ]


READERS: dict[str, Callable[[Place, Json, Json], list[Event]]] = {
    "payment": paid,
    "refund": refunded,
    "customer": customer_events,
}
