"""Messages of Segment's tracking format as events. See `connectors/segment.py`.

Event names and properties after Segment's spec of calls and its ecommerce spec, version 2. An
order, its updates and its cancellation share the order's key; a refund, a view and everything else
is keyed by its message. The clock of whoever sends may be wrong: no event is dated after it came.
A track event of any other name becomes a kind of its own (`Wishlist Shared` is `wishlist_shared`),
which a playbook may name; never one of the kinds that a contact's state is read from.
"""

import json
import re
from collections.abc import Iterable
from functools import cache
from hashlib import blake2b
from typing import Any, NamedTuple
from zoneinfo import available_timezones

from connectors.shared.clicks import addresses, traced
from connectors.shared.webhook import (
    Json,
    at,
    count_at,
    currency_at,
    decimal_at,
    id_at,
    minor_units,
    moment_at,
    money_at,
    plain_value,
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
)
from personalization.errors import Skip
from personalization.models import BEHAVIOUR, CANCELLED, FEEDBACK, PURCHASE, Event, Micros

KINDS = {
    "product viewed": "view",
    "product clicked": "view",
    "product list viewed": "view",
    "product added": "cart",
    "cart viewed": "cart",
    "checkout started": "cart",
    "checkout step viewed": "cart",
    "order completed": "order",
    "order updated": "order",
    "order cancelled": CANCELLED,
    "order refunded": "refund",
    "coupon applied": "redeem",
    "product reviewed": "feedback",
    "email opened": "open",
    "email link clicked": "click",
}
TAKEN = {*PURCHASE, *BEHAVIOUR, *FEEDBACK, CANCELLED, "attributes", "consent", "link"}
OWN = {"products", "product_id", "sku", "quantity", "price", "total", "revenue", "value", "amount",
       "currency", "order_id", "rating", "category", "email", "lines", "order", "page", "city",
       "channel", "latitude", "longitude", "offset"}  # fmt: skip


class Reading(NamedTuple):
    """What all messages of a call have in common."""

    place: Place
    currency: str | None
    consent_trait: str | None
    received_at: Micros


def message(reading: Reading, body: Json, kind: str) -> list[Event]:
    """One message. Raises Skip for one that cannot be taken."""
    readers = {"identify": identify, "track": track, "page": visit, "screen": visit,
               "group": group, "alias": alias}  # fmt: skip
    reader = readers.get(kind)
    if reader is None:
        raise Skip("type is none of identify, track, page, screen, group, alias")
    return reader(reading, body)


def moment(reading: Reading, body: Json) -> Micros:
    """When it happened, never later than it came."""
    for name in ("timestamp", "originalTimestamp", "sentAt"):
        if (said := moment_at(body, name)) is not None:
            return min(said, reading.received_at)
    return reading.received_at


def person(reading: Reading, body: Json) -> str:
    """Whose a message is. Raises Skip where it names nobody."""
    if user := text_at(body, "userId"):
        return alias_of(reading.place, user)
    if device := text_at(body, "anonymousId"):
        return alias_of(reading.place, "anonymous", device)
    raise Skip("userId or anonymousId is missing")


def own_key(body: Json) -> str:
    """What names a message: its id, or else all that it says."""
    told = {name: plain_value(value) for name, value in body.items() if name != "sentAt"}
    content = json.dumps(told, sort_keys=True)
    return text_at(body, "messageId") or blake2b(content.encode(), digest_size=10).hexdigest()


def identify(reading: Reading, body: Json) -> list[Event]:
    """Who somebody is: the device and address of a user become that user."""
    who, when = person(reading, body), moment(reading, body)
    traits = at(body, "traits") if isinstance(at(body, "traits"), dict) else at(
        body, "context", "traits")  # fmt: skip
    device = text_at(body, "anonymousId")
    others = [mail_alias(text_at(traits, "email")),
              alias_of(reading.place, "anonymous", device) if device else None]  # fmt: skip
    facts = {name: value for name, value in flat(traits).items() if name not in ("email", "id")}
    facts.pop(reading.consent_trait or "", None)
    zone = text_at(traits, "timezone") or text_at(body, "context", "timezone")
    language = text_at(traits, "language") or text_at(body, "context", "locale")
    events = links(who, others, when)
    events += attributes(who, facts, when, language, zone if zone in zones() else None)
    said = at(traits, reading.consent_trait) if reading.consent_trait else None
    state = {True: "in", False: "out"}[said] if isinstance(said, bool) else None
    return events + consent(reading.place, who, state, when)


@cache
def zones() -> set[str]:
    """All zones of the time zone database."""
    return available_timezones()


def flat(traits: Any) -> dict[str, Any]:
    """Plain traits; of an address its parts."""
    if not isinstance(traits, dict):
        return {}
    made = {name: plain_value(value) for name, value in traits.items()}
    parts = {part: text_at(traits, "address", part) for part in ("city", "state", "country")}
    parts["region"] = parts.pop("state")
    return {name: value for name, value in (parts | made).items()
            if isinstance(value, str | int | float | bool)}  # fmt: skip


def group(reading: Reading, body: Json) -> list[Event]:
    """The group that somebody belongs to, as an attribute."""
    name = text_at(body, "traits", "name") or id_at(body, "groupId")
    return attributes(person(reading, body), {"group": name}, moment(reading, body))


def alias(reading: Reading, body: Json) -> list[Event]:
    """Two ids are one person. The former may be a user's or a device's."""
    before = id_at(body, "previousId")
    ids = [alias_of(reading.place, before), alias_of(reading.place, "anonymous", before)]
    return links(person(reading, body), ids, moment(reading, body))


def visit(reading: Reading, body: Json) -> list[Event]:
    """A page or screen."""
    page = (text_at(body, "properties", "path") or text_at(body, "context", "page", "path")
            or text_at(body, "properties", "url") or text_at(body, "name"))  # fmt: skip
    props = {"page": page, "city": text_at(body, "context", "location", "city")}
    return [fact(reading.place, "visit", ("message", own_key(body)), person(reading, body),
                 moment(reading, body), traced(props, *told_by(body)))]  # fmt: skip


def told_by(body: Json) -> Iterable[object]:
    """What of a message may carry a decision."""
    return addresses(at(body, "properties"), at(body, "context", "page"))


def track(reading: Reading, body: Json) -> list[Event]:
    """Something that somebody did."""
    name = id_at(body, "event").lower()
    who, when = person(reading, body), moment(reading, body)
    if name in ("unsubscribed", "email unsubscribed"):
        return consent(reading.place, who, "out", when)
    told = at(body, "properties") if isinstance(at(body, "properties"), dict) else {}
    kind = KINDS.get(name) or slug(name)
    currency = currency_at(told, "currency") or reading.currency
    amount = paid(told, kind, currency)
    props = {
        "order": text_at(told, "order_id"),
        "amount": amount,
        "currency": currency if amount is not None else None,
        "rating": count_at(told, "rating"),
        "category": text_at(told, "category"),
        "page": text_at(body, "context", "page", "path"),
        "city": text_at(body, "context", "location", "city"),
        "channel": text_at(told, "channel"),
        "lines": lines(told, currency),
        **{key: plain_value(value) for key, value in told.items() if key not in OWN},
    }
    key = ("message", own_key(body))
    if kind in ("order", CANCELLED):
        key = ("order", id_at(told, "order_id"))
    events = [fact(reading.place, kind, key, who, when, traced(props, *told_by(body)))]
    return events + links(who, [mail_alias(text_at(told, "email"))], when)


def slug(name: str) -> str:
    """A kind of its own for an event of that name."""
    made = re.sub(r"[^a-z0-9]+", "_", name).strip("_") or "event"
    return f"track_{made}" if made in TAKEN else made


def paid(told: Json, kind: str, currency: str | None) -> int | None:
    """What an order, refund or cart came to. `total` is what the customer pays, `revenue` what
    the shop keeps; a refund that names neither took back the lines it lists."""
    for name in ("total", "revenue", "value"):
        if (amount := money_at(told, currency, name)) is not None:
            return abs(amount)
    rows = lines(told, currency)
    known = [int(one["amount"]) for one in rows if "amount" in one]
    return sum(known) if kind == "refund" and rows and len(known) == len(rows) else None


def lines(told: Json, currency: str | None) -> list[dict[str, Any]]:
    """The products of an event, or the one that it is about."""
    rows = rows_at(told, "products") or [told]
    made: list[dict[str, Any]] = []
    for row in rows:
        price, quantity = decimal_at(row, "price"), count_at(row, "quantity")
        amount = None
        if price is not None and currency is not None:
            amount = minor_units(price * (1 if quantity is None else quantity), currency)
        product = text_at(row, "product_id") or text_at(row, "sku")
        made += line(product, quantity, amount, text_at(row, "category"))
    return made
