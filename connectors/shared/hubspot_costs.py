"""What work on a HubSpot portal costs, in calls and minutes."""

import math
from collections.abc import Mapping

from connectors.shared import hubspot_consent as consent
from connectors.shared import hubspot_lists as lists
from connectors.shared import hubspot_writes as writes
from connectors.shared.hubspot_settings import Settings
from personalization.connector import Cost

CALLS_A_SECOND = 4
"""Assumed for estimates: what search allows, with room for others."""


def estimate(
    settings: Settings, consents: bool, fields: int, tags: Mapping[str, tuple[int, int]],
    sends: int, setups: int,
) -> Cost:  # fmt: skip
    """Writing that many contacts' fields, per tag (added, removed), and sends, each with its
    read-back: searches for what changed, what changed contacts agreed to (with `consents`, or by
    the list `opted_in`), and the lists that tagged ones are on; a send's are the look before and
    the look-up."""
    by_tag = sum(max(calls(n, settings.list_ids) for n in pair) for pair in tags.values())
    tagged = sum(sum(pair) for pair in tags.values())
    written = calls(fields, writes.A_CALL) + by_tag + calls(sends, 500)
    # A list and an event are a call each, and an event is looked for before it and after.
    # Properties share one, so that this is the most that setting up takes.
    written += setups + (1 if setups else 0)
    read = max(calls(fields, settings.search_page), 1 if by_tag else 0) + 2 * calls(sends, 100)
    if by_tag:
        # The lists by name before writing and after, then who is on them.
        read += 2 + calls(tagged, lists.A_BATCH)
    if settings.opted_in is not None:
        read += calls(fields, lists.A_BATCH) + (1 if fields else 0)
    if consents:
        read += calls(fields, consent.A_CALL)
    read += (1 if sends else 0) + (6 + setups if setups else 0)
    minutes = round((written + read) / CALLS_A_SECOND / 60, 1)
    return Cost(writes=written, reads=read, minutes=minutes)


def calls(count: int, size: int) -> int:
    """How many calls of at most that size."""
    return math.ceil(count / size)
