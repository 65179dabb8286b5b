"""HubSpot as a destination and a source: one portal, by the CRM API version 3.

What is written is our own properties (batch update by record id, a hundred a call), tags (static
lists, by record id), custom events (sends, 500 a call), single e-mails, properties, lists and event
definitions themselves. No call creates a contact: nothing is upserted, events name a record and not
an address, and a single e-mail, which could create one, only goes to an address just read.

What HubSpot does that one would not expect is told where it matters: `connectors/shared/
hubspot_api.py` (the client), `hubspot_walk.py` (search), `hubspot_contacts.py` (pulling),
`hubspot_consent.py` (who agreed), `hubspot_writes.py` (partial errors), `hubspot_sends.py` (sends
that happen once), `hubspot_events.py` (the events that they are), `hubspot_source.py` (purchases,
feedback, behaviour), `hubspot_workflow.py` (the action in a workflow).
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from connectors.shared import hubspot_contacts as contacts
from connectors.shared import hubspot_costs as costs
from connectors.shared import hubspot_emails as emails
from connectors.shared import hubspot_events as defining
from connectors.shared import hubspot_examine as examining
from connectors.shared import hubspot_lists as lists
from connectors.shared import hubspot_sends as sends
from connectors.shared import hubspot_setup as setup
from connectors.shared import hubspot_source as bringing
from connectors.shared import hubspot_workflow as flows
from connectors.shared import hubspot_writes as writes
from connectors.shared import webhook_hubspot as hooks
from connectors.shared.hubspot_api import Api
from connectors.shared.hubspot_names import snippet
from connectors.shared.hubspot_records import Reading
from connectors.shared.hubspot_settings import Settings, checked, connected
from connectors.shared.ours import FIELD_NAME
from connectors.shared.outcomes import NOT_THERE
from personalization.connector import (
    Cost,
    Finding,
    Limits,
    Outcome,
    Page,
    RemoteEvent,
    RemoteField,
    RemoteTag,
    Source,
    Started,
    Webhook,
)
from personalization.consent import Permit
from personalization.models import SECOND

__all__ = ["HubSpot", "Settings", "destination", "source", "webhook", "workflow"]

JOURNEYS = (
    "HubSpot's API starts no journey: let the trigger send `by: event`, and build a workflow on "
    "the event"
)


def destination(account: str, settings: Mapping[str, Any]) -> "HubSpot":
    """The destination for one portal. Calls nothing yet. Raises Stop for wrong settings."""
    return HubSpot(account, checked(Settings, account, settings))


def source(account: str, settings: Mapping[str, Any]) -> Source:
    """The source over one portal. Calls nothing yet. Raises Stop for wrong settings."""
    return bringing.HubSpotSource(account, checked(Settings, account, settings))


def webhook(account: str, settings: Mapping[str, Any]) -> Webhook:
    """The webhook of one portal. Raises Stop for wrong settings."""
    return hooks.make(account, settings)


def workflow(account: str, settings: Mapping[str, Any]) -> flows.Workflow:
    """The "Personalize" action of workflows in one portal. Raises Stop for wrong settings."""
    return flows.Workflow(account, checked(flows.Settings, account, settings))


class HubSpot:
    """A `personalization.connector.Destination` over the contacts of one portal.
    `unread`, `emailed` and `known`, the properties last listed, are what this process knows of its
    own calls: they save others, and one that is killed and begins without ends in the same state."""

    name = "hubspot"

    def __init__(self, account: str, settings: Settings) -> None:
        self.account = account
        self.settings = settings
        self.unread = contacts.Unread()
        self.known: list[RemoteField] | None = None
        self.emailed: set[str] = set()
        self.defined: dict[str, sends.Event] = {}
        self.limits = Limits(
            fields=settings.properties, field_name=FIELD_NAME, value_bytes=65_536,
            tag_chars=100, writes_per_call=1_000, tags_per_call=settings.list_ids,
        )  # fmt: skip

    @cached_property
    def api(self) -> Api:
        """The client of the portal, made when it is first needed: who only plans loads none."""
        return connected(self.account, self.settings)

    def examine(self) -> Iterator[Finding]:
        """What the portal lacks; see `hubspot_examine`."""
        return examining.examine(self.api, self.settings)

    def pull(self, cursor: str | None) -> Iterator[Page]:
        """Contacts changed since the cursor, or all; see `hubspot_contacts`."""
        settings, narrow = self.settings, self.unread.just and self.known is not None
        self.unread.just = False
        fields = self.known if narrow and self.known is not None else self.fields()
        how = contacts.Pulling(reading=self.reading(fields), size=settings.search_page,
                               lag=settings.lag * SECOND, narrow=narrow)  # fmt: skip
        yield from contacts.pull(self.api, how, self.unread, cursor)

    def reading(self, fields: Sequence[RemoteField]) -> Reading:
        """What is read of each contact."""
        settings = self.settings
        agreed = None if settings.opted_in is None else str(settings.opted_in)
        ours = tuple(field.id for field in fields if field.ours)
        return Reading(account=self.account, consent=settings.consent, opted_in=agreed,
                       attributes=settings.attributes, fields=ours)  # fmt: skip

    def fields(self) -> list[RemoteField]:
        """All properties that the portal has made; HubSpot's own are none of them."""
        self.known = setup.fields(self.api)
        return self.known

    def tags(self) -> list[RemoteTag]:
        """Our static lists; others are none of ours to read or write."""
        return lists.our_lists(self.api)

    def events(self) -> list[RemoteEvent]:
        """All custom events; none where the portal's plan has none."""
        return defining.listed(self.api)

    def write(self, permits: Sequence[Permit]) -> Iterator[Started | Outcome]:
        """Carries out rows of one kind. Who is not there any more comes with the next pull."""
        ids = {one.row.id: one.outside_id for one in permits}
        for told in self.carry_out(permits):
            if told.reason == NOT_THERE:
                self.unread.fields[ids[told.row]] = None
            yield told

    def carry_out(self, permits: Sequence[Permit]) -> Iterator[Outcome]:
        """The outcome of each row."""
        kinds = {permit.row.kind for permit in permits}
        if len(kinds) > 1:
            raise ValueError("rows of one kind at a time")
        if "setup" in kinds:
            given, self.known = self.settings, None
            yield from setup.set_up(self.api, permits, given.group, given.folder, self.defined)
        elif "tags" in kinds:
            self.unread.just = True
            self.unread.tags.update(one.outside_id for one in permits)
            yield from lists.write_tags(self.api, permits, self.tags(), self.settings.list_ids)
        elif "send" in kinds:
            yield from self.send(permits)
        elif kinds:
            self.unread.just = True
            yield from writes.write_fields(self.api, permits, self.unread.fields)

    def send(self, permits: Sequence[Permit]) -> Iterator[Outcome]:
        """Carries out sends to those who may have them now, each by its own transport."""
        ways: dict[str, list[Permit]] = {}
        for one in permits:
            ways.setdefault(str(one.row.new.get("by") or "event"), []).append(one)
        for one in ways.pop("journey", ()):
            yield Outcome(row=one.row.id, result="refused", reason=JOURNEYS)
        yield from self.send_emails(ways.pop("email", []))
        events: list[Permit] = []
        for left in ways.values():
            for told in sends.able(self.api, self.reading([]), left):
                if isinstance(told, Outcome):
                    yield told
                else:
                    events.append(told[0])
        yield from sends.write_events(self.api, self.account, events, self.defined)

    def send_emails(self, permits: Sequence[Permit]) -> Iterator[Outcome]:
        """Sends each trigger's e-mail."""
        known = self.settings.emails
        refused: list[Outcome] = []

        def ready() -> Iterator[tuple[Permit, str, int]]:
            named = [one for one in permits if str(one.row.new.get("trigger")) in known]
            for told in sends.able(self.api, self.reading([]), named, emails.A_LOOK):
                if isinstance(told, Outcome):
                    refused.append(told)
                else:
                    yield *told, known[str(told[0].row.new["trigger"])]

        for one in permits:
            trigger = str(one.row.new.get("trigger"))
            if trigger not in known:
                reason = (f"no e-mail is named for {trigger}: write emails = {{{trigger} = ID}} in "
                          "the account's settings")  # fmt: skip
                yield Outcome(row=one.row.id, result="refused", reason=reason)
        patience = self.settings.patience
        yield from emails.write_emails(self.api, self.account, ready(), self.emailed, patience)
        yield from refused

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
        looked = sends.look_up(self.api, self.account, events, self.defined, patience)
        return {**known, **looked}

    def estimate(
        self, fields: int, tags: Mapping[str, tuple[int, int]], sends: int, setups: int
    ) -> Cost:
        """Calls and minutes, each of the read-back too: searches for what changed, contacts on
        lists by id, the lists that they are on, and what they agreed to; a send's are the look
        before and the look-up."""
        consents = bool(self.reading([]).asked())
        return costs.estimate(self.settings, consents, fields, tags, sends, setups)

    def snippet(self, field: str, fallback: str) -> str:
        """The HubL that shows a field, and the fallback where it is empty."""
        return snippet(field, fallback)

    def close(self) -> None:
        """Closes the kept connections."""
        self.api.wire.close()
