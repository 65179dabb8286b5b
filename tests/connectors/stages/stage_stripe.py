"""Stripe's stage: charges, refunds, customers and products in the sandbox's account."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from connectors.sandbox.shops.server import running
from tests.connectors.shops.bodies import charge, stripe_customer, stripe_product, stripe_refund

KEY = "rk_hush_of_the_account"
SECRETS = (KEY,)
WRONG = ({}, {"key": ""}, {"key": KEY, "unheard": KEY}, {"key": KEY, "url": KEY})


@contextmanager
def stage(_folder: Path) -> Iterator[dict[str, Any]]:
    """Settings under which the connector works. A wait moves the sandbox's clock."""
    with running(keys=frozenset([KEY])) as shops:
        shops.put("stripe", "products", *(stripe_product(n) for n in range(10)))
        shops.put("stripe", "customers", *(stripe_customer(n) for n in range(30)))
        shops.put("stripe", "charges", *(charge(n) for n in range(120)))
        shops.put("stripe", "refunds", *(stripe_refund(n) for n in range(0, 40, 2)))
        shops.shops.tell("payout.paid", {"id": "po_1"})
        yield {"url": shops.url, "key": KEY, "sleep": shops.advance}
