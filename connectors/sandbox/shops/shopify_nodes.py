"""Rows in the shape of Shopify's webhooks as the nodes of its GraphQL Admin API, field names after
shopify.dev, version 2026-10."""

from typing import Any

from connectors.sandbox.shops.graphql import Nested, Node
from connectors.sandbox.shops.world import Row


def gid(kind: str, id: Any) -> str:
    """A global id."""
    return f"gid://shopify/{kind}/{id}"


def typed(name: str, **fields: Any) -> Node:
    """An object of a type."""
    return {"__typename": name, **fields}


def money(amount: Any, currency: Any) -> Node | None:
    """A MoneyBag in the shop's money."""
    if amount is None:
        return None
    return typed("MoneyBag", shopMoney=typed("MoneyV2", amount=amount, currencyCode=currency))


def address(row: Row | None) -> Node | None:
    """A MailingAddress."""
    if row is None:
        return None
    return typed("MailingAddress", city=row.get("city"), province=row.get("province"),
                 country=row.get("country"), countryCodeV2=row.get("country_code"))  # fmt: skip


def reached(row: Row, name: str, **more: Any) -> Node | None:
    """A CustomerEmailAddress or CustomerPhoneNumber with what was agreed to."""
    told = row.get(f"{name}_marketing_consent")
    if told is None and not any(more.values()):
        return None
    told = told or {"state": "not_subscribed"}
    return typed("CustomerEmailAddress", marketingState=told["state"].upper(),
                 marketingUpdatedAt=told.get("consent_updated_at"), **more)  # fmt: skip


def customer(row: Row) -> Node:
    """A Customer."""
    return typed(
        "Customer", id=gid("Customer", row["id"]), legacyResourceId=str(row["id"]),
        firstName=row.get("first_name"), lastName=row.get("last_name"),
        tags=[tag for tag in (row.get("tags") or "").split(", ") if tag],
        createdAt=row.get("created_at"), updatedAt=row.get("updated_at"),
        defaultEmailAddress=reached(row, "email", emailAddress=row.get("email")),
        defaultPhoneNumber=reached(row, "sms"), defaultAddress=address(row.get("default_address")),
    )  # fmt: skip


def order(row: Row) -> Node:
    """An Order."""
    currency = row.get("currency")
    buyer = row.get("customer")
    return typed(
        "Order", id=gid("Order", row["id"]), legacyResourceId=str(row["id"]),
        test=row.get("test", False), email=row.get("email"), processedAt=row.get("processed_at"),
        createdAt=row.get("created_at"), updatedAt=row.get("updated_at"),
        cancelledAt=row.get("cancelled_at"),
        displayFinancialStatus=(row.get("financial_status") or "paid").upper(),
        currencyCode=currency, customerAcceptsMarketing=row.get("buyer_accepts_marketing", False),
        customerLocale=row.get("customer_locale"),
        totalPriceSet=money(row.get("total_price"), currency),
        shippingAddress=address(row.get("shipping_address")),
        customer=customer(buyer) if buyer else None,
        lineItems=Nested([line(one, currency) for one in row.get("line_items", [])]),
        refunds=[refund(one, currency) for one in row.get("refunds", [])],
    )  # fmt: skip


def line(row: Row, currency: Any) -> Node:
    """A LineItem."""
    product, variant = row.get("product_id"), row.get("variant_id")
    return typed(
        "LineItem", quantity=row["quantity"], sku=row.get("sku"),
        originalUnitPriceSet=money(row.get("price"), currency),
        discountAllocations=[
            typed("DiscountAllocation", allocatedAmountSet=money(one["amount"], currency))
            for one in row.get("discount_allocations", [])
        ],
        product=typed("Product", legacyResourceId=str(product)) if product else None,
        variant=typed("ProductVariant", legacyResourceId=str(variant)) if variant else None,
    )  # fmt: skip


def refund(row: Row, currency: Any) -> Node:
    """A Refund."""
    return typed(
        "Refund", id=gid("Refund", row["id"]), legacyResourceId=str(row["id"]),
        createdAt=row["created_at"],
        transactions=Nested([
            typed("OrderTransaction", kind=one["kind"].upper(), status=one["status"].upper(),
                  amountSet=money(one["amount"], one["currency"]))
            for one in row.get("transactions", [])
        ]),
        refundLineItems=Nested([
            typed("RefundLineItem", quantity=one["quantity"],
                  subtotalSet=money(one.get("subtotal"), currency),
                  lineItem=line({"quantity": 1, **one["line_item"]}, currency))
            for one in row.get("refund_line_items", [])
        ]),
    )  # fmt: skip


def product(row: Row) -> Node:
    """A Product."""
    image = (row.get("image") or {}).get("src")
    media = typed("MediaImage", preview=typed("MediaPreviewImage", image=typed("Image", url=image)))
    return typed(
        "Product", id=gid("Product", row["id"]), legacyResourceId=str(row["id"]),
        title=row.get("title"), productType=row.get("product_type"), handle=row.get("handle"),
        status=(row.get("status") or "active").upper(), updatedAt=row.get("updated_at"),
        featuredMedia=media if image else None,
        variants=Nested([
            typed("ProductVariant", price=one.get("price"),
                  inventoryPolicy=(one.get("inventory_policy") or "deny").upper(),
                  inventoryQuantity=one.get("inventory_quantity"),
                  inventoryItem=typed("InventoryItem",
                                      tracked=one.get("inventory_management") is not None))
            for one in row.get("variants", [])
        ]),
    )  # fmt: skip
