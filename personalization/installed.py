"""What this store has put into a destination, told from the outbox's confirmed rows."""

import json
from collections.abc import Collection
from typing import Any

from personalization.apply.pages import pages
from personalization.connector import Destination
from personalization.models import Frozen, Micros
from personalization.store.protocol import Store

ALL = "all that this product made"
"""What an uninstall's plan takes back (`PlanReport.undoes`)."""
PAGE = 5_000


class Installed(Frozen):
    """Names of what was made here and not dropped since. `events` are those that a destination
    keeps a definition of."""

    fields: frozenset[str]
    tags: frozenset[str]
    events: frozenset[str]


def installed(store: Store, destination: Destination) -> Installed:
    """What was made in a destination, as far as this store knows."""
    held: dict[str, set[str]] = {"field": set(), "tag": set(), "event": set()}
    for rows in pages(store, destination, None, ("setup",), ("confirmed",), PAGE):
        for row in rows:
            for what, name in row.new.items():
                kind = what.removeprefix("drop_")
                if kind in held:
                    (held[kind].discard if what != kind else held[kind].add)(str(name))
    return Installed(fields=frozenset(held["field"]), tags=frozenset(held["tag"]),
                     events=frozenset(held["event"]))  # fmt: skip


def uninstalled(store: Store, place: str) -> Micros | None:
    """When a destination ("mailchimp/main") was uninstalled, if no plan was applied there since.
    From the first row on: what is half removed is not to be made again."""
    at, told = applied_last(store, place, ("applied", "applying"))
    return at if told.get("undoes") == ALL else None


def applied_last(
    store: Store, place: str, states: Collection[str] = ("applied",)
) -> tuple[Micros | None, dict[str, Any]]:
    """When the newest of a destination's applied plans was, and what it says; ticks and previews
    are no plans in this sense. None and nothing where there is none."""
    for name, state, at in reversed(store.plans()):
        if state in states and name.startswith("plan-"):
            told: dict[str, Any] = json.loads((store.plan(name) or ("", "{}"))[1])
            if f"{told.get('destination')}/{told.get('account')}" == place:
                return at, told
    return None, {}
