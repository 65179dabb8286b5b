"""What calls say, and where a store ends that has heard them, in whatever order."""

import json
from itertools import chain

from connectors import find
from personalization.store.protocol import Scope
from tests.connectors.stages import (
    hook_feedback,
    hook_hubspot,
    hook_mailchimp,
    hook_segment,
    hook_shopify,
    hook_square,
    hook_stripe,
    hook_woocommerce,
)
from tests.store.histories import fresh, ingest, loaded

STAGES = {
    "feedback": hook_feedback,
    "hubspot": hook_hubspot,
    "mailchimp": hook_mailchimp,
    "segment": hook_segment,
    "shopify": hook_shopify,
    "square": hook_square,
    "stripe": hook_stripe,
    "woocommerce": hook_woocommerce,
}
HOOKS = {name: find(name).webhook("main", stage.SETTINGS) for name, stage in STAGES.items()}


def told(name, body, topic="", **more):
    """What one call says, verified first."""
    topic = {"topic": topic} if topic else {}
    made = getattr(STAGES[name], "made", lambda value: json.dumps(value).encode())
    request = STAGES[name].request(body=made(body), **topic, **more)
    HOOKS[name].verify(request)
    return HOOKS[name].parse(request)


def of(events, kind):
    """The only event of a kind."""
    (found,) = [event for event in events if event.kind == kind]
    return found


def linked(events):
    """Who is said to be whom."""
    return {(event.alias, event.props["other"]) for event in events if event.kind == "link"}


def said(events):
    """Consent by channel, with its moment."""
    return {event.props["channel"]: (event.props["state"], event.occurred_at)
            for event in events if event.kind == "consent"}  # fmt: skip


def ends_the_same(*arrivals):
    """Checks that a store that hears these lists of batches ends with the same people and events;
    returns the people, as their aliases."""
    pictures = []
    for batches in arrivals:
        with fresh() as store:
            for batch in batches:
                if batch:
                    ingest(store, *batch)
            pictures.append(people(store, list(chain(*batches))))
    assert all(picture == pictures[0] for picture in pictures)
    return set(pictures[0])


def people(store, heard):
    """By the aliases of each person who is still told of: their state and their events."""
    aliases = {each for event in heard for each in (event.alias, event.props.get("other")) if each}
    seen = loaded(store, Scope(), None)
    known: dict[str, set[str]] = {}
    for alias in aliases:
        known.setdefault(store.contact_of(alias, None), set()).add(alias)
    state = {row[1]: row[3:8] for row in seen["contacts"]}
    return {
        frozenset(names): (
            state[contact],
            [(*row[:3], row[4], *row[6:]) for row in seen["events"] if row[3] == contact],
        )
        for contact, names in known.items()
    }


def standing(*batches):
    """The events that stand, by key, after the rule of the log: the later version stands."""
    kept = {}
    for event in sorted(chain(*batches), key=lambda one: one.occurred_at):
        kept[event.key] = event
    return kept
