"""What a pull brought, and what a webhook told."""

import json

from connectors import find
from tests.connectors.shops.conftest import SETTINGS
from tests.connectors.webhooks.telling import STAGES

HOOK = {"shopify": ("currency", "shop"), "woocommerce": ("currency", "consent_meta")}


def heard(name, body, topic=""):
    """What the webhook of a body says: its events by key, its products by id."""
    shared = {key: SETTINGS[name][key] for key in HOOK.get(name, ())}
    hook = find(name).webhook("main", {**STAGES[name].SETTINGS, **shared})
    request = STAGES[name].request(body=json.dumps(body).encode(), topic=topic)
    hook.verify(request)
    received = hook.parse(request)
    return standing(received.events), {one.id: one for one in received.products}


def pulled(pages):
    """The same of the pages of a pull."""
    pages = list(pages)
    return standing(event for page in pages for event in page.events), {
        one.id: one for page in pages for one in page.products
    }


def standing(events):
    """Events by key, the later version of each."""
    kept = {}
    for event in events:
        if event.key not in kept or kept[event.key].occurred_at < event.occurred_at:
            kept[event.key] = event
    return kept


def told(events):
    """Events without the fraction of a second that orders versions."""
    return {key: (one.kind, one.alias, one.occurred_at // 1_000_000, one.props)
            for key, one in events.items()}  # fmt: skip


def keys(pages):
    """Everything that came, by key or id."""
    events, products = pulled(pages)
    return {*events, *products}


def aside(pages):
    """What was set aside."""
    return [row for page in pages for row in page.set_aside]
