"""A small shop, and the pieces of work that it does: each a list of commands at one moment, as a
schedule or a person at a terminal would give them."""

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from connectors.sandbox.world import LIST
from functions.actions.applying import apply
from functions.actions.planning import newest, plan, undo
from functions.actions.pulling import pull_all
from functions.actions.ticking import tick
from functions.settings import Settings, moment
from functions.shop import Shop
from personalization.errors import Stop
from personalization.models import DAY, HOUR, MINUTE
from personalization.plan.session import engines
from personalization.playbook.load import from_files
from personalization.playbook.model import Playbook
from personalization.store.embedded import open_store

START = moment("2026-03-02T12:00:00Z")
PLAYBOOK = """
name: corner shop
currency: EUR
zone: Europe/Berlin
traits:
  orders_90d: {count: order, window: 90d}
  last_rating: {last: feedback.rating}
  city: {attribute: city}
segments:
  regulars: {when: orders_90d >= 3, tag: Regulars}
  buyers: orders_90d >= 1
  unhappy: {when: last_rating <= 2, tag: Unhappy}
stages: [regulars, buyers]
messages:
  sorry: {for: unhappy, fields: {HEADLINE: "We are sorry"}}
  loved: {for: regulars, fields: {HEADLINE: "{{ orders_90d }} orders, {{ city }}"}}
  thanks: {for: buyers, fields: {HEADLINE: "Thank you"}}
slots:
  hero: {messages: [sorry, loved, thanks], picks: 2, fields: [HEADLINE, PICK1]}
fields:
  HEADLINE: {fallback: Hello}
  PICK1: {value: "{{ picks[0].name }}", fallback: our bestsellers}
  ORDERS: {value: "{{ orders_90d }}", fallback: "0"}
triggers:
  ordered: {after: order, send: thanks}
  cart_left: {after: cart, wait: 1h, unless: order, send: thanks}
  welcome: {enter: regulars, send: loved}
limits: {holdout: 10%}
"""


@dataclass(frozen=True)
class Work:
    """Commands at one moment."""

    now: int
    commands: tuple[str, ...]


WORKS = {
    "first": Work(START, ("pull", "compact", "plan", "apply")),
    "tick": Work(START + 40 * MINUTE, ("accept", "tick")),
    "second": Work(START + DAY, ("pull", "compact", "plan", "apply")),
    "undo": Work(START + 20 * MINUTE, ("undo", "apply")),
    "newer": Work(START + 30 * MINUTE, ("pull", "plan", "apply")),
}


def members() -> list[dict[str, object]]:
    """Who is in the audience: ten subscribers and one who has left. One more only bought."""
    rows: list[dict[str, object]] = [{"email": f"p{n}@example.com"} for n in range(10)]
    return [*rows, {"email": "p11@example.com", "status": "unsubscribed"}]


def at(micros: int) -> str:
    """A moment as the export writes it."""
    return datetime.fromtimestamp(micros // 1_000_000, UTC).isoformat()


def order(n: int, number: int, when: int, kind: str = "order") -> dict[str, object]:
    """One event of person n as a row of the export."""
    return {"key": f"{kind}-{n}-{number}", "kind": kind, "id": f"c{n}", "occurred_at": at(when),
            "amount": "20.00", "currency": "EUR", "order": f"o{n}-{number}",
            "product": f"s{(n + number) % 4}", "quantity": 1, "rating": None}  # fmt: skip


def export(folder: Path, name: str) -> None:
    """What the shop's own system has written by the time of a work."""
    folder.mkdir(exist_ok=True)
    if name == "first":
        write(folder / "contacts.csv", [
            {"id": f"c{n}", "email": f"p{n}@example.com", "city": f"City {n}",
             "updated_at": at(START - 5 * DAY)} for n in range(12)
        ])  # fmt: skip
        write(folder / "products.csv", [
            {"id": f"s{n}", "name": f"Soap {n}", "category": "soap", "price": "5.00",
             "currency": "EUR"} for n in range(4)
        ])  # fmt: skip
        old = [order(n, k, START - (9 + n + k) * DAY) for n in range(12)
               for k in range(3 if n < 4 else 1)]  # fmt: skip
        new = [order(0, 9, START - HOUR), order(5, 9, START - 2 * HOUR)]
        carts = [order(n, 1, START - 30 * MINUTE, "cart") for n in (2, 6, 7)]
        write(folder / "events-1.csv", [*old, *new, *carts])
    elif name == "second":
        sad = {**order(2, 2, START + 5 * HOUR, "feedback"), "rating": 1}
        write(folder / "events-2.csv", [
            *(order(n, 20 + k, START + (6 + k) * HOUR) for n in (4, 6) for k in range(2)), sad,
        ])  # fmt: skip
    elif name == "newer":
        write(folder / "events-3.csv", [
            order(n, 30, START + 10 * MINUTE) for n in (1, 3, 5, 7, 8, 9)
        ])  # fmt: skip


def write(path: Path, rows: Sequence[dict[str, object]]) -> None:
    """Rows as a CSV file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


HOOK = json.dumps([
    {"key": "order-5-40", "kind": "order", "alias": "email:p5@example.com",
     "occurred_at": START + 35 * MINUTE,
     "props": {"amount": 900, "currency": "EUR", "order": "o5-40"}},
    {"key": "cart-8-40", "kind": "cart", "alias": "email:p8@example.com",
     "occurred_at": START + 36 * MINUTE, "props": {}},
    {"key": "link-9", "kind": "link", "alias": "email:p9@example.com",
     "occurred_at": START + 36 * MINUTE, "props": {"other": "email:p10@example.com"}},
])  # fmt: skip


@cache
def playbook() -> Playbook:
    """The checked playbook."""
    return from_files({"playbook.yaml": PLAYBOOK}, "shop")


@contextmanager
def opened(folder: Path, export_folder: Path, url: str, now: int) -> Iterator[Shop]:
    """The shop at work. Nothing sleeps, and the install key is always the same."""
    settings = Settings(
        folder=folder, playbook="", store="store", threads=1, memory="200MB",
        source={"files": {"main": {"folder": str(export_folder)}}},
        destination={"mailchimp": {"main": {
            "list": LIST, "key": "k-us6", "url": f"{url}/3.0", "sleep": lambda seconds: None}}},
    )  # fmt: skip
    store = open_store(folder / "store", "00" * 32)
    try:
        make = engines((folder / "store").resolve(), 1, "200MB")
        yield Shop(settings, store, make, read_playbook=playbook, given=now)
    finally:
        store.close()


def pull(shop: Shop) -> None:
    """`ofone pull`."""
    pull_all(shop)


def compact(shop: Shop) -> None:
    """The nightly compaction."""
    shop.store.compact(shop.clock())


def planned(shop: Shop) -> int:
    """`ofone plan`; how many rows there are to write."""
    return plan(shop, shop.destination()).rows


def applied(shop: Shop) -> None:
    """`ofone apply`; given again after it had ended, it finds nothing to do."""
    try:
        name = newest(shop)
    except Stop:
        return
    apply(shop, name)


def undone(shop: Shop) -> int:
    """`ofone undo plan-1`; how many rows there are to write."""
    return undo(shop, "plan-1").rows


def accepted(shop: Shop) -> None:
    """A webhook comes; who gets no answer sends it again."""
    with shop.store.record(shop.clock()) as recorder:
        recorder.accept("http", "main", HOOK)


def ticked(shop: Shop) -> None:
    """`ofone tick`."""
    tick(shop, shop.destination())


COMMANDS: dict[str, Callable[[Shop], int | None]] = {
    "pull": pull, "compact": compact, "plan": planned, "apply": applied, "undo": undone,
    "accept": accepted, "tick": ticked,
}  # fmt: skip
