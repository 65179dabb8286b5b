"""What is asked of Shopify's GraphQL API, and its answers in the shape of Shopify's webhooks, so
that both go through the same parser. Amounts are the shop's money, the currency of `currency`.

Names after shopify.dev, GraphQL Admin API 2026-10: Order, Customer, CustomerEmailAddress, Refund,
OrderTransaction, Product, ProductVariant, and `events` for what was deleted. Unverified, for want
of a live shop: that `refunds` of an order taken in several currencies come in webhooks in the
shop's money too, that a refund is made when its webhook's `processed_at` says, and that the events
of what was deleted have a `subjectId` and sort by CREATED_AT.
"""

from connectors.shared.webhook import Json, at, rows_at, text_at

PAGES = "pageInfo { hasNextPage endCursor }"
MONEY = "shopMoney { amount currencyCode }"
CUSTOMER = """
  id legacyResourceId firstName lastName tags createdAt updatedAt
  defaultEmailAddress { emailAddress marketingState marketingUpdatedAt }
  defaultPhoneNumber { marketingState marketingUpdatedAt }
  defaultAddress { city province country countryCodeV2 }
"""
NESTED = {
    "lineItems": f"""quantity sku originalUnitPriceSet {{ {MONEY} }}
      discountAllocations {{ allocatedAmountSet {{ {MONEY} }} }}
      product {{ legacyResourceId }} variant {{ legacyResourceId }}""",
    "transactions": f"kind status amountSet {{ {MONEY} }}",
    "refundLineItems": f"""quantity subtotalSet {{ {MONEY} }}
      lineItem {{ product {{ legacyResourceId }} }}""",
    "variants": "price inventoryPolicy inventoryQuantity inventoryItem { tracked }",
}
"""Lists within a row, and what is asked of each of their nodes."""

OWNERS = {"lineItems": "Order", "transactions": "Refund", "refundLineItems": "Refund",
          "variants": "Product"}  # fmt: skip
FEW = {"lineItems": 6, "transactions": 2, "refundLineItems": 3, "variants": 5}
"""How many of each come with a row; a row with more of them is asked for the others."""

MANY = 100


def connection(name: str, first: str, more: str = "") -> str:
    """A list within a row."""
    return f"{name}(first: {first}{more}) {{ {PAGES} nodes {{ {NESTED[name]} }} }}"


ORDER = f"""
  id legacyResourceId test email processedAt createdAt updatedAt cancelledAt
  displayFinancialStatus currencyCode customerAcceptsMarketing customerLocale
  totalPriceSet {{ {MONEY} }}
  shippingAddress {{ city province country countryCodeV2 }}
  customer {{ {CUSTOMER} }}
  {connection("lineItems", str(FEW["lineItems"]))}
  refunds {{
    id legacyResourceId createdAt
    {connection("transactions", str(FEW["transactions"]))}
    {connection("refundLineItems", str(FEW["refundLineItems"]))}
  }}
"""
PRODUCT = f"""
  id legacyResourceId title productType handle status updatedAt
  featuredMedia {{ preview {{ image {{ url }} }} }}
  {connection("variants", str(FEW["variants"]))}
"""
ROWS = {"orders": ORDER, "customers": CUSTOMER, "products": PRODUCT}
DELETED = f"""query($n: Int!, $after: String, $q: String, $back: Boolean) {{
  events(first: $n, after: $after, sortKey: CREATED_AT, reverse: $back, query: $q) {{
    {PAGES} nodes {{ id ... on BasicEvent {{ subjectId createdAt }} }}
  }}
}}"""
SHOP = "{ shop { currencyCode primaryDomain { url } } }"


def listing(name: str) -> str:
    """The query for rows by their last change."""
    return f"""query($n: Int!, $after: String, $q: String) {{
      {name}(first: $n, after: $after, sortKey: UPDATED_AT, query: $q) {{
        {PAGES} nodes {{ {ROWS[name]} }}
      }}
    }}"""


def rest(name: str) -> str:
    """The query for the rest of a list within a row."""
    return f"""query($id: ID!, $after: String) {{
      node(id: $id) {{ ... on {OWNERS[name]} {{ {connection(name, str(MANY), ", after: $after")} }} }}
    }}"""


def nodes(row: Json, name: str) -> list[Json]:
    """The nodes of a list within a row."""
    return rows_at(row, name, "nodes")


def money(row: Json, name: str) -> str | None:
    """An amount as text."""
    return text_at(row, name, "shopMoney", "amount")


def address_body(node: Json | None) -> Json | None:
    """A mailing address."""
    if node is None:
        return None
    return {"city": at(node, "city"), "province": at(node, "province"),
            "country": at(node, "country"), "country_code": at(node, "countryCodeV2")}  # fmt: skip


def consent_body(node: Json | None) -> Json | None:
    """What a customer agreed to on one channel."""
    if node is None:
        return None
    return {"state": (text_at(node, "marketingState") or "").lower(),
            "consent_updated_at": at(node, "marketingUpdatedAt")}  # fmt: skip


def customer_body(node: Json) -> Json:
    """A customer."""
    tags = at(node, "tags")
    return {
        "id": at(node, "legacyResourceId"),
        "email": at(node, "defaultEmailAddress", "emailAddress"),
        "first_name": at(node, "firstName"),
        "last_name": at(node, "lastName"),
        "tags": ", ".join(map(str, tags)) if isinstance(tags, list) else None,
        "created_at": at(node, "createdAt"),
        "updated_at": at(node, "updatedAt"),
        "email_marketing_consent": consent_body(at(node, "defaultEmailAddress")),
        "sms_marketing_consent": consent_body(at(node, "defaultPhoneNumber")),
        "default_address": address_body(at(node, "defaultAddress")),
    }


def order_body(node: Json) -> Json:
    """An order with its lines and refunds."""
    customer = at(node, "customer")
    return {
        "id": at(node, "legacyResourceId"),
        "test": at(node, "test"),
        "email": at(node, "email"),
        "processed_at": at(node, "processedAt"),
        "created_at": at(node, "createdAt"),
        "updated_at": at(node, "updatedAt"),
        "cancelled_at": at(node, "cancelledAt"),
        "financial_status": (text_at(node, "displayFinancialStatus") or "").lower(),
        "currency": at(node, "currencyCode"),
        "total_price": money(node, "totalPriceSet"),
        "buyer_accepts_marketing": at(node, "customerAcceptsMarketing"),
        "customer_locale": at(node, "customerLocale"),
        "shipping_address": address_body(at(node, "shippingAddress")),
        "customer": customer_body(customer) if isinstance(customer, dict) else None,
        "line_items": [line_body(line) for line in nodes(node, "lineItems")],
        "refunds": [refund_body(refund) for refund in rows_at(node, "refunds")],
    }


def line_body(node: Json) -> Json:
    """A line of an order."""
    return {
        "product_id": at(node, "product", "legacyResourceId"),
        "variant_id": at(node, "variant", "legacyResourceId"),
        "sku": at(node, "sku"),
        "quantity": at(node, "quantity"),
        "price": money(node, "originalUnitPriceSet"),
        "discount_allocations": [
            {"amount": money(one, "allocatedAmountSet")}
            for one in rows_at(node, "discountAllocations")
        ],
    }


def refund_body(node: Json) -> Json:
    """A refund with what it paid back."""
    return {
        "id": at(node, "legacyResourceId"),
        "created_at": at(node, "createdAt"),
        "transactions": [
            {
                "kind": (text_at(one, "kind") or "").lower(),
                "status": (text_at(one, "status") or "").lower(),
                "amount": money(one, "amountSet"),
                "currency": at(one, "amountSet", "shopMoney", "currencyCode"),
            }
            for one in nodes(node, "transactions")
        ],
        "refund_line_items": [
            {
                "quantity": at(one, "quantity"),
                "subtotal": money(one, "subtotalSet"),
                "line_item": {"product_id": at(one, "lineItem", "product", "legacyResourceId")},
            }
            for one in nodes(node, "refundLineItems")
        ],
    }


def product_body(node: Json) -> Json:
    """A product with its variants."""
    url = at(node, "featuredMedia", "preview", "image", "url")
    return {
        "id": at(node, "legacyResourceId"),
        "title": at(node, "title"),
        "product_type": at(node, "productType"),
        "handle": at(node, "handle"),
        "status": (text_at(node, "status") or "").lower(),
        "image": {"src": url} if url else None,
        "variants": [
            {
                "price": at(one, "price"),
                "inventory_management": "shopify" if at(one, "inventoryItem", "tracked") else None,
                "inventory_policy": (text_at(one, "inventoryPolicy") or "").lower(),
                "inventory_quantity": at(one, "inventoryQuantity"),
            }
            for one in nodes(node, "variants")
        ],
    }
