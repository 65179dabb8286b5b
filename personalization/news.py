"""What is new, counted as people count it: what happened, apart from what is known of people.

Both are events of the log, but who reads "11 new events" after handing in two orders of three
people looks for nine orders.
"""

from collections.abc import Iterable

from personalization.arrival import Arrival
from personalization.models import ATTRIBUTES, CONSENT, LINK, Event

ABOUT_PEOPLE = frozenset({ATTRIBUTES, CONSENT, LINK})


def known_of_people(events: Iterable[Event | Arrival], new: int) -> int:
    """Of the `new` ones of a page's events, how many only say who somebody is. Where a page has
    both kinds and was known in part, what happened is counted as the newer."""
    return new - min(new, sum(one.kind not in ABOUT_PEOPLE for one in events)) if new else 0
