"""Bodies as the webhooks of the four shop systems carry them, made from a few numbers: what the
shops of the sandbox hold, and what a webhook tells of the same things."""

from datetime import UTC, datetime, timedelta

START = datetime(2026, 2, 1, 8, tzinfo=UTC)


def at(seconds, exact=False):
    """A moment of the tests' own time."""
    text = (START + timedelta(seconds=seconds)).isoformat(
        timespec="milliseconds" if exact else "seconds"
    )
    return text.replace("+00:00", "Z")


def mail(n):
    return f"p{n}@example.com"


# Shopify


def shopify_customer(n, changed=0, **more):
    return {
        "id": 5000 + n, "email": mail(n), "first_name": f"F{n}", "last_name": f"L{n}",
        "tags": "vip, early" if n % 2 else "", "created_at": at(n), "updated_at": at(n + changed),
        "email_marketing_consent": {"state": ("subscribed", "unsubscribed", "not_subscribed")[n % 3],
                                    "consent_updated_at": None if n % 3 == 2 else at(n)},
        "sms_marketing_consent": {"state": "subscribed", "consent_updated_at": at(n)} if n % 4 == 0
        else None,
        "default_address": {"city": f"C{n}", "province": "Rhône", "country": "France",
                            "country_code": "FR"}, **more,
    }  # fmt: skip


def shopify_order(n, changed=0, lines=2, refunds=0, currency="EUR", customer=None, **more):
    return {
        "id": 7000 + n, "email": mail(n) if customer is None else customer.get("email"),
        "created_at": at(n), "processed_at": at(n), "updated_at": at(n + changed),
        "cancelled_at": None, "financial_status": "paid", "currency": currency,
        "total_price": "25.50", "buyer_accepts_marketing": n % 2 == 0, "customer_locale": "fr",
        "shipping_address": {"city": f"C{n}", "province": None, "country_code": "FR",
                             "country": "France"},
        "customer": customer, "test": False,
        "line_items": [
            {"product_id": 10 + k, "variant_id": 100 + k, "sku": f"S{k}", "quantity": k + 1,
             "price": "10.00", "discount_allocations": [{"amount": "1.50"}] if k % 2 else []}
            for k in range(lines)
        ],
        "refunds": [
            {"id": 9000 + 10 * n + k, "order_id": 7000 + n, "created_at": at(n + 1),
             "transactions": [{"kind": "refund", "status": "success", "amount": "2.25",
                               "currency": currency} for _ in range(k + 1)],
             "refund_line_items": [{"quantity": 1, "subtotal": "1.00",
                                    "line_item": {"product_id": 10 + j}} for j in range(4)]}
            for k in range(refunds)
        ], **more,
    }  # fmt: skip


def shopify_product(n, changed=0, variants=1, **more):
    return {
        "id": 10 + n, "title": f"Tea {n}", "product_type": "Tea", "handle": f"tea-{n}",
        "status": "active", "updated_at": at(n + changed),
        "image": {"src": f"https://cdn.example.com/{n}.png"} if n % 2 else None,
        "variants": [{"price": f"{k + 3}.50", "inventory_management": "shopify" if k else None,
                      "inventory_policy": "deny", "inventory_quantity": 0}
                     for k in range(variants)], **more,
    }  # fmt: skip


# WooCommerce


def woo_at(seconds):
    return at(seconds).removesuffix("Z")


def woo_order(n, changed=0, status="processing", customer=0, refunds=0, currency="EUR", **more):
    return {
        "id": 700 + n, "status": status, "currency": currency, "customer_id": customer,
        "total": "25.50", "date_created_gmt": woo_at(n), "date_modified_gmt": woo_at(n + changed),
        "billing": {"email": mail(n), "first_name": f"F{n}", "last_name": f"L{n}", "city": f"C{n}",
                    "state": "", "country": "FR"},
        "shipping": {"city": ""},
        "line_items": [{"product_id": 10 + k, "quantity": 2, "total": "10.00", "total_tax": "2.00"}
                       for k in range(2)],
        "refunds": [{"id": 900 + 10 * n + k, "total": "-2.25"} for k in range(refunds)],
        "meta_data": [{"key": "newsletter", "value": "yes"}] if n % 3 == 0 else [], **more,
    }  # fmt: skip


def woo_customer(n, **more):
    return {
        "id": n, "email": mail(1000 + n), "first_name": f"F{n}", "last_name": f"L{n}",
        "date_created_gmt": woo_at(n), "date_modified_gmt": woo_at(n) if n % 2 else None,
        "billing": {"email": mail(1000 + n), "city": f"C{n}", "country": "FR"}, "meta_data": [],
        **more,
    }  # fmt: skip


def woo_product(n, changed=0, **more):
    return {
        "id": 10 + n, "name": f"Tea {n}", "status": "publish", "stock_status": "instock",
        "price": "12.345", "permalink": f"https://shop.example.com/tea-{n}",
        "date_modified_gmt": woo_at(n + changed), "categories": [{"name": "Tea"}],
        "images": [{"src": f"https://cdn.example.com/{n}.png"}], **more,
    }  # fmt: skip


# Stripe

SECOND = int(START.timestamp())


def charge(n, customer=None, **more):
    return {
        "id": f"ch_{n}", "object": "charge", "status": "succeeded", "captured": True,
        "payment_intent": f"pi_{n}", "customer": customer, "amount": 2550, "amount_captured": 2550,
        "currency": "eur", "created": SECOND + n,
        "billing_details": {"email": mail(n), "address": {"city": f"C{n}"}}, **more,
    }  # fmt: skip


def stripe_refund(n, of=None, **more):
    of = n if of is None else of
    return {"id": f"re_{n}", "object": "refund", "status": "succeeded", "charge": f"ch_{of}",
            "payment_intent": f"pi_{of}", "amount": 225, "currency": "eur", "created": SECOND + n,
            **more}  # fmt: skip


def stripe_customer(n, **more):
    return {"id": f"cus_{n}", "object": "customer", "email": mail(1000 + n), "name": f"F{n} L{n}",
            "address": {"city": f"C{n}", "country": "FR"}, "preferred_locales": ["fr"],
            "created": SECOND + n, **more}  # fmt: skip


def stripe_session(n, status="complete", **more):
    return {"id": f"cs_{n}", "object": "checkout.session", "status": status, "customer": None,
            "customer_details": {"email": mail(2000 + n), "address": {"city": "Lyon"}},
            "consent": {"promotions": "opt_in"}, "amount_total": 999, "currency": "eur",
            "created": SECOND + n, **more}  # fmt: skip


def stripe_product(n, **more):
    return {"id": f"prod_{n}", "object": "product", "name": f"Tea {n}", "active": True,
            "images": [f"https://cdn.example.com/{n}.png"], "url": None, "created": SECOND + n,
            "default_price": {"id": f"price_{n}", "object": "price", "unit_amount": 1250,
                              "currency": "eur", "product": f"prod_{n}"}, **more}  # fmt: skip


# Square


def payment(n, changed=0, customer=None, order=None, place="L1", currency="EUR", **more):
    return {
        "id": f"pay{n}", "status": "COMPLETED", "customer_id": customer, "location_id": place,
        "order_id": order, "created_at": at(n, True), "updated_at": at(n + changed, True),
        "buyer_email_address": mail(n), "total_money": {"amount": 2550, "currency": currency},
        "shipping_address": {"locality": f"C{n}"}, **more,
    }  # fmt: skip


def square_refund(n, of=None, changed=0, **more):
    return {"id": f"ref{n}", "status": "COMPLETED", "payment_id": f"pay{n if of is None else of}",
            "created_at": at(n, True), "updated_at": at(n + changed, True),
            "amount_money": {"amount": 225, "currency": "EUR"}, **more}  # fmt: skip


def square_customer(n, changed=0, **more):
    return {"id": f"CU{n}", "created_at": at(n, True), "updated_at": at(n + changed, True),
            "email_address": mail(1000 + n), "given_name": f"F{n}", "family_name": f"L{n}",
            "address": {"locality": f"C{n}", "country": "FR"},
            "preferences": {"email_unsubscribed": n % 3 == 0}, **more}  # fmt: skip


def square_item(n, changed=0, variations=1, **more):
    return {
        "type": "ITEM", "id": f"IT{n}", "updated_at": at(n + changed, True), "is_deleted": False,
        "item_data": {
            "name": f"Tea {n}", "image_ids": ["IM1"], "categories": [{"id": "CA1"}],
            "variations": [
                {"type": "ITEM_VARIATION", "id": f"VA{n}-{k}",
                 "item_variation_data": {"item_id": f"IT{n}",
                                         "price_money": {"amount": 350 + k, "currency": "EUR"}}}
                for k in range(variations)
            ],
        }, **more,
    }  # fmt: skip


def square_order(n, payments, lines=2):
    return {
        "id": f"or{n}", "location_id": "L1", "tenders": [{"id": one} for one in payments],
        "line_items": [{"catalog_object_id": f"VA{k}-0", "quantity": f"{k + 1}",
                        "total_money": {"amount": 1000 + k, "currency": "EUR"}}
                       for k in range(lines)],
    }  # fmt: skip


LOCATIONS = [{"id": "L1"}, {"id": "L2"}]
RELATED = [
    {"type": "CATEGORY", "id": "CA1", "updated_at": at(0), "category_data": {"name": "Tea"}},
    {"type": "IMAGE", "id": "IM1", "updated_at": at(0),
     "image_data": {"url": "https://cdn.example.com/1.png"}},
]  # fmt: skip
