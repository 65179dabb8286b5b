"""`make calls`: how many HTTP calls the destinations take, counted from the sandboxes' ledgers.

    python bench/calls.py [--contacts 1000] [--echo 20000] [--only mailchimp|hubspot]

A small shop on each destination: everybody's fields change, then everybody's fields and a tag, then
everybody leaves a cart behind and is told by each transport. Every figure is of a whole piece of
work of the product's own plan, apply or tick, the pulls before and after included. `--echo` writes
that many contacts and looks at what the next pull makes of them; with `--contacts 0` nothing else
is done. A million take some 21 CPU-minutes. Recorded: docs/calls.md.
"""

import argparse
import gc
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from connectors import find
from connectors.sandbox import ledger
from connectors.sandbox.world import LIST
from personalization.models import DAY, HOUR, MINUTE
from tests.connectors.hubspot.conftest import TOKEN, corner_on_hubspot
from tests.plan.corner import NOW, Corner, email, event, opened

A_PART = 10_000
LEFT = "unless: order, send: thanks"
MAIL = {"transactional_key": "md-key", "sender_email": "shop@example.com"}


@contextmanager
def mailchimp(folder: Path, people: int) -> Iterator[Corner]:
    """A shop over an audience, with a journey and a template to send by."""
    with opened(folder, people) as corner:
        url = corner.sandbox.url
        corner.sandbox.control("mailchimp/journey", id=12, step=34)
        corner.sandbox.control("mailchimp/mail", templates={"left": {}})
        corner.destination = find("mailchimp").destination("main", {
            "list": LIST, "key": "k-us6", "url": f"{url}/3.0", "sleep": lambda _: None,
            "journeys": {"cart_left": "12/34"}, "emails": {"cart_left": "left"},
            "transactional_url": f"{url}/api/1.0", **MAIL})  # fmt: skip
        yield corner


def hubspot(listed: bool) -> Callable[[Path, int], Any]:
    """A shop over a portal; who agreed is read from a list (`listed`) or from each one's choices."""

    @contextmanager
    def made(folder: Path, people: int) -> Iterator[Corner]:
        with corner_on_hubspot(folder / "shop", people) as corner:
            agreed = {"opted_in": agreeing(corner, people)} if listed else {}
            corner.destination = find("hubspot").destination("main", {
                "token": TOKEN, "url": corner.sandbox.url, "sleep": lambda _: None, "look_up": 0,
                "consent": {"marketing": 1001}, "emails": {"cart_left": 9001}, **agreed})  # fmt: skip
            yield corner

    return made


def agreeing(corner: Any, people: int) -> int:
    """Makes a list of everybody, as a shop keeps one of those who agreed."""
    api = corner.destination.api
    body = {"name": "Agreed", "objectTypeId": "0-1", "processingType": "MANUAL"}
    made = api.raw("POST", "/crm/v3/lists", body)["list"]["listId"]
    ids = [str(id) for id in corner.sandbox.world.portal.tables["contacts"].records]
    for start in range(0, people, 1_000):
        api.raw("PUT", f"/crm/v3/lists/{made}/memberships/add", ids[start : start + 1_000])
    return int(made)


PLACES = {
    "Mailchimp": mailchimp,
    "HubSpot, choices": hubspot(listed=False),
    "HubSpot, `opted_in`": hubspot(listed=True),
}
READS = {
    "/contacts/search": "search", "/statuses/batch": "choices", "/memberships": "lists' members",
    "/contacts/batch/read": "contacts by id", "/properties/": "properties",
    "/crm/v3/lists": "lists", "/crm/v3/objects/contacts": "deleted", "/events/v3/events": "look-up",
    "/event-definitions": "events", "/email/single-send": "e-mails", "/batches": "polls",
    "/merge-fields": "fields", "/activity": "look-up", "/events": "look-up",
    "/send-status": "statuses", "/statuses": "statuses", "/segments": "tags", "/members": "members",
    "/info": "values", "/search": "search",
}  # fmt: skip
"""A part of a path, and what is read there; the first that fits counts."""

TRANSPORTS = {"Mailchimp": ("event", "journey", "email"), "HubSpot, choices": ("event", "email")}


def counted(corner: Corner, work: Callable[[], object]) -> tuple[int, int, str]:
    """HTTP calls of a piece of work: writes, reads, and which reads."""
    corner.mark()
    work()
    reads = ledger.calls(corner.sandbox.entries[corner.since :], write=False)
    which = Counter(kind(one["path"]) for one in reads)
    told = ", ".join(f"{count:,} {name}" for name, count in sorted(which.items()))
    return corner.calls["writes"], corner.calls["reads"], told


def kind(path: str) -> str:
    """What a read reads, in a word."""
    return next((name for part, name in READS.items() if part in path), path)


def changed(corner: Corner, at: int, people: int, what: str) -> tuple[int, int, str]:
    """Everybody has an event; what applying the plan that comes of it takes."""
    told = {"rating": 1} if what == "feedback" else {}
    corner.happened(at, *(event(what, n, at - MINUTE, **told) for n in range(people)))
    plan = corner.plan(at)
    found = counted(corner, lambda: corner.apply(plan, at))
    assert plan.rows == people, plan
    assert corner.store.outbox_counts(plan.id).keys() <= {
        ("fields", "confirmed", None, True), ("tags", "confirmed", None, True)}  # fmt: skip
    return found


def sent(corner: Corner, at: int, people: int, by: str) -> tuple[int, int, str]:
    """Everybody leaves a cart behind and is told so in one tick."""
    corner.text = corner.text.replace("park_above: 50%, sends_per_hour: 100", "park_above: 100%")
    corner.text = corner.text.replace(LEFT, f"{LEFT}, by: {by}")
    corner.apply(corner.plan(at), at)
    corner.webhook(at, *(event("cart", n, at - HOUR) for n in range(people)))
    found = counted(corner, lambda: corner.tick(at))
    rows = corner.store.outbox(kinds=("send",), states=("confirmed",), most=people + 1)
    assert len(rows) == people, len(rows)
    return found


def echo(corner: Corner, at: int) -> dict[str, int]:
    """What the next pull and the next tick make of what was just written."""
    corner.mark()
    pulled = corner.pull(at + MINUTE)
    told = {"pull calls": sum(corner.calls[one] for one in ("reads", "writes")),
            "records": pulled.records, "events": pulled.events,
            "touched": len(pulled.touched)}  # fmt: skip
    corner.mark()
    ticked = corner.tick(at + 2 * MINUTE)
    return {**told, "decided": ticked.ticked.looked_at,
            "writes": corner.calls["writes"]}  # fmt: skip


def row(*cells: object) -> None:
    """A line of the table."""
    print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)


def measure(people: int) -> None:
    """Everything per so many contacts."""
    row("", "writes", "reads", "of these")
    row("---", "---", "---", "---")
    for place, make in PLACES.items():
        with TemporaryDirectory() as folder, make(Path(folder).resolve(), people) as corner:
            corner.settled()
            corner.pull(NOW + MINUTE)
            row(f"{place}: nothing changed, a pull",
                *counted(corner, lambda c=corner: c.pull(NOW + 2 * MINUTE)))  # fmt: skip
            row(
                f"{place}: {people:,} contacts' fields",
                *changed(corner, NOW + DAY, people, "order"),
            )
            row(f"{place}: {people:,} contacts' tag",
                *changed(corner, NOW + 2 * DAY, people, "feedback"))  # fmt: skip
    for place, ways in TRANSPORTS.items():
        for by in ways:
            make = PLACES[place]
            with TemporaryDirectory() as folder, make(Path(folder).resolve(), people) as corner:
                corner.settled()
                row(f"{place.partition(',')[0]}: {people:,} sends `by: {by}`",
                    *sent(corner, NOW + DAY, people, by))  # fmt: skip


class Calls(ledger.Ledger):
    """A ledger of HTTP calls alone, without what they said: of a million contacts that would fill
    the memory."""

    def append(self, call: ledger.Entry, _effects: Iterable[ledger.Entry]) -> int:
        """Keeps a call that came by HTTP."""
        self.calls_seen += 1
        if call["via"] == "http":
            self._write({"entry": "call", "call": self.calls_seen, **call, "body": None})
        return self.calls_seen


def grow(corner: Corner, people: int) -> None:
    """So many people come to a shop of nobody, some thousands every ten seconds, and each has
    bought once."""
    corner.sandbox.world.ledger = Calls()
    on_hubspot = corner.destination.name == "hubspot"
    for start in range(0, people, A_PART):
        some = range(start, min(start + A_PART, people))
        if on_hubspot:
            rows = [{"email": email(n), "subscribed": [1001]} for n in some]
            corner.sandbox.control("hubspot/contacts", contacts=rows)
        else:
            corner.sandbox.control("members", members=[{"email": email(n)} for n in some])
        corner.sandbox.control("clock", advance=10)
        corner.happened(NOW - DAY, *(event("order", n, NOW - 9 * DAY) for n in some))
    gc.collect()
    gc.freeze()


def echoes(people: int, only: str) -> None:
    """What a great write comes back as."""
    for place, make in list(PLACES.items())[:2]:
        name = place.partition(",")[0]
        if only not in ("", name.lower()):
            continue
        began = time.process_time()
        with TemporaryDirectory() as folder, make(Path(folder).resolve(), 0) as corner:
            grow(corner, people)
            made = time.process_time()
            first = counted(corner, corner.settled)
            rows = corner.store.outbox_counts("plan-1")["fields", "confirmed", None, True]
            assert rows == people, rows
            told = echo(corner, NOW + HOUR)
            gc.unfreeze()
        now, most = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        row(f"{name}: {people:,} written by {first[0]:,} writes, {first[1]:,} reads",
            ", ".join(f"{count:,} {what}" for what, count in told.items()),
            f"{now - made:,.0f} CPU-s, {made - began:,.0f} to make them; {most // 1024:,} MiB")  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=1_000)
    parser.add_argument("--echo", type=int, default=20_000)
    parser.add_argument("--only", default="", choices=["", "mailchimp", "hubspot"])
    wanted = parser.parse_args()
    if wanted.contacts:
        measure(wanted.contacts)
        print()
    row("what is written", "what the next pull and tick make of it", "")
    row("---", "---", "---")
    echoes(wanted.echo, wanted.only)
