"""Mailchimp as a destination and a source: one audience, by the Marketing API 3.0.

What is written is a member's merge fields (PATCH, many at once through /batches), tags (static
segments, 500 addresses a call), sends (member events, steps of journeys, transactional e-mails),
merge fields and tags themselves. No call carries a `status`, none creates a member: a PATCH of
somebody who is not there is a 404.

What Mailchimp does that one would not expect is told where it matters, in `connectors/shared/`:
`mailchimp_api.py` (the client), `mailchimp_members.py` (pulling), `mailchimp_jobs.py` (batches),
`mailchimp_journeys.py` and `mailchimp_mail.py` (sends that nobody can look up),
`mailchimp_source.py` (purchases, exposures, answers).
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from connectors.shared import mailchimp_jobs as jobs
from connectors.shared import mailchimp_journeys as journeys
from connectors.shared import mailchimp_mail as mail
from connectors.shared import mailchimp_members as members
from connectors.shared import mailchimp_setup as setup
from connectors.shared import mailchimp_source as bringing
from connectors.shared import mailchimp_writes as writes
from connectors.shared import webhook_mailchimp as hooks
from connectors.shared.mailchimp_api import Api
from connectors.shared.mailchimp_cost import A_JOB, estimate
from connectors.shared.mailchimp_examine import examine
from connectors.shared.mailchimp_groups import Groups
from connectors.shared.mailchimp_mail_api import MailApi
from connectors.shared.mailchimp_settings import Settings, api_of, mail_of, settings_for
from connectors.shared.mailchimp_source import Bringing
from connectors.shared.mailchimp_tags import A_CALL, write_tags
from personalization.connector import (
    Cost,
    Finding,
    Limits,
    Outcome,
    Page,
    RemoteField,
    RemoteTag,
    Source,
    Started,
    Webhook,
)
from personalization.consent import Permit
from personalization.errors import ProductError

UNSEEN = {
    "journey": "accepted: Mailchimp offers no look-up of journeys",
    "email": "accepted: no search shows it yet",
}
"""Why a send is known by its acceptance alone, by transport."""


def destination(account: str, settings: Mapping[str, Any]) -> "Mailchimp":
    """The destination for one audience. Calls nothing yet. Raises Stop for wrong settings."""
    return Mailchimp(account, settings_for(Settings, account, settings))


def source(account: str, settings: Mapping[str, Any]) -> Source:
    """The source over one audience. Calls nothing yet. Raises Stop for wrong settings."""
    given = settings_for(Bringing, account, settings)
    return bringing.source(account, given, api_of(f"mailchimp/{account}", given))


def webhook(account: str, settings: Mapping[str, Any]) -> Webhook:
    """The webhook of one audience. Raises Stop for wrong settings."""
    return hooks.make(account, settings)


class Mailchimp:
    """A `personalization.connector.Destination` over one audience."""

    name = "mailchimp"

    def __init__(self, account: str, settings: Settings) -> None:
        self.account = account
        self.settings = settings
        self.unread: members.Unread = {}
        self.written: set[str] = set()
        self.known: list[RemoteField] | None = None
        self.accepted: set[str] = set()
        self.shown: set[str] = set()
        self.limits = Limits(
            fields=settings.fields, field_name=r"[A-Z][A-Z0-9_]{0,9}", value_bytes=255,
            tag_chars=100, writes_per_call=A_JOB, tags_per_call=A_CALL,
        )  # fmt: skip

    @cached_property
    def api(self) -> Api:
        """The client of the audience, made when it is first needed: who only plans loads none."""
        return api_of(f"mailchimp/{self.account}", self.settings)

    @cached_property
    def mail(self) -> MailApi | None:
        """The transactional API, where the settings have a key for it."""
        return mail_of(f"mailchimp/{self.account}", self.settings)

    @cached_property
    def groups(self) -> Groups:
        """The audience's groups, read once."""
        return Groups(self.api)

    def examine(self) -> Iterator[Finding]:
        """What the account lacks; see `mailchimp_examine`."""
        return examine(self.api, self.mail, self.settings)

    def pull(self, cursor: str | None) -> Iterator[Page]:
        """Members changed since the cursor, or all; see `mailchimp_members`. Right after a write
        the merge fields are those that were listed last."""
        given, written = self.settings, self.written
        narrow = self.known is not None and 0 < len(written) <= A_JOB
        self.written = set()
        fields = self.known if narrow and self.known is not None else self.fields()
        how = members.Reading(
            api=self.api, name=f"{self.name}/{self.account}", groups=self.groups,
            ours=frozenset(field.name for field in fields if field.ours),
            permissions=given.permissions,
        )  # fmt: skip
        yield from members.pull(how, cursor, given.overlap, self.unread, given.deadline,
                                written if narrow else None)  # fmt: skip

    def fields(self) -> list[RemoteField]:
        """All merge fields of the audience."""
        self.known = setup.fields(self.api)
        return self.known

    def tags(self) -> list[RemoteTag]:
        """All tags of the audience."""
        return setup.tags(self.api)

    def write(self, permits: Sequence[Permit]) -> Iterator[Started | Outcome]:
        """Carries out rows of one kind. A send is an event, a step of a journey or an e-mail, as
        its `new` says by `by`; the settings say under its trigger's name which step or e-mail."""
        kinds = {permit.row.kind for permit in permits}
        if len(kinds) > 1:
            raise ValueError("rows of one kind at a time")
        deadline = self.settings.deadline
        if kinds & {"fields", "tags"} and len(self.written) <= A_JOB:
            self.written.update(permit.outside_id for permit in permits)
        if "setup" in kinds:
            self.known = None
            yield from (setup.set_up(self.api, permit.row) for permit in permits)
        elif "tags" in kinds:
            self.expect(permits)
            yield from write_tags(self.api, permits, self.tags())
        elif "send" in kinds:
            yield from self.send(permits)
        elif self.settings.bulk == "post":
            yield from writes.post_fields(self.api, permits)
        else:
            yield from writes.write_fields(self.api, permits, A_JOB, deadline)

    def send(self, permits: Sequence[Permit]) -> Iterator[Started | Outcome]:
        """Carries out sends by their transport, and keeps in mind what was accepted: no look-up
        proves it of journeys and e-mails. What ends one transport ends no other: a row that was
        never tried would else look like one of which nobody knows. Journeys come last, so that
        the reference which rows are kept with is that of their job."""
        given, by = self.settings, by_transport(permits)
        keys = {one.row.id: key_of(one) for one in (*by["journey"], *by["email"])}
        deadline, late = given.deadline, None
        for transport in (
            mail.write_mails(
                self.api, self.mail, given.sender(), given.emails, by["email"], deadline
            ),
            writes.write_sends(self.api, by["event"], A_JOB, deadline),
            journeys.write_journeys(self.api, by["journey"], given.journeys, A_JOB, deadline),
        ):
            try:
                for told in transport:
                    if isinstance(told, Outcome) and told.result == "accepted" and told.row in keys:
                        self.accepted.add(keys[told.row])
                    yield told
            except ProductError as error:
                late = late or error
        if late:
            raise late

    def expect(self, permits: Sequence[Permit]) -> None:
        """Keeps in mind whose tags are written: the next pull has to show them."""
        for one in permits:
            wanted = {tag: bool(on) for tag, on in one.row.new.items()}
            self.unread[one.outside_id] = self.unread.get(one.outside_id, {}) | wanted

    def settle(self, reference: str) -> None:
        """Waits until a job that was started before has finished, or is no longer known; "" for
        every job of the account, where a reference never reached us."""
        if reference:
            jobs.wait(self.api, reference, self.settings.deadline)
        else:
            jobs.wait_for_all(self.api, self.settings.deadline)

    def sent(self, permits: Sequence[Permit]) -> Mapping[int, bool | None]:
        """Whether each send happened: an event by looking among its member's events; an e-mail by
        the search, or because this process saw it accepted; a journey by what this process or the
        results of its job say. None where nothing says it."""
        by, deadline = by_transport(permits), self.settings.deadline
        found: dict[int, bool | None] = {}
        if by["event"]:
            found |= writes.look_up(self.api, by["event"], deadline)
        if by["email"] and self.mail:
            found |= mail.searched(self.mail, by["email"])
            self.shown |= {key_of(one) for one in by["email"] if found[one.row.id]}
        beside = [one for one in (*by["journey"], *by["email"]) if not found.get(one.row.id)]
        found |= {one.row.id: key_of(one) in self.accepted or None for one in beside}
        entered = [one for one in by["journey"] if not found[one.row.id]]
        return found | journeys.job_tells(self.api, entered, deadline)

    def unseen(self, permit: Permit) -> str | None:
        """Why a send that counts as done is known by Mailchimp's word alone: nobody can ask who has
        started a journey, and a search may not show an e-mail yet."""
        by = permit.row.new.get("by")
        return UNSEEN.get(str(by)) if key_of(permit) not in self.shown else None

    def estimate(
        self, fields: int, tags: Mapping[str, tuple[int, int]], sends: int, setups: int
    ) -> Cost:
        """Calls and minutes; see `mailchimp_cost`."""
        return estimate(fields, tags, sends, setups, self.settings.bulk == "post")

    def snippet(self, field: str, fallback: str) -> str:
        """The merge tag that shows a field, and the fallback where it is empty."""
        return f"*|IF:{field}|**|{field}|**|ELSE:|*{fallback}*|END:IF|*"

    def close(self) -> None:
        """Lets go of the kept connections."""
        self.api.wire.close()
        if self.mail is not None:
            self.mail.wire.close()


def by_transport(permits: Sequence[Permit]) -> dict[str, list[Permit]]:
    """Sends by their transport; an event where none is named."""
    found: dict[str, list[Permit]] = {"event": [], "journey": [], "email": []}
    for one in permits:
        found[str(one.row.new.get("by") or "event")].append(one)
    return found


def key_of(permit: Permit) -> str:
    """What tells a send from all others."""
    return permit.row.key or str(permit.row.id)
