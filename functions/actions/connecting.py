"""Looking at each source, destination and webhook that the settings name."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

import connectors
from functions.settings import ENVIRONMENT, Settings, resolved
from functions.shop import Shop
from personalization.connector import Destination, Finding, Request, Source, Webhook
from personalization.errors import ProductError, Skip
from personalization.examine.fitting import fitting
from personalization.pull import cursor_name

KINDS = ("source", "destination", "webhook")
SECRET = frozenset({"key", "token", "secret", "write_key"})
PATIENCE = 10.0
"""Seconds that a call's retries may take here, where the settings name none: who asks what is
wrong wants an answer, and not the two minutes of a night's work."""
Look = tuple[str, Callable[[], Iterable[Finding]]]


def in_the_clear(settings: Settings) -> Iterator[Finding]:
    """Secrets that stand in the file itself."""
    for kind, connector, account, given in accounts(settings):
        for name, value in given.items():
            plain = isinstance(value, str) and not value.startswith(ENVIRONMENT)
            if name.removeprefix("old_") in SECRET and plain:
                where = f"{kind}.{connector}.{account}.{name}"
                yield Finding(about="secrets", level="short", said=f"{where} stands in the file",
                              remedy=f'write "{ENVIRONMENT}NAME" and set NAME where it runs')  # fmt: skip


def accounts(settings: Settings) -> Iterator[tuple[str, str, str, Mapping[str, Any]]]:
    """(kind, connector, account, settings) of everything that the settings name."""
    for kind in KINDS:
        for connector, held in getattr(settings, kind, {}).items():
            for account, given in held.items():
                yield kind, connector, account, given


def connected(shop: Shop, playbook: bool) -> Iterator[Look]:
    """One look an account. `playbook`: it is right, so destinations are held against it."""
    quick = replace(shop, settings=hurried(shop.settings))
    for kind, connector, account, _ in accounts(shop.settings):
        place = f"{connector}/{account}"

        def look(
            kind: str = kind, connector: str = connector, account: str = account
        ) -> Iterator[Finding]:
            if kind == "destination":
                return a_destination(quick, f"{connector}/{account}", playbook)
            return incoming(quick, kind, connector, account)

        yield place, look


def hurried(settings: Settings) -> Settings:
    """The settings with little patience, where a connector knows any and none was given."""
    tables = {
        connector: {
            account: {**({"patience": PATIENCE} if patient(connector) else {}), **given}
            for account, given in held.items()
        }
        for connector, held in settings.destination.items()
    }
    return settings.model_copy(update={"destination": tables})


def patient(connector: str) -> bool:
    """Whether a connector can be told how long to try again."""
    if connector not in connectors.available():
        return False
    model = getattr(connectors.find(connector), "Settings", None)
    return "patience" in getattr(model, "model_fields", {})


def a_destination(shop: Shop, name: str, playbook: bool) -> Iterator[Finding]:
    """What its connector says of the account, then how it fits the playbook. Where the connector
    has said what is wrong, the calls that fail of it say nothing new."""
    destination = shop.destination(name)
    try:
        said = list(own(destination, name))
        yield from said
        if playbook:
            known = any(one.level == "wrong" for one in said)
            yield from held_against(shop, destination, quiet=known)
    finally:
        closed(destination)


def held_against(shop: Shop, destination: Destination, quiet: bool) -> Iterator[Finding]:
    """How a destination fits the playbook."""
    try:
        yield from fitting(shop.store, destination, shop.playbook, shop.clock())
    except ProductError:
        if not quiet:
            raise


def own(connector: Source | Destination, place: str) -> Iterator[Finding]:
    """What a connector that can look at its account finds."""
    look = getattr(connector, "examine", None)
    if look is not None:
        for one in look():
            about = one.about if one.about.startswith(place) else f"{place} {one.about}"
            yield one.model_copy(update={"about": about})


def incoming(shop: Shop, kind: str, connector: str, account: str) -> Iterator[Finding]:
    """A source that is pulled, a webhook that is called, or both."""
    module, place = connectors.find(connector), f"{connector}/{account}"
    if kind == "source" and hasattr(module, "source"):
        yield from a_source(shop, shop.source(connector, account), place)
    elif hasattr(module, "webhook"):
        given = resolved(shop.settings, kind, connector, account)
        yield from a_webhook(module.webhook(account, given), place, given, shop.clock())
    else:
        yield Finding(about=place, level="wrong", said=f"{connector} is no {kind}",
                      remedy="docs/configuration.md lists what each connector can be")  # fmt: skip


def a_source(shop: Shop, source: Source, place: str) -> Iterator[Finding]:
    """Reads one page, and stores nothing."""
    yield from own(source, place)
    cursor = shop.store.setting(cursor_name(source)) or None
    for page in islice(source.pull(cursor), 1):
        rows = len(page.records) + len(page.events) + len(page.products)
        wrong = len(page.set_aside)
        if wrong:
            yield Finding(about=f"{place} rows", level="short",
                          said=f"{wrong} of the next {rows + wrong} rows would be set aside",
                          remedy="`ofone pull`, then `ofone dead` says why")  # fmt: skip
    if cursor:
        yield Finding(about=place, level="good", said="can be read")
    else:
        yield Finding(about=place, level="short", said="can be read, and was never pulled",
                      remedy=f"`ofone backfill {place}` brings its past in")  # fmt: skip
    closed(source)


def a_webhook(
    webhook: Webhook, place: str, given: Mapping[str, Any], now: int
) -> Iterator[Finding]:
    """Its secrets, and whether a call without a signature is refused."""
    about = f"{place} webhook"
    unsigned = Request(method="POST", url="https://shop.example.com/", headers={}, body=b"{}",
                       received_at=now)  # fmt: skip
    try:
        webhook.verify(unsigned)
    except Skip:
        yield Finding(about=about, level="good", said="has its secret, and refuses unsigned calls")
    else:
        yield Finding(about=about, level="wrong", said="takes a call that nobody signed",
                      remedy="set its secret")  # fmt: skip
    if any(name.startswith("old_") for name in given):
        yield Finding(about=about, level="short", said="an old secret is still valid",
                      remedy="take it away once no call comes with it")  # fmt: skip


def closed(connector: object) -> None:
    """Lets go of kept connections, where there are any."""
    getattr(connector, "close", lambda: None)()
