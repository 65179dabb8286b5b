"""A small shop floor: some people, a shop, two Mailchimp audiences in the sandbox, one store."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from connectors import find
from connectors.sandbox.mailchimp import effects
from connectors.sandbox.server import Running
from personalization.alias import email_alias
from personalization.apply.run import apply_plan
from personalization.apply.write import Work
from personalization.errors import Retry, Stop
from personalization.models import Event
from personalization.plan.run import make_plan
from personalization.plan.session import engines, session
from personalization.plan.tick import make_tick, take_in
from personalization.playbook.load import load
from personalization.pull import pull_destination
from personalization.store.embedded import EmbeddedStore, open_store
from tests.consent.acts import PEOPLE, Act, addresses, shop_alias
from tests.consent.corner import ACCOUNTS, LISTS, member_aliases, words


@dataclass(frozen=True)
class Note:
    """What the ledger cannot know, at the ledger entry before which it happened: a shop's word
    taken in, an erasure."""

    at: int
    person: int
    what: str
    moment: int


@dataclass
class Floor:
    """One world at work. `notes` and the ledger are all that the oracle may look at."""

    sandbox: Running
    folder: Path
    playbook: Path
    people: int = PEOPLE
    store: EmbeddedStore = field(init=False)
    notes: list[Note] = field(default_factory=list)
    told: list[tuple[int, Event]] = field(default_factory=list)
    where: dict[tuple[int, int], int] = field(default_factory=dict)
    lives: dict[int, int] = field(default_factory=dict)
    serial: int = 0
    plan: str | None = None

    def __post_init__(self) -> None:
        self.store = open_store(self.folder / "store", "00" * 32)
        self.sandbox.control("reset")
        self.sandbox.world.audience(LISTS[1])
        self.begin = len(self.sandbox.entries)
        self.book = load(self.playbook)
        self.destinations = [self.destination(n) for n in range(len(LISTS))]
        for person in range(self.people):
            self.shop(person, "import")

    def destination(self, n: int) -> Any:
        """A destination over one of the audiences; it never sleeps."""
        return find("mailchimp").destination(ACCOUNTS[n], {
            "list": LISTS[n], "key": "0123456789abcdef0123456789abcdef-us6",
            "url": f"{self.sandbox.url}/3.0", "sleep": lambda _: None, "patience": 30,
        })  # fmt: skip

    def close(self) -> None:
        """Lets go of connections and files."""
        for one in self.destinations:
            one.close()
        self.store.close()

    @property
    def now(self) -> int:
        """The sandbox's clock is everybody's."""
        return int(self.sandbox.world.clock.now)

    @property
    def entries(self) -> list[dict[str, Any]]:
        """This world's part of the ledger."""
        return self.sandbox.entries[self.begin :]

    def do(self, acts: Sequence[Act]) -> None:
        """Carries out acts. Whoever must come back later does not come back."""
        for name, *more in acts:
            try:
                getattr(self, name)(*more)
            except (Retry, Stop):
                continue

    def end(self) -> None:
        """What waits is taken in and everything is written, so that nothing stays untested."""
        self.sandbox.control("failures", script=[])
        self.do([("pull", 0), ("pull", 1), ("tick",), ("make",), ("apply", None, 1), ("pull", 0),
                 ("compact",)])  # fmt: skip

    # What people do, and what admins do to them.

    def esp(self, n: int, person: int, act: str) -> None:
        """Something that a person or an admin does in an audience."""
        address = addresses(person)[self.where.get((n, person), 0)]
        member = self.sandbox.world.audience(LISTS[n]).find(address)
        if member is None and act != "subscribe":
            return
        if act == "move":
            self.move(n, person, member)
        elif act == "edit":
            self.serial += 1
            self.person(n, address, "write", merge_fields={"FNAME": f"Name{person}x{self.serial}"})
        else:
            fresh = act == "subscribe" and (member is None or member.status != "subscribed")
            self.person(n, address, act)
            if fresh:
                self.comes_back(person)

    def comes_back(self, person: int) -> None:
        """Somebody erased has opted in afresh: a new life, with no word of those before."""
        if self.lives.get(person, 0) < 0:
            self.lives[person] = -self.lives[person]
            self.next_second()

    def person(self, n: int, address: str, act: str, **more: Any) -> None:
        """One act of a person in the sandbox."""
        self.sandbox.control("person", list=LISTS[n], email=address, action=act, **more)

    def move(self, n: int, person: int, member: Any) -> None:
        """A member takes the other address, unless that one has a record already."""
        audience, other = self.sandbox.world.audience(LISTS[n]), 1 - self.where.get((n, person), 0)
        address = addresses(person)[other]
        if audience.find(address):
            return
        self.sandbox.world.act(
            "person", "move", None,
            lambda recorder: effects.change_email(audience, recorder, member, address),
        )  # fmt: skip
        self.where[n, person] = other

    # What the shop says.

    def shop(self, person: int, act: str) -> None:
        """The shop's word about a person; `reimport` and `echo` say everything once more."""
        if act in ("reimport", "echo"):
            old = [event for one, event in self.told if one == person]
            self.ingest(old) if act == "reimport" else self.inbox(old)
            return
        self.serial += 1
        events = words(person, act, self.serial, abs(self.lives.get(person, 0)), self.now)
        self.told += [(person, event) for event in events]
        if act == "cart":
            self.inbox(events)
            return
        if act in ("in", "out"):
            self.note(person, act)
        self.ingest(events)
        if act == "in":
            self.comes_back(person)

    def ingest(self, events: Sequence[Event]) -> None:
        """Straight into the log."""
        with self.store.record(self.now) as recorder:
            recorder.ingest(events)

    def inbox(self, events: Sequence[Event]) -> None:
        """As a webhook: durable first, taken in at the next tick."""
        body = json.dumps([event.model_dump() for event in events])
        with self.store.record(self.now) as recorder:
            recorder.accept("shop", "main", body)

    def forget(self, person: int) -> None:
        """Erases a person here; where they are the destination's it keeps its own record."""
        known = [
            shop_alias(person),
            *map(email_alias, addresses(person)),
            *member_aliases(self.sandbox.world, person),
        ]
        found = {one for alias in known if (one := self.store.contact_of(alias))}
        if not found:
            return
        take_in(self.store, self.now)
        self.note(person, "forget")
        with self.store.record(self.now) as recorder:
            for contact in sorted(found):
                recorder.forget(contact)
        self.lives[person] = -(abs(self.lives.get(person, 0)) + 1)
        self.next_second()

    def note(self, person: int, what: str) -> None:
        """Remembers what the ledger does not show."""
        self.notes.append(Note(len(self.entries), person, what, self.now))

    # What the product does.

    def pull(self, n: int) -> None:
        """Takes in what changed in an audience."""
        pull_destination(self.store, self.destinations[n], self.now)

    def make(self) -> None:
        """A plan of what the last pull shows."""
        make = engines(self.folder)
        with session(self.store, make, self.book, self.now) as run:
            self.plan = make_plan(run, self.destinations[0], self.now).id

    def apply(self, failure: str | None, nth: int) -> None:
        """Carries the last plan out, while something may go wrong at the nth write."""
        if self.plan is None:
            return
        self.fail(failure, nth)
        apply_plan(Work(self.store, self.destinations[0], self.plan, self.now, keep_edits=False))

    def tick(self) -> None:
        """Takes in the inbox, fires triggers, drains the outbox."""
        touched, taken, dead, _ = take_in(self.store, self.now)
        with session(self.store, engines(self.folder), self.book, self.now) as run:
            done = make_tick(run, self.destinations[0], self.now, touched, taken, dead)
        if done.report and not done.report.parked:
            apply_plan(Work(self.store, self.destinations[0], done.plan, self.now))

    def compact(self) -> None:
        """Moves the log's tail into Parquet."""
        self.store.compact(self.now)

    def fail(self, failure: str | None, nth: int) -> None:
        """One failure at the nth write from here on. "unsubscribe" may hit every call."""
        rule = {"kind": failure, "nth": nth, "path": "/members/"}
        self.sandbox.control("failures", script=[rule] if failure else [], polls=(1, 1))

    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.sandbox.control("clock", advance=seconds)

    def next_second(self) -> None:
        """Mailchimp tells whole seconds: what follows an erasure shall be told apart from it."""
        self.wait(2)


@contextmanager
def floor(sandbox: Running, folder: Path, playbook: Path, people: int = PEOPLE) -> Iterator[Floor]:
    """A world of its own in a folder of its own, over a sandbox that others used before."""
    made = Floor(sandbox, folder, playbook, people)
    try:
        yield made
    finally:
        made.close()
