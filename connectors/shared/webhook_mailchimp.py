"""Audience webhooks of Mailchimp: subscribes, opt-outs, changed addresses, and that something
changed. See `webhook` in `connectors/mailchimp.py`.

Who calls proves it with what the settings name, and with both where both are:

- `secret`: `X-Mailchimp-Signature: t=SECONDS,v1=HEX`, hex of HMAC-SHA256 over `t.body`, at most
  300 s old or ahead. Webhooks made since 2026 are signed; the secret is shown once, in the answer
  that creates one (mailchimp.com/developer, "Sync audience data with webhooks").
- `url_secret`: a word that the webhook's address ends in, `.../hooks/mailchimp/main/WORD` or
  `...?secret=WORD`. Older webhooks have nothing else.

Before it takes an address, Mailchimp asks for it by GET.

Bodies are forms; only those of subscribe and unsubscribe are documented in full, the others are
as public receivers read them. `data[id]` is not the id that the API lists members by, so people
are named by their address here, and the pull joins both. A call says too little of the rest
(groups, tags, which fields are ours), so what it reports is pulled: our own writes, told as a
change of profile, come to nothing that way. `fired_at` has no zone and is taken as UTC, and never
later than the call.
"""

import re
from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from pydantic import Field

from connectors.shared.signatures import in_time, needed, plain, same, signed
from connectors.shared.webhook import Hook, Limited, moment_at, settings_of, whole, wrong_settings
from connectors.shared.webhook_events import Place, consent, links, mail_alias
from personalization.connector import Received, Request, Webhook
from personalization.errors import Skip
from personalization.models import Event

MOST_PROPERTIES = 1_000
FIRED = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
STATES = {"subscribe": "in", "unsubscribe": "out", "cleaned": "out"}
SILENT = ("profile", "campaign")


class Settings(Limited):
    """`secret` and `url_secret`, one or both, each with an older one that is still valid.
    `window` is how many seconds a signed call may lie in the past or the future. Calls about
    another audience than `list` say nothing."""

    secret: str | None = Field(default=None, min_length=1, repr=False)
    old_secret: str | None = Field(default=None, min_length=1, repr=False)
    url_secret: str | None = Field(default=None, min_length=16, repr=False)
    old_url_secret: str | None = Field(default=None, min_length=16, repr=False)
    window: int = Field(default=300, ge=1)
    list: str | None = Field(default=None, min_length=1)


def make(account: str, settings: Mapping[str, Any]) -> Webhook:
    """The webhook of one audience. Raises Stop for settings that are missing or wrong."""
    given = settings_of(Settings, "mailchimp", account, settings)
    if given.secret is None and given.url_secret is None:
        raise wrong_settings(f"mailchimp/{account}", "secret, url_secret. Set one or both.")
    return Hook("mailchimp", account, given.most_bytes, partial(check, given),
                partial(read, Place("mailchimp", account), given),
                frozenset({"GET", "POST"}), secret_url=True)  # fmt: skip


def check(settings: Settings, request: Request) -> None:
    """Raises Refused unless everything that the settings ask for is right. A GET carries no
    signature and says nothing."""
    if settings.url_secret:
        known = [one for one in (settings.url_secret, settings.old_url_secret) if one]
        same(words(request.url), known)
    if settings.secret and request.method == "POST":
        secrets = [plain(one) for one in (settings.secret, settings.old_secret) if one]
        stamp, given = parts(needed(request, "X-Mailchimp-Signature"))
        message = stamp.encode("utf-8", "surrogateescape") + b"." + request.body
        signed(given, secrets, message, "hex")
        in_time(stamp, request, settings.window)


def words(url: str) -> list[str]:
    """What an address may prove: its last part, and its `secret`."""
    parts = urlsplit(url)
    return [parts.path.rpartition("/")[2], *parse_qs(parts.query).get("secret", [])]


def parts(header: str) -> tuple[str, list[str]]:
    """A signature's time stamp ("" unless there is one) and its hex texts."""
    pairs = [part.partition("=") for part in header.split(",")]
    stamps = [value for name, _, value in pairs if name == "t"]
    return (stamps[0] if len(stamps) == 1 else ""), [
        value for name, _, value in pairs if name == "v1"
    ]


def read(place: Place, settings: Settings, request: Request) -> Received:
    """What a call says. Raises Skip."""
    form = form_of(request)
    kind = form.get("type", "")
    if settings.list and form.get("data[list_id]", settings.list) != settings.list:
        return Received()
    if kind in STATES or kind == "upemail":
        return Received(events=tuple(told(place, form, kind, request)), pull=True)
    return Received(pull=kind in SILENT)


def told(place: Place, form: Mapping[str, str], kind: str, request: Request) -> list[Event]:
    """Whose consent or address changed."""
    fired = form.get("fired_at", "")
    moment = moment_at({"at": fired}, "at") if FIRED.fullmatch(fired) else None
    if moment is None:
        raise Skip("fired_at is missing or no moment")
    moment = min(moment, request.received_at)
    if kind == "upemail":
        return links(address(form, "data[new_email]"), [address(form, "data[old_email]")], moment)
    return consent(place, address(form, "data[email]"), STATES[kind], moment)


def address(form: Mapping[str, str], name: str) -> str:
    """The alias of an address that must be there. Raises Skip."""
    alias = mail_alias(form.get(name))
    if alias is None:
        raise Skip(f"{name} is missing or no address")
    return alias


def form_of(request: Request) -> dict[str, str]:
    """The body as a form; of a name that comes twice the last. Raises Skip."""
    try:
        pairs = parse_qsl(request.body.decode(), keep_blank_values=True, strict_parsing=True,
                          errors="strict", max_num_fields=MOST_PROPERTIES)  # fmt: skip
    except ValueError:
        raise Skip("the body is not a form") from None
    return {name: whole(value) for name, value in pairs}
