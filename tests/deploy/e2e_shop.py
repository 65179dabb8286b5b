"""The shop that `e2e.py` deploys: a portal in the sandbox, a playbook, and Shopify's webhooks."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from connectors.sandbox.server import Running

TOKEN = "pat-eu1-00000000-1111-2222-3333-444444444444"
SECRET = "hush of the shop"
PEOPLE = 12
SETTINGS = """
playbook = "playbook"
[destination.hubspot.main]
token = "env:HUBSPOT_TOKEN"
url = "{url}"
look_up = 0
consent = {{marketing = 1001}}
[webhook.shopify.main]
secret = "env:SHOPIFY_SECRET"
currency = "EUR"
[serve]
key = "env:DECISION_KEY"
"""
PLAYBOOK = """
name: corner
currency: EUR
zone: Europe/Berlin
traits:
  orders_90d: {count: order, window: 90d}
segments:
  buyers: {when: orders_90d >= 1, tag: Buyers}
stages: [buyers]
messages:
  thanks: {for: buyers, fields: {HEADLINE: "Thank you"}}
slots:
  hero: {messages: [thanks], fields: [HEADLINE]}
fields:
  HEADLINE: {fallback: Hello, label: Headline}
triggers:
  bought: {after: order, send: thanks, by: event}
limits: {holdout: 0%, new_fields: 10}
tests:
  somebody who came:
    now: 2026-03-02T12:00:00Z
    events: [{kind: order, ago: 1d, amount: 5.00}]
    expect: {segments: {in: [buyers]}, fields: {HEADLINE: Thank you}}
"""


@dataclass
class Shop:
    """Where its settings and playbook are."""

    folder: Path


def prepared(folder: Path, sandbox: Running) -> Shop:
    """Writes the shop's folder, and fills the portal."""
    (folder / "playbook").mkdir(parents=True)
    (folder / "playbook" / "playbook.yaml").write_text(PLAYBOOK)
    (folder / "ofone.toml").write_text(SETTINGS.format(url=sandbox.url))
    sandbox.control("clock", now=datetime.now(UTC).isoformat(timespec="seconds"))
    sandbox.control("hubspot/settings", limits={"time": "off"})
    people = [{"email": f"p{n}@example.com", "subscribed": [1001]} for n in range(PEOPLE)]
    sandbox.control("hubspot/contacts", contacts=people)
    return Shop(folder)


def order(n: int) -> dict[str, object]:
    """An order of customer n, made now."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return {"id": 7000 + n, "email": f"p{n}@example.com", "currency": "EUR", "created_at": now,
            "updated_at": now, "total_price": "12.50", "line_items": []}  # fmt: skip
