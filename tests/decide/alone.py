"""Deciding over a store with a small playbook and no destination: what is decided, kept and asked
for by triggers. Sends that a test says have gone are kept as the outbox keeps them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from functions.settings import moment
from personalization.alias import email_alias
from personalization.decide.output import Decided
from personalization.models import Event, OutboxRow, Product
from personalization.plan.sends import payload
from personalization.plan.session import engines, session
from personalization.plan.step import step
from personalization.plan.tally import Tally
from personalization.playbook.load import from_files
from personalization.store.embedded import EmbeddedStore, open_store
from personalization.store.protocol import Scope

NOW = moment("2026-03-02T12:00:00Z")
PLAYBOOK = """
name: alone
currency: EUR
zone: Europe/Berlin
traits:
  orders_30d: {count: order, window: 30d}
  orders_ever: {count: order}
segments:
  active: orders_30d >= 1
  buyers: orders_ever >= 1
  regulars: orders_ever >= 3
stages: [active, buyers]
messages:
  loved: {for: regulars, fields: {HEADLINE: "{{ orders_ever }} orders"}}
  fresh: {for: active, fields: {HEADLINE: Welcome back}}
  thanks: {for: buyers, fields: {HEADLINE: Thank you}}
slots:
  hero: {messages: [loved, fresh, thanks], picks: 2, expires: 14d, fields: [HEADLINE, PICK1]}
fields:
  HEADLINE: {fallback: Hello}
  PICK1: {value: "{{ picks[0].name }}", fallback: our bestsellers}
  BOUGHT: {value: "{{ orders_ever }}", fallback: none yet}
triggers:
  cart_left: {after: cart, wait: 1h, unless: order, send: thanks}
  ordered: {after: order, send: thanks, within: 3d}
  welcome: {enter: regulars, send: loved}
limits: {holdout: 0%}
"""


@dataclass
class Alone:
    """The store, and the playbook's text, which a test may change."""

    folder: Path
    store: EmbeddedStore
    text: str = PLAYBOOK

    def happened(self, now: int, *events: Event) -> None:
        """Events reach the log."""
        with self.store.record(now) as recorder:
            recorder.ingest(events)

    def goods(self, now: int, *products: Product) -> None:
        """The catalogue changes."""
        with self.store.record(now) as recorder:
            recorder.products(products)

    def decide(self, now: int, waiting: Sequence[tuple[str, str]] = ()) -> Decided:
        """Decides for everyone and keeps it."""
        playbook = from_files({"playbook.yaml": self.text}, "alone")
        with session(self.store, engines(self.folder, 1, "200MB"), playbook, now) as run:
            return step(run, Scope(), now, "p", (), Tally(), waiting=waiting)

    def due(self, now: int) -> Decided:
        """Decides for everyone, firing what is due."""
        rows = self.store.due(now)
        return self.decide(now, [(contact, key) for _, contact, _, key in rows])

    def sent(self, decided: Decided) -> list[str]:
        """Keeps a decided step's sends; the triggers that asked for them."""
        with self.store.record(int(decided.now[0])) as recorder:
            recorder.outbox(
                OutboxRow(id=0, plan="p", destination="mailchimp", account="main", old={},
                          contact=one.contact, kind="send", new=payload(one), key=one.key,
                          moment=one.moment)
                for one in decided.intents
            )  # fmt: skip
        return [one.trigger for one in decided.intents]

    def id(self, name: str) -> str:
        """A person's contact."""
        found = self.store.contact_of(person(name))
        assert found is not None
        return found


def person(name: str) -> str:
    """A person's alias."""
    return email_alias(f"{name}@example.com")


def did(kind: str, name: str, at: int, **props: Any) -> Event:
    """One event of a person."""
    if kind == "order":
        props = {"amount": 1_000, "currency": "EUR", "order": f"o{at}", **props}
    return Event(key=f"{kind}-{name}-{at}", kind=kind, alias=person(name), occurred_at=at,
                 props=props)  # fmt: skip


def opted(state: str, name: str, at: int, by: str = "mailchimp/main") -> Event:
    """Somebody opts in or out somewhere."""
    return did("consent", name, at, by=by, channel="email", purpose="marketing", state=state)


@contextmanager
def opened(folder: Path) -> Iterator[Alone]:
    """An empty shop with four products."""
    store = open_store(folder.resolve(), "00" * 32)
    try:
        shop = Alone(folder.resolve(), store)
        shop.goods(NOW - 1, *(Product(id=f"s{n}", name=f"Soap {n}") for n in range(4)))
        yield shop
    finally:
        store.close()
