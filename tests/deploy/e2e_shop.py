"""The shop that `e2e.py` deploys: a portal and an audience in the sandbox, a playbook, a grocer's real
purchases as files, and Shopify's webhooks."""

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import connectors
from connectors.sandbox.server import Running
from connectors.sandbox.world import LIST
from functions.stack.parcels import Parcel
from personalization.connector import Request
from tests.deploy.laid import SECRET, laid

KEY = "0123456789abcdef-us1"
PEOPLE = 12
AUDIENCE = """
[destination.mailchimp.main]
list = "{list}"
key = "env:MAILCHIMP_KEY"
url = "{url}/3.0"
[source.files.main]
folder = "export"
currency = "USD"
"""
PLAYBOOK = """
name: corner
currency: USD
zone: America/New_York
traits:
  orders_90d: {count: order, window: 90d}
  favorite_aisle: {most_frequent: order.category, window: 180d}
segments:
  buyers: {when: orders_90d >= 1, tag: Buyers}
stages: [buyers]
messages:
  thanks: {for: buyers, fields: {HEADLINE: "Thank you"}}
slots:
  hero: {messages: [thanks], picks: 1, fields: [HEADLINE, PICK]}
fields:
  HEADLINE: {fallback: Hello, label: Headline}
  PICK: {value: "{{ picks[0].name }}", fallback: our bestsellers, label: Pick}
  AISLE: {value: "{{ favorite_aisle }}", fallback: Groceries, label: Favorite aisle}
triggers:
  bought: {after: order, within: 6h, send: thanks, by: event}
limits: {holdout: 0%, new_fields: 10, park_above: 20% of contacts}
tests:
  somebody who came:
    now: 2026-03-02T12:00:00Z
    events: [{kind: order, ago: 1d, amount: 5.00}]
    expect: {segments: {in: [buyers]}, fields: {HEADLINE: Thank you}}
"""
CHANGES = {
    "Thank you": "Thanks a lot",
    "triggers:\n": "triggers:\n  left: {after: cart, wait: 1h, unless: order, send: back, by: event, "
                   "event: bought}\n",
    "messages:\n": "messages:\n  back: {for: everyone, fields: {}}\n",
    "segments:\n": "segments:\n  everyone: orders_90d >= 0\n",
}  # fmt: skip
"""What the next version of the playbook says instead. Its new trigger goes by an event that is there: a
new one is made by the next plan, and its sends wait for that."""


@dataclass
class Shop:
    """Where its settings and playbook are."""

    folder: Path


def prepared(folder: Path, sandbox: Running, export: bool = False, now: str = "") -> Shop:
    """Writes the shop's folder, and fills the portal. With `export` the shop has an audience and
    files too, which the caller brings. `now` is the sandbox's present."""
    laid(folder, sandbox, PLAYBOOK, "USD", PEOPLE, now or moment())
    if export:
        with (folder / "ofone.toml").open("a") as settings:
            settings.write(AUDIENCE.format(url=sandbox.url, list=LIST))
    return Shop(folder)


def changed(shop: Shop) -> None:
    """Edits the playbook, as a marketer does."""
    file = shop.folder / "playbook" / "playbook.yaml"
    text = file.read_text()
    for old, new in CHANGES.items():
        assert old in text
        text = text.replace(old, new)
    file.write_text(text)


def moment(seconds_ago: float = 0) -> str:
    """A moment as Shopify writes it."""
    at = datetime.fromtimestamp(datetime.now(UTC).timestamp() - seconds_ago, UTC)
    return at.isoformat(timespec="seconds")


def order(n: int) -> dict[str, object]:
    """An order of customer n, made now."""
    return {"id": 7000 + n, "email": f"p{n}@example.com", "currency": "USD",
            "created_at": moment(), "updated_at": moment(), "total_price": "12.50",
            "line_items": []}  # fmt: skip


def cart(n: int, seconds_ago: float) -> dict[str, object]:
    """What customer n left in the cart some time ago."""
    line = {"product_id": 1, "quantity": 1, "price": "20.00"}
    return {"token": f"cart-{n}", "email": f"p{n}@example.com", "currency": "USD",
            "created_at": moment(seconds_ago), "updated_at": moment(seconds_ago),
            "total_price": "20.00", "line_items": [line]}  # fmt: skip


def parcel(told: object) -> bytes:
    """What the webhook function lays into the bucket for an order that is large."""
    hook = connectors.find("shopify").webhook("main", {"secret": SECRET, "currency": "USD"})
    request = Request(
        method="POST", url="https://shop.example.com/hooks/shopify/main",
        headers={"x-shopify-topic": "orders/create"}, body=json.dumps(told).encode(),
        received_at=int(time.time() * 1_000_000),
    )  # fmt: skip
    made = Parcel(connector="shopify", account="main", received_at=request.received_at,
                  heard=hook.parse(request))  # fmt: skip
    return made.model_dump_json().encode()
