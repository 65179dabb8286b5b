"""Shopify's stage: guests' orders, customers and products in the sandbox's shop."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from connectors.sandbox.shops.server import running
from tests.connectors.shops.bodies import shopify_customer, shopify_order, shopify_product

TOKEN = "shpat_hush_of_the_shop"
SECRETS = (TOKEN,)
WRONG = ({}, {"url": "https://a.example.com"}, {"url": TOKEN, "token": TOKEN},
         {"url": "https://a.example.com", "token": TOKEN, "unheard": TOKEN})  # fmt: skip


@contextmanager
def stage(_folder: Path) -> Iterator[dict[str, Any]]:
    """Settings under which the connector works. A wait moves the sandbox's clock."""
    with running(keys=frozenset([TOKEN])) as shops:
        shops.put("shopify", "products", *(shopify_product(n) for n in range(30)))
        shops.put("shopify", "customers", *(shopify_customer(n) for n in range(100, 130)))
        shops.put("shopify", "orders", *(shopify_order(n) for n in range(0, 800, 20)))
        yield {"url": shops.url, "token": TOKEN, "sleep": shops.advance}
