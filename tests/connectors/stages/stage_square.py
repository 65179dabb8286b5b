"""Square's stage: payments at two locations, refunds, customers and items in the sandbox."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from connectors.sandbox.shops.server import running
from tests.connectors.shops.bodies import (
    LOCATIONS,
    RELATED,
    payment,
    square_customer,
    square_item,
    square_order,
    square_refund,
)

TOKEN = "EAAA_hush_of_the_seller"
SECRETS = (TOKEN,)
WRONG = ({}, {"token": ""}, {"token": TOKEN, "unheard": TOKEN}, {"token": TOKEN, "version": TOKEN})


@contextmanager
def stage(_folder: Path) -> Iterator[dict[str, Any]]:
    """Settings under which the connector works. A wait moves the sandbox's clock."""
    with running(keys=frozenset([TOKEN])) as shops:
        shops.put("square", "locations", *LOCATIONS)
        shops.put("square", "catalog", *RELATED, *(square_item(n) for n in range(10)))
        shops.put("square", "customers", *(square_customer(n) for n in range(120)))
        shops.put("square", "orders", *(square_order(n, [f"pay{n}"]) for n in range(120)))
        shops.put("square", "payments", *(payment(n, order=f"or{n}", place=f"L{1 + n % 2}")
                                          for n in range(120)))  # fmt: skip
        shops.put("square", "refunds", *(square_refund(n) for n in range(0, 40, 2)))
        yield {"url": shops.url, "token": TOKEN, "sleep": shops.advance}
