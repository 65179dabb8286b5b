"""A profile of Klaviyo as a record, and what it says of consent.

The "subscriptions" of a profile come only where asked for ("Collect email and SMS consent via
API"): `consent` is SUBSCRIBED, UNSUBSCRIBED or NEVER_SUBSCRIBED; a suppression, such as a bounce,
stands beside it and is the stronger.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connectors.shared.klaviyo_api import Row
from connectors.shared.moments import micros
from connectors.shared.ours import PREFIX, field_name
from personalization.alias import outside_alias
from personalization.models import CONSENT, Event, Frozen, Micros, Record, Status

BOUNCED = frozenset({"HARD_BOUNCE", "INVALID_EMAIL"})
OWN = ("email", "external_id", "first_name", "last_name", "organization", "title", "locale")
LOCATED = ("city", "region", "country", "zip")
WANTED = (*OWN, *(f"location.{one}" for one in (*LOCATED, "timezone")),
          "properties", "updated", "subscriptions")  # fmt: skip
READ = {"additional-fields[profile]": "subscriptions", "fields[profile]": ",".join(WANTED)}
"""What every reading of profiles asks for."""
SAID = {"SUBSCRIBED": "in", "UNSUBSCRIBED": "out"}


class Reading(Frozen):
    """How profiles become records: of which account, and which facts are taken over."""

    account: str
    attributes: tuple[str, ...]


def record(how: Reading, row: Row, tags: Sequence[str]) -> Record:
    """A profile as a record."""
    told = attributes_of(row)
    place = told.get("location") or {}
    own = told.get("properties") or {}
    return Record(
        alias=outside_alias("klaviyo", how.account, str(row["id"])),
        outside_id=str(row["id"]),
        email=told.get("email") or None,
        status=status(marketing(told)),
        values={field_name(name): text(value) for name, value in own.items()
                if name.startswith(PREFIX)},
        tags=tuple(sorted(tags)),
        attributes={name: fact(told, place, own, name) for name in how.attributes},
        zone=place.get("timezone") or None,
        language=told.get("locale") or None,
        changed_at=changed(row),
    )  # fmt: skip


def gone(how: Reading, id: str, at: Micros) -> Record:
    """Somebody who is not there any more."""
    return Record(alias=outside_alias("klaviyo", how.account, id), outside_id=id, email=None,
                  status="gone", values={}, changed_at=at)  # fmt: skip


def attributes_of(row: Row) -> Row:
    """What a row says."""
    found = row.get("attributes")
    return found if isinstance(found, dict) else {}


def changed(row: Mapping[str, Any]) -> Micros:
    """When a profile changed last."""
    return micros(str(attributes_of(dict(row))["updated"]))


def text(value: Any) -> str:
    """A custom property as the text that it shows."""
    return "" if value is None else str(value)


def fact(told: Row, place: Row, own: Row, name: str) -> Any:
    """One attribute: the profile's own, of its place, or a custom property. Nothing is None."""
    found = told.get(name) if name in OWN else place.get(name) if name in LOCATED else own.get(name)
    return None if found == "" else found


def marketing(told: Row, channel: str = "email") -> Row:
    """What a profile says of marketing by a channel; {} where it says nothing."""
    said = (told.get("subscriptions") or {}).get(channel) or {}
    found = said.get("marketing")
    return found if isinstance(found, dict) else {}


def status(said: Row) -> Status:
    """A profile's standing. Whoever was never asked is there and is not to be sent to."""
    reasons = {str(one.get("reason")) for one in said.get("suppression") or ()}
    if reasons & BOUNCED:
        return "cleaned"
    state = SAID.get(str(said.get("consent")))
    if state == "out" or reasons or said.get("can_receive_email_marketing") is False:
        return "unsubscribed"
    return "subscribed" if state == "in" else "transactional"


def sms(how: Reading, row: Row) -> Iterator[Event]:
    """What a profile has agreed to by SMS; e-mail is in its status. Keyed by when it was said, so
    that it is one event however often it is read."""
    said = marketing(attributes_of(row), "sms")
    state, at = SAID.get(str(said.get("consent"))), said.get("consent_timestamp")
    if state and at:
        alias = outside_alias("klaviyo", how.account, str(row["id"]))
        props = {"by": f"klaviyo/{how.account}", "channel": "sms", "purpose": "marketing",
                 "state": state}  # fmt: skip
        yield Event(key=f"{alias}|{CONSENT}|sms|{at}|{state}", kind=CONSENT, alias=alias,
                    occurred_at=micros(str(at)), props=props)  # fmt: skip
