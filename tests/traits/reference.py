"""What each trait means, said a second time in plain Python over one contact's events.

Slow and obvious on purpose; shares no code with the product but the row models.
"""

import math
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, getcontext
from fractions import Fraction
from zoneinfo import ZoneInfo

getcontext().prec = 60
DAY = 86_400_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FILTERS = {
    None: lambda props: True,
    '"amount" > 500': lambda props: props["amount"] is not None and props["amount"] > 500,
    '"hour" BETWEEN 9 AND 17': lambda props: 9 <= props["hour"] <= 17,
    '"weekday" >= 6': lambda props: props["weekday"] >= 6,
    "\"coupon\" = 'it''s \"x\"'": lambda props: props["coupon"] == 'it\'s "x"',
    "\"category\" = 'dairy'": lambda props: any(one["category"] == "dairy" for one in props["all"]),
    '"quantity" > 1 AND "amount" > 500': lambda props: (
        props["quantity"] > 1 and props["amount"] is not None and props["amount"] > 500
    ),
}


def local(zone: str | None, at: int, fallback: str) -> datetime:
    try:
        clock = ZoneInfo(zone or fallback)
    except (KeyError, ValueError, OSError):
        clock = ZoneInfo(fallback)
    return (EPOCH + timedelta(microseconds=at)).astimezone(clock)


def seen(event, contact, playbook, products):
    """An event's properties with what is derived."""
    props = {name: event.get(name) for name in ("amount", "currency", "order", "rating", "city",
             "page", "channel", "latitude", "longitude", "offset")}  # fmt: skip
    props["coupon"] = event.get("props", {}).get("coupon")
    props["age"] = event.get("props", {}).get("age")
    props["amount"] = convert(props["amount"], props["currency"], playbook)
    clock = local(contact.get("zone"), event["occurred_at"], playbook.zone)
    if props["offset"] is not None:
        clock = EPOCH + timedelta(microseconds=event["occurred_at"], minutes=props["offset"])
    props["hour"], props["weekday"] = clock.hour, clock.isoweekday()
    props["all"] = [
        {
            "product": line["product"],
            "quantity": line["quantity"],
            "price": convert(line["amount"], props["currency"], playbook),
            "category": line["category"] or products.get(line["product"]),
        }
        for line in event.get("lines") or []
    ]
    return props


def convert(amount, currency, playbook):
    rate = playbook.rates.get(currency)
    if amount is None or rate is None or currency == playbook.currency:
        return amount
    exact = Decimal(abs(amount)) * rate / 1_000_000
    return int(math.copysign(1, amount)) * int(exact.quantize(Decimal(1), ROUND_HALF_UP))


def in_window(window, event, contact, playbook):
    now, at = contact["now"], event["occurred_at"]
    if at > now:
        return False
    if window is None:
        return True
    if window.micros is not None:
        return at > now - window.micros
    today = local(contact.get("zone"), now, playbook.zone).date()
    day = local(contact.get("zone"), at, playbook.zone).date()
    return (today - day).days < window.days


def rows(trait, contact, events, playbook, products, kind=None):
    """The rows that a trait ranges over, oldest first: (age, key, properties)."""
    fits = FILTERS[trait.where]
    found = []
    for event in events:
        if event["kind"] != (kind or trait.event):
            continue
        if not in_window(trait.window, event, contact, playbook):
            continue
        props = seen(event, contact, playbook, products)
        age = contact["now"] - event["occurred_at"]
        if trait.prop in ("product", "category", "quantity", "price"):
            lines = ({**props, **line, "all": [line]} for line in props["all"])
            found += [(age, event["key"], line) for line in lines if fits(line)]
        elif trait.where and "quantity" in trait.where:
            if any(fits({**props, **line}) for line in props["all"]):
                found.append((age, event["key"], props))
        elif fits(props):
            found.append((age, event["key"], props))
    return found


def value(trait, contact, events, playbook, products):
    """The trait's value for one contact. `products`: category by product id."""
    if trait.kind == "attribute":
        return contact.get("attributes", {}).get(trait.prop)
    if trait.kind == "near" and trait.event is None:
        return near(trait.place, contact.get("attributes", {}))
    found = rows(trait, contact, events, playbook, products)
    if trait.kind == "count":
        return len(found)
    if trait.kind == "since_last":
        return min((age for age, _, _ in found), default=None) // DAY if found else None
    if trait.kind == "score":
        return sum(weight(age // DAY, trait.half_life) for age, _, _ in found)
    if trait.kind == "near":
        placed = [row for row in found if None not in (row[2]["latitude"], row[2]["longitude"])]
        return near(trait.place, min(placed, key=newest)[2]) if placed else False
    known = [row for row in found if row[2][trait.prop] is not None]
    values = [row[2][trait.prop] for row in known]
    if trait.kind == "net":
        return sum(values) - refunds(trait, contact, events, playbook, found)
    return plain(trait, values, known)


def newest(row):
    """Sorts the newest first, of equally new ones the greatest key."""
    return (row[0], tuple(-ord(letter) for letter in row[1]))


def plain(trait, values, known):
    if trait.kind == "sum":
        return sum(values)
    if trait.kind == "distinct":
        return len(set(values))
    if not values:
        return None
    if trait.kind == "average":
        return float(Fraction(sum(values), len(values)))
    if trait.kind in ("min", "max"):
        return min(values) if trait.kind == "min" else max(values)
    if trait.kind == "most_frequent":
        return min(values, key=lambda one: (-values.count(one), one))
    ordered = sorted((-age, key, props[trait.prop]) for age, key, props in known)
    return ordered[0][2] if trait.kind == "first" else ordered[-1][2]


def refunds(trait, contact, events, playbook, orders):
    ids = {props["order"] for _, _, props in orders if props["order"] is not None}
    return sum(
        convert(event.get("amount"), event.get("currency"), playbook) or 0
        for event in events
        if event["kind"] == "refund"
        and event["occurred_at"] <= contact["now"]
        and event.get("order") in ids
    )


def weight(days, half_life):
    exact = Decimal(2) ** (20 - Decimal(days * DAY) / Decimal(half_life))
    return int(exact.quantize(Decimal(1), ROUND_HALF_UP))


def near(place, point):
    """By the great circle; tests keep away from the edge by more than the product's error."""
    if point.get("latitude") is None or point.get("longitude") is None:
        return False
    a, b = (math.radians(one / 1e6) for one in (place.latitude, point["latitude"]))
    apart = math.radians((place.longitude - point["longitude"]) / 1e6)
    cosine = math.sin(a) * math.sin(b) + math.cos(a) * math.cos(b) * math.cos(apart)
    return 6_371_008.8 * math.acos(max(-1.0, min(1.0, cosine))) <= place.metres
