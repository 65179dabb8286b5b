"""What a refund paid back, in the shop's money, as its order is told.

A refund's transactions are in the money of the payment (shopify.dev, REST Admin API, Refund: only
`in_shop_currency` shows them in the shop's, and webhooks have no such switch). Its parts tell both:
lines with their tax, less order adjustments, which Shopify makes for shipping and for whatever
lines do not account for. Unverified on a live shop: the signs of adjustments, and that webhooks of
all versions carry these `_set`s.
"""

from collections.abc import Sequence
from decimal import Decimal

from connectors.shared.webhook import Json, currency_at, decimal_at, minor_units, money_at, rows_at

SHOP = "shop_money"


def paid_back(body: Json, paid: Sequence[Json], shop: str | None) -> tuple[int, str | None]:
    """Minor units and their currency: the shop's (`shop`, else what the parts say) wherever that
    is told, else the payment's own. `paid` are the transactions that paid back."""
    own = next((found for one in paid if (found := currency_at(one, "currency"))), None)
    money = shop or shop_currency(body) or own
    told = [in_money(one, money) for one in paid]
    if None not in told:
        return sum(one or 0 for one in told), money
    if money and len(paid) == len(rows_at(body, "transactions")) and (whole := of_parts(body)) > 0:
        return minor_units(whole, money), money
    return sum(money_at(one, own, "amount") or 0 for one in paid), own


def in_money(transaction: Json, money: str | None) -> int | None:
    """A transaction's amount in this money; None where it is told in another alone."""
    if currency_at(transaction, "amount_set", SHOP, "currency_code") == money:
        return money_at(transaction, money, "amount_set", SHOP, "amount")
    if currency_at(transaction, "currency") in (money, None):
        return money_at(transaction, money, "amount") or 0
    return None


def shop_currency(body: Json) -> str | None:
    """The shop's currency, as a refund that is told alone says it."""
    places = ("refund_line_items", "order_adjustments", "transactions")
    rows = [row for place in places for row in rows_at(body, place)]
    names = ("subtotal_set", "amount_set")
    return next((found for row in rows for name in names
                 if (found := currency_at(row, name, SHOP, "currency_code"))), None)  # fmt: skip


def of_parts(body: Json) -> Decimal:
    """The lines with their tax, less the adjustments (negative where more was paid back)."""
    lines = [decimal_at(row, name, SHOP, "amount") for row in rows_at(body, "refund_line_items")
             for name in ("subtotal_set", "total_tax_set")]  # fmt: skip
    off = [decimal_at(row, name, SHOP, "amount") for row in rows_at(body, "order_adjustments")
           for name in ("amount_set", "tax_amount_set")]  # fmt: skip
    return sum((one for one in lines if one), Decimal(0)) - sum((one for one in off if one),
                                                                Decimal(0))  # fmt: skip
