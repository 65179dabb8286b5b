"""The shop as the deciding functions have it: store, engine, playbook, and destinations that they
plan for and never speak with, because their tokens are withheld from them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import cast

from functions.settings import ENVIRONMENT, Settings
from functions.shop import Shop, playbook_folder
from functions.stack import running
from functions.stack.folder import settings
from functions.stack.outlines import Outlined
from functions.stack.store import desk, opened
from personalization.connector import Destination
from personalization.errors import ProductError
from personalization.plan.session import engines
from personalization.playbook.load import load
from personalization.playbook.model import Playbook

WITHHELD = {"webhook": "whsec_" + "d2l0aGhlbGQ" * 3 + "d2l0aGhlbA=="}
"""In the place of secrets; the connector `webhook` wants one that looks like one."""


@cache
def playbook() -> Playbook:
    """The deployed playbook. Raises Mistakes."""
    return load(playbook_folder(settings()))


class StackShop(Shop):
    """A shop whose destinations are known by their outlines alone."""

    def destination(self, name: str | None = None, option: str = "--to") -> Destination:
        """As `Shop.destination`."""
        return cast(Destination, Outlined(self.store, super().destination(name, option)))


@cache
def shop() -> Shop:
    """The shop."""
    given = settings()
    withhold(given)
    make = engines(Path(desk()), given.threads, given.memory)
    return StackShop(given, opened(), make, playbook)


def withhold(given: Settings) -> None:
    """Names of destinations' secrets get a value that opens nothing, where they have none."""
    for connector, accounts in given.destination.items():
        for account in accounts.values():
            for value in account.values():
                if isinstance(value, str) and value.startswith(ENVIRONMENT):
                    name = value.removeprefix(ENVIRONMENT)
                    os.environ.setdefault(name, WITHHELD.get(connector, "withheld-us0"))


@cache
def told() -> None:
    """Says once a process what the stack runs with. A playbook that is wrong is said elsewhere."""
    one = shop()
    with suppress(ProductError):
        running.keep(one.store, running.running(one.settings, one.playbook, one.clock()))


@contextmanager
def at_work() -> Iterator[Shop]:
    """The shop for one piece of work, at the moment that it begins."""
    told()
    one = shop()
    yield one.at(one.clock())
