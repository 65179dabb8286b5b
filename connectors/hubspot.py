"""HubSpot as a destination: the contacts of one portal, by the CRM API version 3.

What is written is our own properties (batch update by record id, a hundred a call), tags (static
lists, by record id), custom events (sends, 500 a call), properties and lists themselves. No call
creates a contact: nothing is upserted, events name a record and not an address, and single
e-mails, which could create one, are off unless the account turns them on.

What HubSpot does that one would not expect is told where it matters: `connectors/shared/
hubspot_api.py` (the client), `hubspot_walk.py` (search), `hubspot_contacts.py` (pulling),
`hubspot_writes.py` (partial errors), `hubspot_sends.py` (sends that happen once).
"""

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from pydantic import ConfigDict, Field, ValidationError

from connectors.shared import hubspot_contacts as contacts
from connectors.shared import hubspot_emails as emails
from connectors.shared import hubspot_lists as lists
from connectors.shared import hubspot_sends as sends
from connectors.shared import hubspot_setup as setup
from connectors.shared import hubspot_writes as writes
from connectors.shared import webhook_hubspot as hooks
from connectors.shared.hubspot_api import Api, HubSpotWire
from connectors.shared.hubspot_names import FIELD_NAME, snippet
from connectors.shared.hubspot_records import ATTRIBUTES, Reading
from connectors.shared.outcomes import NOT_THERE
from personalization.connector import (
    Cost,
    Limits,
    Outcome,
    Page,
    RemoteField,
    RemoteTag,
    Started,
    Webhook,
)
from personalization.consent import Permit
from personalization.errors import Stop
from personalization.models import SECOND, Frozen, Micros

MARKETING = "marketing"
CALLS_A_SECOND = 4
"""Assumed for estimates: what search allows, with room for others."""


class Settings(Frozen):
    """`token` of a private app. `consent` names the subscription type behind a purpose by its id;
    that of "marketing" counts as opted out where the contact left it, and the portal-wide opt-out
    always does. `group` is the property group, `folder` the id of the folder that new lists go
    into. `attributes` are the contact properties that are taken over as facts. `properties` is how
    many own properties the portal allows, `search_page` 100 in older portals, `list_ids` how many
    ids are added or removed in a call (no cap is published). `single_send` turns on single e-mails.
    Seconds: `timeout` a call, `patience` all waiting of one call, `lag` the most that search is
    late, `look_up` until a send that does not show counts as not happened."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    token: str = Field(min_length=1, repr=False)
    url: str = Field(default="https://api.hubapi.com", pattern=r"^https?://.+$")
    group: str = Field(default="segment_of_one", pattern=r"^[a-z][a-z0-9_]{0,99}$")
    consent: Mapping[str, int] = {}
    folder: int | None = None
    attributes: tuple[str, ...] = ATTRIBUTES
    properties: int = Field(default=1_000, ge=1)
    search_page: int = Field(default=200, ge=1, le=200)
    list_ids: int = Field(default=1_000, ge=1)
    single_send: bool = False
    timeout: float = Field(default=60, gt=0)
    patience: float = Field(default=120, ge=0)
    lag: int = Field(default=60, ge=0)
    look_up: float = Field(default=60, ge=0)
    sleep: Callable[[float], None] = time.sleep


def destination(account: str, settings: Mapping[str, Any]) -> "HubSpot":
    """The destination for one portal. Calls nothing yet. Raises Stop for wrong settings."""
    try:
        checked = Settings.model_validate(dict(settings))
    except ValidationError as error:
        names = ", ".join(sorted({str(part["loc"][0]) for part in error.errors()}))
        raise Stop(f"hubspot/{account}: these settings are missing or wrong: {names}") from None
    return HubSpot(account, checked)


def webhook(account: str, settings: Mapping[str, Any]) -> Webhook:
    """The webhook of one portal. Raises Stop for wrong settings."""
    return hooks.make(account, settings)


class HubSpot:
    """A `personalization.connector.Destination` over the contacts of one portal.

    `unread` and `emailed` are what this process knows of its own writes: they save calls, and a
    process that is killed and begins without them ends in the same state."""

    name = "hubspot"

    def __init__(self, account: str, settings: Settings) -> None:
        self.account = account
        self.settings = settings
        place = f"hubspot/{account}"
        wire = HubSpotWire(place, settings.timeout, settings.patience, settings.sleep)
        self.api = Api(settings.token, settings.url, wire)
        self.unread: dict[str, Micros | None] = {}
        self.emailed: set[str] = set()
        self.events: dict[str, sends.Event] = {}
        self.limits = Limits(
            fields=settings.properties, field_name=FIELD_NAME, value_bytes=65_536,
            tag_chars=100, writes_per_call=1_000, tags_per_call=settings.list_ids,
        )  # fmt: skip

    def pull(self, cursor: str | None) -> Iterator[Page]:
        """Contacts changed since the cursor, or all; see `hubspot_contacts`."""
        settings = self.settings
        reading = self.reading(self.fields())
        how = contacts.Pulling(
            reading=reading, size=settings.search_page, lag=settings.lag * SECOND
        )  # fmt: skip
        return contacts.pull(self.api, how, self.unread, cursor)

    def reading(self, fields: Sequence[RemoteField]) -> Reading:
        """What is read of each contact."""
        types = [str(id) for purpose, id in self.settings.consent.items() if purpose == MARKETING]
        return Reading.of(self.account, types, self.settings.attributes, fields)

    def fields(self) -> list[RemoteField]:
        """All properties that the portal has made; HubSpot's own are none of them."""
        return setup.fields(self.api)

    def tags(self) -> list[RemoteTag]:
        """Our static lists; others are none of ours to read or write."""
        return lists.our_lists(self.api)

    def write(self, permits: Sequence[Permit]) -> Iterator[Started | Outcome]:
        """Carries out rows of one kind. A send's `new` is {event, message, properties}, or
        {by: "email", email_id, properties}. Who is not there any more comes with the next pull."""
        ids = {one.row.id: one.outside_id for one in permits}
        for told in self.carry_out(permits):
            if told.reason == NOT_THERE:
                self.unread[ids[told.row]] = None
            yield told

    def carry_out(self, permits: Sequence[Permit]) -> Iterator[Outcome]:
        """The outcome of each row."""
        kinds = {permit.row.kind for permit in permits}
        if len(kinds) > 1:
            raise ValueError("rows of one kind at a time")
        if "setup" in kinds:
            yield from setup.set_up(
                self.api, permits, self.settings.group, self.settings.folder
            )  # fmt: skip
        elif "tags" in kinds:
            self.unread |= dict.fromkeys((one.outside_id for one in permits), None)
            yield from lists.write_tags(self.api, permits, self.tags(), self.settings.list_ids)
        elif "send" in kinds:
            yield from self.send(permits)
        elif kinds:
            yield from writes.write_fields(self.api, permits, self.unread)

    def send(self, permits: Sequence[Permit]) -> Iterator[Outcome]:
        """Carries out sends of those who may have them now."""
        events: list[Permit] = []
        mails: list[tuple[Permit, str]] = []
        for told in sends.able(self.api, self.reading([]), permits):
            if isinstance(told, Outcome):
                yield told
            elif told[0].row.new.get("by") != "email":
                events.append(told[0])
            elif self.settings.single_send:
                mails.append(told)
            else:
                yield Outcome(row=told[0].row.id, result="refused", reason=emails.OFF)
        yield from sends.write_events(self.api, self.account, events, self.events)
        patience = self.settings.patience
        yield from emails.write_emails(self.api, self.account, mails, self.emailed, patience)

    def settle(self, reference: str) -> None:
        """Nothing to wait for: each call is done when it is answered."""

    def sent(self, permits: Sequence[Permit]) -> Mapping[int, bool | None]:
        """Whether each send happened: an event by looking for it; an e-mail only where this
        process was told. False is safe even where it is wrong: sent once more under the same id,
        nothing happens twice."""
        mails = [one for one in permits if one.row.new.get("by") == "email"]
        known = {one.row.id: sends.key_of(one) in self.emailed for one in mails}
        events = [one for one in permits if one.row.id not in known]
        patience = self.settings.look_up
        looked = sends.look_up(self.api, self.account, events, self.events, patience)
        return {**known, **looked}

    def estimate(
        self, fields: int, tags: Mapping[str, tuple[int, int]], sends: int, setups: int
    ) -> Cost:
        """Calls and minutes, each of the read-back too: searches for what changed, contacts on
        lists by id and the lists themselves; a send's are the look before and the look-up."""
        size = self.settings.list_ids
        by_tag = sum(max(math.ceil(n / size) for n in pair) for pair in tags.values())
        tagged = sum(sum(pair) for pair in tags.values())
        written = calls(fields, writes.A_CALL) + by_tag + calls(sends, 500)
        written += calls(setups, setup.A_CALL) + (1 if setups else 0)
        read = calls(fields, self.settings.search_page) + 2 * calls(sends, 100)
        read += calls(tagged, contacts.A_CALL) + calls(tagged, lists.A_PAGE)
        read += 4 if fields or by_tag else 0
        read += (1 if by_tag else 0) + (1 if sends else 0) + (5 if setups else 0)
        minutes = round((written + read) / CALLS_A_SECOND / 60, 1)
        return Cost(writes=written, reads=read, minutes=minutes)

    def snippet(self, field: str, fallback: str) -> str:
        """The HubL that shows a field, and the fallback where it is empty."""
        return snippet(field, fallback)

    def close(self) -> None:
        """Closes the kept connections."""
        self.api.wire.close()


def calls(count: int, size: int) -> int:
    """How many calls of at most that size."""
    return math.ceil(count / size)
