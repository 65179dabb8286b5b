"""WooCommerce's stage: guests' orders, customers and products in the sandbox's shop."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from connectors.sandbox.shops.server import running
from tests.connectors.shops.bodies import woo_customer, woo_order, woo_product

SECRET = "cs_hush_of_the_woo"
SECRETS = (SECRET,)
WRONG = ({}, {"url": "https://a.example.com", "key": "ck"},
         {"url": "https://a.example.com", "key": "ck", "secret": SECRET, "unheard": SECRET})  # fmt: skip


@contextmanager
def stage(_folder: Path) -> Iterator[dict[str, Any]]:
    """Settings under which the connector works. A wait moves the sandbox's clock."""
    with running(keys=frozenset([SECRET])) as shops:
        shops.put("woocommerce", "products", *(woo_product(n) for n in range(30)))
        shops.put("woocommerce", "orders", *(woo_order(n) for n in range(40)))
        shops.put("woocommerce", "customers", *(woo_customer(n) for n in range(1, 60)))
        yield {"url": shops.url, "key": "ck", "secret": SECRET, "page": 20, "sleep": shops.advance}
