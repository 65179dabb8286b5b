"""What work on a HubSpot portal costs, in calls and minutes."""

import math
from collections.abc import Mapping

from connectors.shared import hubspot_consent as consent
from connectors.shared import hubspot_contacts as contacts
from connectors.shared import hubspot_lists as lists
from connectors.shared import hubspot_setup as setup
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
    read-back: searches for what changed, contacts on lists by id, the lists that they are on, and,
    with `consents`, what they agreed to; a send's are the look before and the look-up."""
    by_tag = sum(max(calls(n, settings.list_ids) for n in pair) for pair in tags.values())
    tagged = sum(sum(pair) for pair in tags.values())
    written = calls(fields, writes.A_CALL) + by_tag + calls(sends, 500)
    written += calls(setups, setup.A_CALL) + (1 if setups else 0)
    changed = max(fields, tagged)
    read = calls(fields, settings.search_page) + 2 * calls(sends, 100)
    read += calls(tagged, contacts.A_CALL)
    if by_tag or settings.opted_in is not None:
        read += calls(changed, lists.A_BATCH)
    if consents:
        read += calls(changed, consent.A_CALL)
    read += 4 if fields or by_tag else 0
    read += (1 if by_tag else 0) + (1 if sends else 0) + (6 if setups else 0)
    minutes = round((written + read) / CALLS_A_SECOND / 60, 1)
    return Cost(writes=written, reads=read, minutes=minutes)


def calls(count: int, size: int) -> int:
    """How many calls of at most that size."""
    return math.ceil(count / size)
