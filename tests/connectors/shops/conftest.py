"""A sandbox of four shops, and sources over them as a new process would make them."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from connectors import find
from connectors.sandbox.shops.server import Running, running

SETTINGS: dict[str, dict[str, Any]] = {
    "shopify": {"token": "shpat_1", "currency": "EUR", "shop": "https://shop.example.com"},
    "woocommerce": {"key": "ck", "secret": "cs", "currency": "EUR", "consent_meta": "newsletter"},
    "stripe": {"key": "rk"},
    "square": {"token": "EA"},
}
Make = Callable[..., Any]


@pytest.fixture
def shops() -> Iterator[Running]:
    with running() as made:
        made.advance(86_400)
        yield made


@pytest.fixture
def source(shops: Running) -> Iterator[Make]:
    """Makes the source of a system; a wait moves the sandbox's clock."""
    with ExitStack() as stack:

        def make(name: str, **more: Any) -> Any:
            settings = {**SETTINGS[name], "url": shops.url, "sleep": shops.advance, **more}
            made = find(name).source("main", settings)
            stack.callback(made.close)
            return made

        yield make
