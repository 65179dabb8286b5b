"""Orders, deals and carts as events. Keys are made of the objects' own ids, so an object that
changes later is the same event: its newest version stands (see `version_at`)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from connectors.shared.hubspot_links import bought
from connectors.shared.hubspot_walk import Kind, Row
from connectors.shared.moments import micros
from connectors.shared.webhook import currency_at, first_moment, moment_at, money_at, text_at
from connectors.shared.webhook_events import Place, alias_of, fact, version_at
from personalization.models import CANCELLED, Event

ORDERS, DEALS, CARTS = Kind(name="orders"), Kind(name="deals"), Kind(name="carts")
WANTED = {
    "orders": ("hs_external_order_id", "hs_external_created_date", "hs_processed_date",
               "hs_createdate", "hs_total_price", "hs_currency_code", "hs_external_order_status",
               "hs_external_cancel_date", "hs_refund_amount"),
    "deals": ("amount", "closedate", "createdate", "deal_currency_code", "hs_is_closed",
              "hs_is_closed_won"),
    "carts": ("hs_createdate", "hs_total_price", "hs_currency_code", "hs_external_status",
              "hs_cart_url"),
}  # fmt: skip
OFF = frozenset({"cancelled", "canceled", "voided"})
DONE = frozenset({"completed", "complete", "converted", "success", "closed"})
"""States of a cart that is none any more; the shop's system writes them (unverified which)."""


class Object(NamedTuple):
    """One object with whose it is and its lines. `currency` is that of amounts that name none."""

    place: Place
    row: Row
    contacts: Sequence[str]
    lines: Sequence[Row]
    currency: str | None

    def values(self) -> Mapping[str, Any]:
        """Its properties."""
        return self.row.get("properties") or {}

    def who(self, kind: str) -> str:
        """The contact, the oldest of several; else the object itself, until somebody joins it to
        a contact."""
        own = (self.contacts[0],) if self.contacts else (kind, str(self.row["id"]))
        return alias_of(self.place, *own)

    def money(self, name: str, currency: str) -> dict[str, Any]:
        """Currency, amount in minor units, and lines."""
        told = currency_at(self.values(), currency) or self.currency
        amount = money_at(self.values(), told, name)
        return {"amount": amount, "currency": told, "lines": bought(self.lines, told)}


def order(one: Object) -> list[Event]:
    """An order, and what was refunded of it. A refund has no date of its own there and gets that
    of the order's last change."""
    values, id, changed = one.values(), str(one.row["id"]), micros(one.row["updatedAt"])
    placed = first_moment(values, "hs_external_created_date", "hs_processed_date", "hs_createdate")
    state = (text_at(values, "hs_external_order_status") or "").lower()
    off = moment_at(values, "hs_external_cancel_date") is not None or state in OFF
    money, who = one.money("hs_total_price", "hs_currency_code"), one.who("order")
    outside = text_at(values, "hs_external_order_id")
    events = [
        fact(one.place, CANCELLED if off else "order", ("order", id), who,
             version_at(placed, changed), {"order": id, "outside_order": outside, **money})
    ]  # fmt: skip
    back = money_at(values, money["currency"], "hs_refund_amount")
    if back and not off:
        props = {"order": id, "amount": back, "currency": money["currency"]}
        events.append(fact(one.place, "refund", ("refund", id), who, changed, props))
    return events


def deal(one: Object) -> list[Event]:
    """A deal: an order once it is won, as of the day on which it was; before that, or when it is
    opened again, a `deal`; lost, it is called off. HubSpot dates a deal anew each time it is
    closed, so what it is now is always dated latest."""
    values, id, changed = one.values(), str(one.row["id"]), micros(one.row["updatedAt"])
    props = {"order": id, **one.money("amount", "deal_currency_code")}
    if values.get("hs_is_closed_won") == "true":
        kind, at = "order", version_at(first_moment(values, "closedate", "createdate"), changed)
    else:
        kind, at = CANCELLED if values.get("hs_is_closed") == "true" else "deal", changed
    return [fact(one.place, kind, ("deal", id), one.who("deal"), at, props)]


def cart(one: Object) -> list[Event]:
    """A cart as of its last change; called off once it was bought or has no lines any more."""
    values, id, changed = one.values(), str(one.row["id"]), micros(one.row["updatedAt"])
    state = (text_at(values, "hs_external_status") or "").lower()
    money = one.money("hs_total_price", "hs_currency_code")
    gone = state in DONE | OFF or not (money["lines"] or money["amount"])
    props = {"cart": id, "url": text_at(values, "hs_cart_url"), **money}
    kind = CANCELLED if gone else "cart"
    return [fact(one.place, kind, ("cart", id), one.who("cart"), changed, props)]


READ: dict[str, Callable[[Object], list[Event]]] = {"orders": order, "deals": deal, "carts": cart}
