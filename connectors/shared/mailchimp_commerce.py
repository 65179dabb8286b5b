"""What the stores of an audience hold: customers, orders, carts and products, as the shop wrote
them into Mailchimp.

An order's states are the API's (`financial_status` paid, pending, refunded, cancelled: "E-commerce
order notifications"). Cancelled, by status or by date, it is an order no longer. Refunded, it is an
order and a refund of its whole total; of a part that was paid back the API tells no amount.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from typing import Any

from connectors.shared.mailchimp_api import Api, every
from connectors.shared.mailchimp_walks import ask, changed_pages
from connectors.shared.pulling import Piece, State, States
from connectors.shared.webhook import (
    Json,
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
    fact,
    line,
    links,
    mail_alias,
    version_at,
)
from personalization.models import CANCELLED, Event, Product

KINDS = {
    "products": "get_all_store_products", "customers": "get_all_store_customers",
    "orders": "get_store_orders", "carts": "get_store_carts",
}  # fmt: skip
"""Products before what names them; people before what they did. By the client's functions."""
OFF = frozenset({"cancelled", "canceled", "voided"})


def stores(api: Api) -> list[dict[str, Any]]:
    """The audience's stores."""
    wanted = ["stores.id", "stores.list_id", "stores.currency_code", "total_items"]
    rows = every(api, "stores", api.client.ecommerce.stores, fields=wanted)
    return [row for row in rows if row.get("list_id") == api.audience]


def walk(api: Api, kinds: tuple[str, ...], states: States) -> Iterator[Piece]:
    """The rows of every store that are new or changed; the state is the prints by store."""
    held = stores(api)
    for kind in (name for name in KINDS if name in kinds):
        state: State = dict(states.get(kind, {}))
        for store in held:
            own = {"store": store["id"], "money": store.get("currency_code")}
            reading = partial(ask_store, api, kind, store["id"])
            for turn in changed_pages(reading, state.get(store["id"], [])):
                state = {**state, store["id"]: turn.prints}
                yield Piece(kind, [{**row, **own} for row in turn.rows], state, turn.total)


def ask_store(api: Api, kind: str, store: str, offset: int) -> tuple[list[dict[str, Any]], int]:
    """One page of a store's rows."""
    function = getattr(api.client.ecommerce, KINDS[kind])
    unwanted = ["_links", f"{kind}._links"]
    return ask(api, kind, function, store, offset=offset, exclude_fields=unwanted)


def customer(place: Place, row: Json) -> list[Event]:
    """A customer: whose address it is."""
    moment = first_moment(row, "updated_at", "created_at")
    return links(whose(place, row, row), [mail_alias(text_at(row, "email_address"))], moment)


def whose(place: Place, row: Json, person: Json) -> str:
    """The alias of a store's customer."""
    return alias_of(place, "customer", id_at(row, "store"), id_at(person, "id"))


def order(place: Place, row: Json) -> list[Event]:
    """An order, and its refund where it was paid back as a whole."""
    store, id = id_at(row, "store"), id_at(row, "id")
    placed = first_moment(row, "processed_at_foreign", "updated_at_foreign")
    changed = moment_at(row, "updated_at_foreign")
    off = moment_at(row, "cancelled_at_foreign")
    state = (text_at(row, "financial_status") or "").lower()
    who = whose(place, row, row["customer"] if isinstance(row.get("customer"), dict) else {})
    currency = currency_at(row, "currency_code") or currency_at(row, "money")
    total = money_at(row, currency, "order_total")
    props = {
        "order": id, "amount": total, "currency": currency,
        "city": text_at(row, "shipping_address", "city"),
        "campaign": text_at(row, "campaign_id"), "lines": lines(row, currency),
    }  # fmt: skip
    kind = CANCELLED if off is not None or state in OFF else "order"
    newest = max(moment for moment in (placed, changed, off) if moment is not None)
    events = [fact(place, kind, ("order", store, id), who, version_at(placed, newest), props)]
    if state == "refunded" and kind == "order" and total:
        back = {"order": id, "amount": total, "currency": currency, "lines": lines(row, currency)}
        events.append(fact(place, "refund", ("refund", store, id), who, newest, back))
    return events


def cart(place: Place, row: Json) -> list[Event]:
    """A cart as it stands."""
    moment = first_moment(row, "updated_at", "created_at")
    currency = currency_at(row, "currency_code") or currency_at(row, "money")
    held = lines(row, currency)
    props = {"cart": id_at(row, "id"), "amount": money_at(row, currency, "order_total"),
             "currency": currency, "lines": held}  # fmt: skip
    own = ("cart", id_at(row, "store"), id_at(row, "id"))
    who = whose(place, row, row["customer"] if isinstance(row.get("customer"), dict) else {})
    return [fact(place, "cart" if held else CANCELLED, own, who, moment, props)]


def lines(row: Json, currency: str | None) -> list[dict[str, Any]]:
    """The lines with their whole amounts, less what was taken off."""
    whole = priced_whole(row)
    found: list[dict[str, Any]] = []
    for one in rows_at(row, "lines"):
        price, quantity = decimal_at(one, "price"), count_at(one, "quantity")
        amount = None
        if price is not None and quantity is not None and currency is not None:
            paid = (price if whole else price * quantity) - (decimal_at(one, "discount") or 0)
            amount = minor_units(Decimal(paid), currency)
        found += line(text_at(one, "product_id"), quantity, amount)
    return found


def priced_whole(row: Json) -> bool:
    """Whether a line's price is for its whole quantity. The API says only "the price of an order
    line item", and shops write both; the one by which the order's total comes out is meant, and
    the price of one where neither does."""
    total = decimal_at(row, "order_total")
    if total is None:
        return False
    added = sum(decimal_at(row, name) or Decimal(0) for name in ("tax_total", "shipping_total"))
    bare = total - added + (decimal_at(row, "discount_total") or Decimal(0))
    held = [(decimal_at(one, "price") or Decimal(0), count_at(one, "quantity") or 0)
            for one in rows_at(row, "lines")]  # fmt: skip
    return bare == sum(price for price, _ in held) != sum(price * n for price, n in held)


def product(_place: Place, row: Json) -> list[Product]:
    """A catalogue entry: the price of its first variant; in stock if any variant is."""
    id = id_at(row, "id")
    variants = rows_at(row, "variants")
    currency = currency_at(row, "currency_code") or currency_at(row, "money")
    made = Product(
        id=id, name=text_at(row, "title") or id, category=text_at(row, "type"), currency=currency,
        price=money_at(variants[0], currency, "price") if variants else None,
        url=text_at(row, "url"), image=text_at(row, "image_url"),
        in_stock=not variants or any(stocked(one) for one in variants),
    )  # fmt: skip
    return [made]


def stocked(variant: Json) -> bool:
    """Whether there is any left, or nobody counts."""
    left = count_at(variant, "inventory_quantity")
    return left is None or left > 0


READERS: dict[str, Callable[[Place, Json], list[Event] | list[Product]]] = {
    "customers": customer, "orders": order, "carts": cart, "products": product,
}  # fmt: skip
