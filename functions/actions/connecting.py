"""Looking at each source, destination and webhook that the settings name."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Any

from functions.actions.hinting import hints_of
from functions.actions.starting import PLACEHOLDER
from functions.settings import ENVIRONMENT, TABLES, Settings, tables
from functions.shop import Shop
from personalization.connector import Destination, Finding, Request, Source
from personalization.errors import ProductError, Skip, Stop
from personalization.examine.fitting import fitting
from personalization.pull import cursor_name

AUDIENCE = ("write the audience's id in its place: in Mailchimp, Audience, All contacts, Settings, "
            "Audience name and defaults shows it as Audience ID")  # fmt: skip
SECRET = frozenset({"key", "token", "secret", "write_key"})
PATIENCE = 10.0
"""Seconds that a call's retries may take here, where the settings name none: who asks what is
wrong wants an answer, and not the two minutes of a night's work."""
Look = tuple[str, Callable[[], Iterable[Finding]]]


def in_the_clear(settings: Settings) -> Iterator[Finding]:
    """Secrets that stand in the file itself."""
    served = settings.serve.model_dump(include={"key", "old_key"})
    for kind, connector, account, given in (*accounts(settings), ("serve", "", "", served)):
        for name, value in given.items():
            plain = isinstance(value, str) and not value.startswith(ENVIRONMENT)
            if name.removeprefix("old_") in SECRET and plain:
                where = ".".join(part for part in (kind, connector, account, name) if part)
                yield Finding(about="secrets", level="short", said=f"{where} stands in the file",
                              remedy=f'write "{ENVIRONMENT}NAME" and set NAME where it runs')  # fmt: skip


def placeholders(settings: Settings) -> Iterator[Finding]:
    """What `ofone init` wrote only to be replaced."""
    for kind, connector, account, given in accounts(settings):
        for name, value in given.items():
            if value == PLACEHOLDER:
                where = f"{kind}.{connector}.{account}.{name}"
                yield Finding(about=f"{connector}/{account} settings", level="wrong",
                              said=f"{where} still says what `ofone init` wrote", remedy=AUDIENCE)  # fmt: skip


def decisions_keys(keys: Callable[[], tuple[str, ...]]) -> Iterator[Finding]:
    """The keys of the decision API, where there are any."""
    if keys():
        yield Finding(about="serve", level="good", said="the decision API has its key")


def accounts(settings: Settings) -> Iterator[tuple[str, str, str, Mapping[str, Any]]]:
    """(kind, connector, account, settings) of everything that the settings name."""
    for kind in TABLES:
        for connector, held in tables(settings, kind).items():
            for account, given in held.items():
                yield kind, connector, account, given


def same_people(settings: Settings) -> Iterator[Finding]:
    """Whether what a system sends by itself and what is pulled from it speak of the same people in
    the same money: accounts of one name are one account."""
    for connector, hooks in tables(settings, "webhook").items():
        pulled = tables(settings, "source").get(connector, {})
        for account, given in hooks.items() if pulled else ():
            about = f"{connector}/{account} webhook"
            if account not in pulled:
                others = ", ".join(sorted(pulled))
                yield Finding(about=about, level="short", said="the source has another name "
                              f"({others}): of one shop, every order would count twice",
                              remedy="if they are one shop, name them the same")  # fmt: skip
                continue
            ours, theirs = given.get("currency"), pulled[account].get("currency")
            if ours and theirs and ours != theirs:
                yield Finding(about=about, level="wrong", said=f"has {ours} where the source has "
                              f"{theirs}", remedy="write the shop's currency in both")  # fmt: skip


def connected(shop: Shop, playbook: bool) -> Iterator[Look]:
    """One look an account. `playbook`: it is right, so destinations are held against it."""
    looks: dict[str, Callable[[Shop, str, str], Iterator[Finding]]] = {
        "source": a_source,
        "webhook": a_webhook,
        "destination": partial(a_destination, playbook=playbook),
    }
    for kind, connector, account, _ in accounts(shop.settings):
        yield f"{connector}/{account}", partial(looks[kind], shop, connector, account)


def hurried[C](shop: Shop, kind: str, connector: str, make: Callable[[Shop], C]) -> C:
    """A connector with little patience, where it knows any and none was given."""
    given = tables(shop.settings, kind)
    held = {account: {"patience": PATIENCE, **one} for account, one in given[connector].items()}
    quick = shop.settings.model_copy(update={kind: {**given, connector: held}})
    try:
        return make(replace(shop, settings=quick))
    except Stop:
        return make(shop)


def a_destination(
    shop: Shop, connector: str, account: str, playbook: bool
) -> Iterator[Finding]:  # fmt: skip
    """What its connector says of the account, then how it fits the playbook. Where the connector
    has said what is wrong, the calls that fail of it say nothing new."""
    name = f"{connector}/{account}"
    destination = hurried(shop, "destination", connector, lambda one: one.destination(name))
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


def a_source(shop: Shop, connector: str, account: str) -> Iterator[Finding]:
    """What its connector says of the account; then one page is read, and not stored."""
    place = f"{connector}/{account}"
    source = hurried(shop, "source", connector, lambda one: one.source(connector, account))
    for hint in hints_of(shop, account) if connector == "files" else ():
        yield Finding(about=f"{place} spelling", level="short", said=hint,
                      remedy="rename it, or leave it if it is meant so. docs/files.md says how what "
                      "was taken in is corrected")  # fmt: skip
    said = list(own(source, place))
    yield from said
    if any(one.level == "wrong" for one in said):
        return
    cursor = shop.store.setting(cursor_name(source)) or None
    for page in islice(source.pull(cursor), 1):
        rows, wrong = page.taken, len(page.set_aside)
        if wrong:
            yield Finding(about=f"{place} rows", level="short",
                          said=f"{wrong} of the next {rows + wrong} rows would be set aside",
                          remedy="`ofone pull`, then `ofone letters` says why")  # fmt: skip
    if cursor:
        yield Finding(about=place, level="good", said="can be read")
    else:
        yield Finding(about=place, level="short", said="can be read, and was never pulled",
                      remedy=f"`ofone backfill {place}` brings its past in")  # fmt: skip
    closed(source)


def a_webhook(shop: Shop, connector: str, account: str) -> Iterator[Finding]:
    """Its secrets, and whether a call without a signature is refused."""
    about = f"{connector}/{account} webhook"
    webhook = shop.webhook(connector, account)
    given = tables(shop.settings, "webhook")[connector][account]
    unsigned = Request(method="POST", url="https://shop.example.com/", headers={}, body=b"{}",
                       received_at=shop.clock())  # fmt: skip
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
