"""What previews have written to test contacts: ours, and no later plan's or person's."""

from collections.abc import Iterable, Mapping

from personalization.apply.pages import pages
from personalization.apply.standing import Known
from personalization.connector import Destination
from personalization.plan.report import concerns
from personalization.store.protocol import Store

PREVIEW = "preview-"
"""Begins the names of plans that write previews to test contacts."""
PAGE = 5_000
Previewed = dict[str, dict[str, str]]
"""contact -> field -> the text that the newest preview wrote"""


def previewed(store: Store, destination: Destination) -> Previewed:
    """The texts that previews have written in a destination."""
    found: Previewed = {}
    for plan, _, _ in store.plans():
        body = (store.plan(plan) or ("", "{}"))[1] if plan.startswith(PREVIEW) else ""
        if not body or not concerns(body, destination):
            continue
        for rows in pages(store, destination, plan, ("fields",), ("confirmed",), PAGE):
            for row in rows:
                found.setdefault(row.contact, {}).update(
                    {name: str(text) for name, text in row.new.items()}
                )
    return found


def shown_of(texts: Mapping[str, str], person: Known) -> dict[str, str]:
    """Those of a test contact's preview that still stand there."""
    return {name: text for name, text in texts.items() if text and person.values.get(name) == text}


def holding(standing: Iterable[Mapping[str, str]], name: str) -> int:
    """How many test contacts show a preview's text in a field."""
    return sum(name in one for one in standing)
