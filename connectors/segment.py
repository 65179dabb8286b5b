"""Behaviour and purchases in Segment's HTTP tracking format, from any tag manager that speaks it:
identify, track, page, screen, group, alias and batch. A source only.

Who calls proves it with what the settings name, and with both where both are: the write key as
the user name of basic authentication (segment.com/docs, "HTTP API source"), or a signature, hex of
HMAC-SHA1 over the raw body in X-Signature, as Segment's own webhook destination sends it. Neither
covers a time stamp, so there is no replay window: keys come from messageId, and a message that
comes again changes nothing. A write key within the body is not taken: it would have to be parsed
before it is trusted. Unverified: the signature, on a live Segment workspace.

How events are told: `connectors/shared/webhook_segment.py`.
"""

import base64
import binascii
from collections.abc import Mapping
from functools import partial
from typing import Any, Literal

from pydantic import Field

from connectors.shared.signatures import Refused, needed, plain, same, signed
from connectors.shared.webhook import (
    Hook,
    Limited,
    json_of,
    object_of,
    put_aside,
    settings_of,
    text_at,
    wrong_settings,
)
from connectors.shared.webhook_events import Place
from connectors.shared.webhook_segment import Reading, message
from personalization.connector import Received, Request, SetAside, Webhook
from personalization.errors import Skip
from personalization.models import Event

MOST_MESSAGES = 2_500
"""In one batch, as Segment's own API allows."""


class Settings(Limited):
    """`write_key` and `secret`, one or both, each with an older one that is still valid. `digest`
    is the signature's. `currency` is that of amounts that name none. `consent_trait` names a trait
    whose true or false is the consent to marketing by e-mail."""

    write_key: str | None = Field(default=None, min_length=1, repr=False)
    old_write_key: str | None = Field(default=None, min_length=1, repr=False)
    secret: str | None = Field(default=None, min_length=1, repr=False)
    old_secret: str | None = Field(default=None, min_length=1, repr=False)
    digest: Literal["sha1", "sha256"] = "sha1"
    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")
    consent_trait: str | None = None


def webhook(account: str, settings: Mapping[str, Any]) -> Webhook:
    """The webhook of one feed. Raises Stop for settings that are missing or wrong."""
    given = settings_of(Settings, "segment", account, settings)
    if given.write_key is None and given.secret is None:
        raise wrong_settings(f"segment/{account}", "secret, write_key. Set one or both.")
    return Hook("segment", account, given.most_bytes, partial(check, given),
                partial(read, Place("segment", account), given))  # fmt: skip


def check(settings: Settings, request: Request) -> None:
    """Raises Refused unless everything that the settings ask for is right."""
    if settings.write_key:
        keys = [one for one in (settings.write_key, settings.old_write_key) if one]
        same([user(needed(request, "Authorization"))], keys)
    if settings.secret:
        secrets = [plain(one) for one in (settings.secret, settings.old_secret) if one]
        given = needed(request, "X-Signature")
        signed([given], secrets, request.body, "hex", settings.digest)


def user(authorization: str) -> str:
    """The user name of basic authentication, whose password is empty. Raises Refused."""
    scheme, _, told = authorization.partition(" ")
    try:
        name, colon, password = base64.b64decode(told, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        raise Refused("malformed header") from None
    exact = base64.b64encode(f"{name}:".encode()).decode() == told
    if scheme.lower() != "basic" or not colon or password or not exact:
        raise Refused("malformed header")
    return name


def read(place: Place, settings: Settings, request: Request) -> Received:
    """What a call says: a message, or a batch of which a wrong one is set aside and the others
    are taken. Raises Skip where a lone one is wrong."""
    body = object_of(json_of(request))
    reading = Reading(place, settings.currency, settings.consent_trait, request.received_at)
    delivery = text_at(body, "messageId") or ""
    batch = body.get("batch")
    if not isinstance(batch, list):
        kind = text_at(body, "type") or request.url.partition("?")[0].rpartition("/")[2]
        return Received(events=tuple(message(reading, body, kind)), delivery=delivery)
    if len(batch) > MOST_MESSAGES:
        raise Skip(f"a batch has more than {MOST_MESSAGES} messages")
    events: list[Event] = []
    aside: list[SetAside] = []
    for number, one in enumerate(batch):
        try:
            events += message(reading, object_of(one, "a message"), text_at(one, "type") or "")
        except Skip as reason:
            aside.append(put_aside(f"{place} batch[{number}]", one, reason))
    return Received(events=tuple(events), set_aside=tuple(aside), delivery=delivery)
