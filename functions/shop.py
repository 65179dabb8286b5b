"""The one place where a shop's parts are put together: settings, store, engines, playbook,
connectors and clock. Nothing else in `functions/` opens any of them, and nothing else reads the
wall clock."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import connectors
from functions.door.flows import Flow
from functions.settings import (
    LookUp,
    Settings,
    from_environment,
    moment,
    read,
    resolved,
    serve_keys,
    tables,
)
from personalization.connector import Destination, Source, Webhook
from personalization.errors import Stop
from personalization.models import Micros
from personalization.plan.session import EngineFactory, engines
from personalization.playbook.load import load
from personalization.playbook.model import Playbook
from personalization.store import spill
from personalization.store.embedded import open_store
from personalization.store.protocol import Store


def wall() -> Micros:
    """UTC microseconds of this machine."""
    return time.time_ns() // 1_000


def here(_kind: str, _connector: str) -> LookUp:
    """At home every secret is in the environment."""
    return from_environment


@dataclass(frozen=True)
class Away:
    """What a deployed shop's functions have to be told: `hand_on` gives them an approved plan to
    apply, `pulled` says that a destination was pulled just now. `dead` are the messages that their
    queue has set aside, `back` puts them back and returns how many."""

    hand_on: Callable[[Destination, str, Playbook], None]
    pulled: Callable[[Destination], None]
    dead: Callable[[], Sequence[Any]]
    back: Callable[[], int]


@dataclass(frozen=True)
class Shop:
    """One shop at work. `now` is the moment given for this piece of work; where none was given,
    `clock()` is the settings' fixed present or else the wall clock.

    `secrets` finds what a kind of table and a connector may know. `away` is there where the shop
    is deployed, and its functions work beside whoever has it open."""

    settings: Settings
    store: Store
    engines: EngineFactory
    read_playbook: Callable[[], Playbook]
    given: Micros | None = None
    wall: Callable[[], Micros] = wall
    secrets: Callable[[str, str], LookUp] = here
    away: Away | None = None

    def clock(self) -> Micros:
        """UTC microseconds: the moment that this work is done as of."""
        if self.given is not None:
            return self.given
        if self.settings.now is not None:
            return fixed(self.settings)
        return self.wall()

    @property
    def playbook(self) -> Playbook:
        """The checked playbook, loaded when it is first asked for. Raises Mistakes."""
        return self.read_playbook()

    def at(self, now: Micros) -> "Shop":
        """The same shop at another moment."""
        return replace(self, given=now)

    def sources(self) -> list[Source]:
        """Every source that the settings name, in their order."""
        return [self.source(connector, account) for connector, account in
                named(self.settings, "source")]  # fmt: skip

    def destinations(self) -> list[Destination]:
        """Every destination that the settings name, in their order."""
        return [self.destination(f"{connector}/{account}") for connector, account in
                named(self.settings, "destination")]  # fmt: skip

    def source(self, connector: str, account: str) -> Source:
        """One source. Raises Stop where the connector is none. What it spills lies with the store,
        which clears away what a kill left."""
        made: Source = self.made("source", "source", connector, account, "is no source")
        if hasattr(made, "spill"):
            made.spill = partial(spill.own, self.settings.folder / self.settings.store / "spill")
        return made

    def webhook(self, connector: str, account: str) -> Webhook:
        """One webhook. Raises Stop where the connector has none."""
        made: Webhook = self.made("webhook", "webhook", connector, account, "sends no webhooks")
        return made

    def action(self, connector: str, account: str) -> Flow:
        """One action that workflows call. Raises Stop where the connector has none."""
        made: Flow = self.made("action", "workflow", connector, account, "has no workflows")
        return made

    def made(self, table: str, maker: str, connector: str, account: str, lacking: str) -> Any:
        """What a connector's `maker` makes of the account's settings in a table. Raises Stop,
        saying what is `lacking`, where the connector has no such maker."""
        make = getattr(connectors.find(connector), maker, None)
        if make is None:
            raise Stop(f"{self.settings.file}: {table}.{connector}: {connector} {lacking}")
        look_up = self.secrets(table, connector)
        return make(account, resolved(self.settings, table, connector, account, look_up))

    def keys(self) -> tuple[str, ...]:
        """The keys that open the decision API. Raises Stop where one is not to be found."""
        return serve_keys(self.settings, self.secrets("serve", ""))

    def destination(self, name: str | None = None, option: str = "--to") -> Destination:
        """One destination by "connector/account"; the only one where no name is given. Raises
        Stop with the choice there is, and the option that names it."""
        places = [f"{connector}/{account}" for connector, account in
                  named(self.settings, "destination")]  # fmt: skip
        if not places:
            raise Stop(f"{self.settings.file} names no destination: add a table "
                       "[destination.mailchimp.main]")  # fmt: skip
        if name is None and len(places) > 1:
            raise Stop(
                f"there are several destinations: name one with {option}: {', '.join(places)}"
            )
        chosen = name or places[0]
        if chosen not in places:
            raise Stop(f"{chosen} is no destination of {self.settings.file}. "
                       f"There are: {', '.join(places)}.")  # fmt: skip
        connector, account = chosen.split("/", 1)
        found: Destination = self.made(
            "destination", "destination", connector, account, "is a source only"
        )
        return found


def named(settings: Settings, kind: str) -> list[tuple[str, str]]:
    """(connector, account) of everything that the settings name."""
    found = tables(settings, kind)
    return [(connector, account) for connector, accounts in found.items() for account in accounts]


def fixed(settings: Settings) -> Micros:
    """The settings' fixed present."""
    try:
        return moment(settings.now or "")
    except ValueError:
        raise Stop(f"{settings.file}: now is no moment: write 2026-03-01T09:00:00Z") from None


def playbook_folder(settings: Settings) -> Path:
    """The folder of the playbook."""
    return settings.folder / settings.playbook


@contextmanager
def open_shop(
    file: Path, now: Micros | None = None, playbook: Path | None = None
) -> Iterator[Shop]:
    """Opens the shop that a settings file describes. `now` overrides every clock, `playbook` the
    settings' playbook."""
    settings = read(file)
    folder = settings.folder / settings.store
    folder.mkdir(parents=True, exist_ok=True)
    store = open_store(folder)
    try:
        make = engines(folder.resolve(), settings.threads, settings.memory)
        book = cache(lambda: load(playbook or playbook_folder(settings)))
        yield Shop(settings, store, make, book, now)
    finally:
        store.close()
