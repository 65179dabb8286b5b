"""A corner shop at work: ten subscribers in a sandbox, a small playbook, and the product's own
actions at moments that the test gives. Judged by the ledger."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import connectors
from connectors.sandbox import ledger
from connectors.sandbox.clock import iso
from connectors.sandbox.server import Running, running
from connectors.sandbox.world import LIST
from functions.actions import applying, planning, ticking
from functions.settings import Settings, moment
from functions.shop import Shop
from personalization.alias import email_alias
from personalization.apply.report import Applied
from personalization.connector import Destination
from personalization.models import DAY, Event, Product
from personalization.plan.report import PlanReport
from personalization.plan.session import engines
from personalization.playbook.load import from_files
from personalization.pull import Pulled, pull_destination
from personalization.store.embedded import EmbeddedStore, open_store

NOW = moment("2026-03-02T12:00:00Z")
PLAYBOOK = """
name: corner shop
currency: EUR
zone: Europe/Berlin
traits:
  orders_90d: {count: order, window: 90d}
  last_rating: {last: feedback.rating}
  name: {attribute: FNAME}
segments:
  regulars: {when: orders_90d >= 3, tag: Regulars}
  buyers: orders_90d >= 1
  unhappy: {when: last_rating <= 2, tag: Unhappy}
stages: [regulars, buyers]
messages:
  loved: {for: regulars, fields: {HEADLINE: "{{ orders_90d }} orders, {{ name }}"}}
  thanks: {for: buyers, fields: {HEADLINE: "Thank you"}}
  sorry: {for: unhappy, fields: {HEADLINE: "We are sorry"}}
slots:
  hero: {messages: [loved, thanks, sorry], picks: 2, expires: 14d, fields: [HEADLINE, PICK1]}
fields:
  HEADLINE: {fallback: Hello}
  PICK1: {value: "{{ picks[0].name }}", fallback: our bestsellers}
  ORDERS: {value: "{{ orders_90d }}", fallback: none}
triggers:
  cart_left: {after: cart, wait: 1h, unless: order, send: thanks}
  welcome: {enter: regulars, send: loved}
limits: {holdout: 0%, park_above: 50%, sends_per_hour: 100}
"""


def email(n: int) -> str:
    """The address of person n."""
    return f"p{n}@example.com"


def event(kind: str, n: int, at: int, number: int = 0, **props: Any) -> Event:
    """One event of person n. An order has a product of its own."""
    if kind == "order":
        props = {"amount": 2_000, "currency": "EUR", "order": f"o{n}-{number}-{at}",
                 "lines": [{"product": f"s{n % 4}"}], **props}  # fmt: skip
    return Event(key=f"{kind}-{n}-{number}-{at}", kind=kind, alias=email_alias(email(n)),
                 occurred_at=at, props=props)  # fmt: skip


@dataclass(frozen=True)
class Kept(Shop):
    """A shop whose one destination is given."""

    @property
    def only(self) -> Destination:
        return vars(self)["kept"]

    def destination(self, name: str | None = None) -> Destination:
        return self.only


@dataclass
class Corner:
    """The shop, the sandbox and what has been written so far. `destination` may be replaced."""

    sandbox: Running
    folder: Path
    store: EmbeddedStore
    destination: Any
    text: str = PLAYBOOK
    since: int = 0

    def shop(self, now: int) -> Shop:
        """The shop as of a moment; the sandbox's clock follows."""
        if self.sandbox.world.clock.now < now:
            self.sandbox.control("clock", now=iso(now))
        settings = Settings(folder=self.folder, playbook="", threads=1, memory="200MB")
        made = Kept(
            settings=settings, store=self.store, given=now,
            engines=engines(self.folder / "store", 1, "200MB"),
            read_playbook=lambda: from_files({"playbook.yaml": self.text}, "corner"),
        )  # fmt: skip
        vars(made)["kept"] = self.destination
        return made

    def happened(self, now: int, *events: Event) -> None:
        """Events reach the log."""
        with self.store.record(now) as recorder:
            recorder.ingest(events)

    def pull(self, now: int = NOW) -> Pulled:
        """What changed in the audience."""
        return pull_destination(self.store, self.shop(now).destination(), now)

    def plan(self, now: int = NOW) -> PlanReport:
        """A plan for everyone."""
        shop = self.shop(now)
        return planning.plan(shop, shop.destination())

    def apply(self, plan: PlanReport | str, now: int = NOW, **how: Any) -> Applied:
        """Applies a plan."""
        name = plan if isinstance(plan, str) else plan.id
        return applying.apply(self.shop(now), name, **how)

    def settled(self, now: int = NOW) -> None:
        """Pulled, planned and applied: from here on only what changes is written."""
        self.pull(now)
        assert self.apply(self.plan(now), now).complete

    def tick(self, now: int) -> ticking.Tick:
        """One tick of the schedule."""
        shop = self.shop(now)
        return ticking.tick(shop, shop.destination())

    def webhook(self, now: int, *events: Event) -> None:
        """Events wait in the inbox for the next tick."""
        body = ",".join(one.model_dump_json() for one in events)
        with self.store.record(now) as recorder:
            recorder.accept("http", "main", f"[{body}]")

    def pause(self, paused: bool) -> None:
        """`ofone pause`, on and off."""
        with self.store.record(NOW) as recorder:
            recorder.setting("paused", "yes" if paused else "no")

    def person(self, n: int, action: str, **more: Any) -> None:
        """Somebody does something in the audience."""
        self.sandbox.control("person", email=email(n), action=action, **more)

    def mark(self) -> None:
        """Begins a new count of ledger entries."""
        self.since = len(self.sandbox.entries)

    @property
    def calls(self) -> dict[str, int]:
        """HTTP calls since the mark."""
        return ledger.counts(self.sandbox.entries[self.since :])

    def effects(self, *kinds: str) -> list[dict[str, Any]]:
        """What our calls have done since the mark."""
        return ledger.effects(self.sandbox.entries[self.since :], kinds or None)

    def sent(self) -> list[str]:
        """The events that reached the audience, by their send's key, since ever."""
        found = ledger.effects(self.sandbox.entries, ("event",))
        return sorted(one["after"]["properties"]["ofone_key"] for one in found)

    def shows(self, n: int) -> dict[str, str]:
        """Our fields of person n in the audience."""
        member = self.sandbox.world.audience(LIST).find(email(n))
        fields = ("HEADLINE", "PICK1", "ORDERS")
        return {one: member.merge_fields[one] for one in fields if one in member.merge_fields}

    def log(self, n: int) -> list[str]:
        """The keys of all events of person n."""
        contact = self.store.contact_of(email_alias(email(n)))
        assert contact is not None
        return [one.key for one, _ in self.store.events_of(contact)]

    def tagged(self, tag: str) -> int:
        """How many members carry a tag."""
        return self.sandbox.state()["lists"][LIST]["tags"].get(tag, 0)


@contextmanager
def opened(folder: Path, people: int = 10) -> Iterator[Corner]:
    """A corner shop: everybody bought once, the first three are regulars."""
    folder = folder.resolve()
    (folder / "store").mkdir()
    with running(polls=(1, 1)) as sandbox:
        rows = [{"email": email(n), "merge_fields": {"FNAME": f"Ann {n}"}} for n in range(people)]
        sandbox.control("members", members=rows)
        store = open_store(folder / "store", "00" * 32)
        destination = connectors.find("mailchimp").destination("main", {
            "list": LIST, "key": "k-us6", "url": f"{sandbox.url}/3.0", "sleep": lambda _: None,
        })  # fmt: skip
        corner = Corner(sandbox, folder, store, destination)
        with store.record(NOW - DAY) as recorder:
            recorder.products(Product(id=f"s{n}", name=f"Soap {n}") for n in range(4))
        corner.happened(NOW - DAY, *(
            event("order", n, NOW - (9 + k) * DAY, k)
            for n in range(people) for k in range(3 if n < 3 else 1)
        ))  # fmt: skip
        try:
            yield corner
        finally:
            destination.close()
            store.close()
