"""What things are called in HubSpot, beside what is ours by its name (`ours`): events, the ids of
sends, time zones, and what a marketer pastes."""

import re
from functools import cache
from uuid import UUID, uuid5
from zoneinfo import available_timezones

from connectors.shared.ours import property_name

KEYS = UUID("6f2c2a52-6f0e-5d0b-9a57-1c8f0d5b7a11")
"""Namespace of the ids that HubSpot tells a repeated send by. Never changes."""


def send_id(account: str, key: str) -> str:
    """A UUID that depends on nothing but the send's key: the same send always has the same."""
    return str(uuid5(KEYS, f"{account}\n{key}"))


def event_name(name: str) -> str:
    """The inner name of a custom event: a letter, then letters, digits, _ and -."""
    plain = re.sub(r"[^a-z0-9_-]+", "_", name.lower())
    return plain if re.match("[a-z]", plain) else f"e_{plain}"


@cache
def zones() -> dict[str, str]:
    """Time zones by how HubSpot may write them."""
    return {
        form: zone
        for zone in available_timezones()
        for form in (zone.lower(), zone.lower().replace("/", "_slash_").replace("-", "_hyphen_"))
    }


def zone(text: str | None) -> str | None:
    """An IANA zone from `hs_timezone`, whose options are written europe_slash_berlin (that form
    is unverified, the plain one is taken too); None for anything else."""
    return zones().get((text or "").strip().lower())


def snippet(field: str, fallback: str) -> str:
    """HubL that shows a field, else the fallback. An empty property is empty text, so `default`
    gets its second argument. It works in coded modules and templates and in programmable e-mails;
    the drag-and-drop editor's own token has its fallback in a box of its own (unverified)."""
    told = fallback.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'{{{{ contact.{property_name(field)}|default("{told}", true) }}}}'
