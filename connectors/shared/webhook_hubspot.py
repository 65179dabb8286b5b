"""Webhooks of a HubSpot app about its portal's contacts. See `webhook` in `connectors/hubspot.py`.

Signature, version 3 (developers.hubspot.com, "Validating requests"; the published vector passes):
`X-HubSpot-Signature-v3`, base64 of HMAC-SHA256 over method, address, body and the milliseconds in
`X-HubSpot-Request-Timestamp`, with the app's client secret. A dozen characters of the address are
signed decoded. At most 300 s old or ahead: HubSpot's own library takes stamps from tomorrow. The
older signatures that come beside it cover no time and are not looked at.

A call is an array of at most 100 events, in any order, which carry ids and at most one property:

| event | what is done |
|---|---|
| a changed address | a link; the former address stays linked |
| an opt-out of all mail, or of a subscription type that `consent` names | consent `out` |
| an opt-out taken back | nothing is said by it alone: the pull tells how the person stands |
| a property that `attributes` names | an attribute |
| any other property, our own among them | nothing |
| creation, deletion, restoring | the portal is pulled: they carry an id alone |
| merge | links, and a pull |
| a deletion for privacy | the person is erased |

Both forms of subscriptions are read, `contact.propertyChange` and `object.propertyChange`.
"""

import re
from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import unquote

from pydantic import Field

from connectors.shared.hubspot_records import ATTRIBUTES, OUT
from connectors.shared.signatures import in_time, needed, signed
from connectors.shared.webhook import (
    Hook,
    Json,
    Signed,
    at,
    id_at,
    json_of,
    object_of,
    put_aside,
    settings_of,
    text_at,
    whole,
)
from connectors.shared.webhook_events import (
    Place,
    alias_of,
    consent,
    links,
    mail_alias,
    statement,
)
from personalization.connector import Received, Request, SetAside, Webhook
from personalization.errors import Skip
from personalization.models import ATTRIBUTES as ATTRIBUTES_KIND
from personalization.models import Event, Micros

MILLISECOND = 1_000
CONTACTS = "0-1"
MOST_EVENTS = 1_000
MOST_MILLISECONDS = 10**14
DECODED = re.compile(r"%(3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)", re.IGNORECASE)
PULLED = frozenset({"creation", "deletion", "restore"})


class Settings(Signed):
    """`secret` is the app's client secret. `url` is the app's target URL, where a gateway changes
    what is called. `window` is how many seconds a call may lie in the past or the future. Of an
    app in several portals, `portal` is the id of this one. `consent` and `attributes` are meant
    as the destination's."""

    url: str | None = None
    window: int = Field(default=300, ge=1)
    portal: int | None = None
    consent: Mapping[str, int] = {}
    attributes: tuple[str, ...] = ATTRIBUTES


def make(account: str, settings: Mapping[str, Any]) -> Webhook:
    """The webhook of one portal. Raises Stop for settings that are missing or wrong."""
    given = settings_of(Settings, "hubspot", account, settings)
    return Hook("hubspot", account, given.most_bytes, partial(check, given),
                partial(read, Place("hubspot", account), given))  # fmt: skip


def check(settings: Settings, request: Request) -> None:
    """Raises Refused unless the call is signed and in time."""
    given = needed(request, "X-HubSpot-Signature-v3")
    stamp = needed(request, "X-HubSpot-Request-Timestamp")
    address = DECODED.sub(lambda one: unquote(one[0]), settings.url or request.url)
    told = f"{request.method}{address}".encode("utf-8", "surrogateescape")
    message = told + request.body + stamp.encode("utf-8", "surrogateescape")
    signed([given], settings.secrets(), message, "base64")
    in_time(stamp, request, settings.window, MILLISECOND)


def read(place: Place, settings: Settings, request: Request) -> Received:
    """What a call says: a wrong event is set aside, and the others are taken. Raises Skip."""
    rows = json_of(request)
    if not isinstance(rows, list):
        raise Skip("the body is not an array of events")
    if len(rows) > MOST_EVENTS:
        raise Skip(f"a call has more than {MOST_EVENTS} events")
    events: list[Event] = []
    erase: list[str] = []
    aside: list[SetAside] = []
    pull = False
    for number, row in enumerate(rows):
        try:
            found = event(place, settings, object_of(row, "an event"), request.received_at)
        except Skip as reason:
            aside.append(put_aside(f"{place} event[{number}]", row, reason))
            continue
        events += found.events
        erase += found.erase
        pull |= found.pull
    unique = {one.key: one for one in sorted(events, key=lambda one: one.occurred_at)}
    delivery = text_at(rows[0], "eventId") or "" if rows else ""
    return Received(events=tuple(unique.values()), erase=tuple(dict.fromkeys(erase)), pull=pull,
                 set_aside=tuple(aside), delivery=delivery)  # fmt: skip


def event(place: Place, settings: Settings, row: Json, received_at: Micros) -> Received:
    """One event; empty for what is about no contact of this portal."""
    about, _, what = (text_at(row, "subscriptionType") or "").partition(".")
    ours = about == "contact" or (about == "object" and at(row, "objectTypeId") == CONTACTS)
    other = settings.portal is not None and at(row, "portalId") != settings.portal
    if not ours or other:
        return Received()
    moment = min(occurred_at(row), received_at)
    if what == "merge":
        return merged(place, row, moment)
    alias = alias_of(place, id_at(row, "objectId"))
    if what == "propertyChange":
        return changed(place, settings, alias, row, moment)
    if what == "privacyDeletion":
        outs = consent(place, alias, "out", moment)
        return Received(events=tuple(outs), erase=(alias,))
    return Received(pull=what in PULLED)


def occurred_at(row: Json) -> Micros:
    """An event's moment. Raises Skip."""
    millis = at(row, "occurredAt")
    if type(millis) is not int or not 0 <= millis < MOST_MILLISECONDS:
        raise Skip("occurredAt is missing or no moment")
    return millis * MILLISECOND


def changed(place: Place, settings: Settings, alias: str, row: Json, moment: Micros) -> Received:
    """A property that changed."""
    name, value = id_at(row, "propertyName"), text_at(row, "propertyValue")
    outs = {OUT, *(f"{OUT}_{id}" for purpose, id in settings.consent.items()
                   if purpose == "marketing")}  # fmt: skip
    if name == "email":
        return Received(events=tuple(links(alias, [mail_alias(value)], moment)), pull=True)
    if name in outs:
        said = consent(place, alias, "out" if (value or "").lower() == "true" else None, moment)
        return Received(events=tuple(said), pull=True)
    if name not in settings.attributes:
        return Received()
    # An emptied property is told as null, which takes away what this portal said of it.
    kept = {"set": {name: whole(value) if value else None}, "by": str(place)}
    return Received(events=(statement(alias, ATTRIBUTES_KIND, kept, moment),))


def merged(place: Place, row: Json, moment: Micros) -> Received:
    """Contacts that became one, which may have an id of its own."""
    ids = at(row, "mergedObjectIds")
    gone = [str(one) for one in ids if type(one) is int] if isinstance(ids, list) else []
    kept = text_at(row, "newObjectId") or id_at(row, "primaryObjectId")
    others = [*gone, text_at(row, "primaryObjectId")]
    names = [alias_of(place, one) for one in others if one and one != kept]
    return Received(events=tuple(links(alias_of(place, kept), names, moment)), pull=True)
