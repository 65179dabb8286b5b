"""A sandbox on a free port, and the real client library set to it."""

from collections.abc import Callable, Iterator
from typing import Any

import mailchimp_marketing
import pytest

from connectors.sandbox.server import Running, running
from connectors.sandbox.world import LIST

type Client = Any


def client_for(sandbox: Running, key: str = "k-us6") -> Client:
    client = mailchimp_marketing.Client({"api_key": key, "timeout": 20})
    client.api_client.host = sandbox.url + "/3.0"
    return client


def address(number: int) -> str:
    return f"p{number}@example.com"


def fill(sandbox: Running, count: int = 3, **more: Any) -> list[str]:
    rows = [{"email": address(number), **more} for number in range(count)]
    sandbox.control("members", members=rows)
    return [row["email"] for row in rows]


@pytest.fixture
def sandbox() -> Iterator[Running]:
    with running(seed=7, polls=(1, 1)) as started:
        yield started


@pytest.fixture
def client(sandbox: Running) -> Client:
    return client_for(sandbox)


@pytest.fixture
def list_id() -> str:
    return LIST


@pytest.fixture
def people(sandbox: Running) -> Callable[..., list[str]]:
    """Imports that many members; returns their addresses."""
    return lambda count=3, **more: fill(sandbox, count, **more)
