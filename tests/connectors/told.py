"""The events of a page, in whichever of the two forms it has them."""

import json

from personalization.connector import Page
from personalization.models import Event


def events_of(page: Page) -> list[Event]:
    return [*page.events, *(
        Event(key=one.key, kind=one.kind, alias=one.alias, occurred_at=one.occurred_at,
              props=json.loads(one.props)) for one in page.arrivals)]  # fmt: skip
