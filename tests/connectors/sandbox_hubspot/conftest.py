"""A sandbox on a free port, and the real HubSpot client set to it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hubspot import HubSpot

from connectors.sandbox.server import Running, running

type Client = Any


def client_for(sandbox: Running, token: str = "any") -> Client:
    return HubSpot(access_token=token, api_key="developer", host=sandbox.url, base_url=sandbox.url)


def address(number: int) -> str:
    return f"p{number}@example.com"


def fill(sandbox: Running, count: int = 3, **more: Any) -> list[str]:
    rows = [{"email": address(number), **more} for number in range(count)]
    return sandbox.control("hubspot/contacts", contacts=rows)["ids"]


@pytest.fixture
def sandbox() -> Iterator[Running]:
    with running(seed=7) as started:
        yield started


@pytest.fixture
def client(sandbox: Running) -> Client:
    return client_for(sandbox)


@pytest.fixture
def people(sandbox: Running) -> Callable[..., list[str]]:
    """Imports that many contacts; returns their ids."""
    return lambda count=3, **more: fill(sandbox, count, **more)


@pytest.fixture
def client_with(sandbox: Running) -> Callable[[str], Client]:
    """A client with that token."""
    return lambda token: client_for(sandbox, token)
