"""Feedback as a signed JSON webhook of our own, open to any survey tool: NPS, CSAT, reviews,
survey answers. docs/webhooks.md shows the body. A source only.

Signature: Standard Webhooks (standardwebhooks.com, published vector passes): `webhook-id`,
`webhook-timestamp` and `webhook-signature`, HMAC-SHA256 over id.timestamp.body, at most 300 s old
or ahead. A response becomes a `feedback` event; its answers become attributes (what people say of
themselves: tastes, a preferred channel), and what they agree to becomes consent.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from pydantic import Field

from connectors.shared.signatures import header, standard, standard_secret
from connectors.shared.webhook import (
    Hook,
    Json,
    Signed,
    at,
    count_at,
    decimal_at,
    first_moment,
    id_at,
    json_of,
    moment_at,
    object_of,
    plain_value,
    put_aside,
    rows_at,
    settings_of,
    text_at,
)
from connectors.shared.webhook_events import (
    Place,
    alias_of,
    attributes,
    consent,
    fact,
    line,
    links,
    mail_alias,
    version_at,
)
from personalization.connector import Received, Request, SetAside, Webhook
from personalization.errors import Skip, Stop
from personalization.models import Event

TYPES = ("nps", "csat", "review", "survey")
SCALES = {"nps": (0, 10), "csat": (1, 5), "review": (1, 5)}
"""The least and most rating; `scale` in the body gives another most."""


class Settings(Signed):
    """`secret` is whsec_ and a key in base64. `window` is how many seconds a call may lie in the
    past or the future."""

    window: int = Field(default=300, ge=1)


def webhook(account: str, settings: Mapping[str, Any]) -> Webhook:
    """The webhook of one feedback feed. Raises Stop for settings that are missing or wrong."""
    given = settings_of(Settings, "feedback", account, settings)
    try:
        secrets = given.secrets(standard_secret)
    except Stop as wrong:
        raise Stop(f"feedback/{account}: {wrong}") from None
    return Hook(
        "feedback", account, given.most_bytes,
        lambda request: standard(request, secrets, given.window),
        partial(read, Place("feedback", account)),
    )  # fmt: skip


def read(place: Place, request: Request) -> Received:
    """What a call says: one response, or several under `responses`, of which a wrong one is set
    aside and the others are taken. Raises Skip where a lone one is wrong."""
    body = object_of(json_of(request))
    delivery = header(request, "webhook-id") or ""
    if not isinstance(body.get("responses"), list):
        return Received(events=tuple(response(place, body)), delivery=delivery)
    events: list[Event] = []
    aside: list[SetAside] = []
    for number, one in enumerate(body["responses"]):
        try:
            events += response(place, object_of(one, "a response"))
        except Skip as reason:
            aside.append(put_aside(f"{place} responses[{number}]", one, reason))
    return Received(events=tuple(events), set_aside=tuple(aside), delivery=delivery)


def response(place: Place, body: Json) -> list[Event]:
    """One response."""
    id, form = id_at(body, "id"), text_at(body, "type")
    if form not in TYPES:
        raise Skip(f"type: write one of {', '.join(TYPES)}")
    given = first_moment(body, "at")
    changed = moment_at(body, "updated_at") or given
    person, mail = text_at(body, "person", "id"), mail_alias(text_at(body, "person", "email"))
    who = alias_of(place, person) if person else mail
    if who is None:
        raise Skip("person needs an id or an email")
    product = text_at(body, "product")
    props = {
        "form": form,
        "rating": rating(body, form),
        "scale": count_at(body, "scale"),
        "text": text_at(body, "text"),
        "order": text_at(body, "order"),
        "lines": line(product, None, None),
    }
    events = [fact(place, "feedback", ("response", id), who, version_at(given, changed), props)]
    events += links(who, [mail], given) + attributes(who, answers(body), changed)
    for said in rows_at(body, "consent"):
        if at(said, "state") not in ("in", "out"):
            raise Skip("consent: state is in or out")
        events += consent(place, who, said["state"], changed, text_at(said, "channel") or "email",
                          text_at(said, "purpose") or "marketing")  # fmt: skip
    return events


def rating(body: Json, form: str) -> int | None:
    """A whole number within its scale; a survey may have none. Raises Skip."""
    found = decimal_at(body, "rating")
    if found is None:
        if form == "survey" and at(body, "rating") is None:
            return None
        raise Skip("rating is missing or no number")
    least, most = SCALES.get(form, (0, 100))
    most = count_at(body, "scale") or most
    if found != found.to_integral_value() or not least <= found <= most:
        raise Skip(f"rating: write a whole number from {least} to {most}")
    return int(found)


def answers(body: Json) -> dict[str, Any]:
    """Survey answers as attributes; several choices are joined, in order."""
    found = at(body, "answers")
    if not isinstance(found, dict):
        return {}
    return {name: answer(value) for name, value in found.items() if name.strip()}


def answer(value: Any) -> str | int | float | bool | None:
    """One answer as a plain value."""
    if isinstance(value, list):
        return ", ".join(sorted(str(plain_value(one)) for one in value))
    made = plain_value(value)
    return made if isinstance(made, str | int | float | bool) else None
