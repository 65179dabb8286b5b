"""Sends that are one finished e-mail each, by Mailchimp Transactional (messages/send-template).

One call takes many recipients, and each gets a message of their own: merge variables are the merge
fields that the audience holds at that moment, so a template says *|PICK1|* as a campaign does, and
*|MESSAGE|*, the name of the message. For them the members are read right before, and who has left
meanwhile is refused.

There is no idempotency key. Every message carries our send's key in its metadata (200 bytes of
JSON at most, "Using Custom Message Metadata") and a tag per trigger, by which messages/search finds
it. A search that finds it proves the send; one that does not proves nothing, since how late messages
show is not published: such a send is uncertain and listed, never sent again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import batched
from typing import Any

from connectors.shared.http import Lost, Rejected
from connectors.shared.mailchimp_api import Api
from connectors.shared.mailchimp_mail_api import MailApi
from connectors.shared.mailchimp_reading import Member, read_members
from connectors.shared.outcomes import NOT_THERE
from personalization.connector import Outcome
from personalization.consent import WRITABLE, Permit
from personalization.errors import ProductError, Retry, Stop
from personalization.models import DAY

A_CALL = 500
"""Recipients of one call. None is published for templates; a thousand is common advice, and each
carries up to thirty variables."""
A_SEARCH = 1_000
KEY = "ofone_key"
MEMBER = ("id", "email_address", "status", "merge_fields")
UNKNOWN = "no answer, and the search does not show it"
NOT_TRIED = "not tried: Mailchimp could not be asked"
OFF = "e-mails are off: the settings lack transactional_key"


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to be: whose, to which address, with which values."""

    permit: Permit
    email: str
    values: Mapping[str, Any]


def write_mails(
    api: Api, mail: MailApi | None, sender: Mapping[str, str], emails: Mapping[str, str],
    permits: Sequence[Permit], deadline: float,
) -> Iterator[Outcome]:  # fmt: skip
    """Sends each row's template; `emails` names it by trigger. Where a key is refused on the way,
    or nothing can be read, the rows not yet told of were not sent, and that is said of them."""
    able: list[Permit] = []
    for permit in permits:
        trigger = str(permit.row.new.get("trigger"))
        if mail is None:
            yield Outcome(row=permit.row.id, result="refused", reason=OFF)
        elif trigger not in emails:
            why = f"the settings name no template for {trigger}: add it to emails"
            yield Outcome(row=permit.row.id, result="refused", reason=why)
        else:
            able.append(permit)
    left = dict.fromkeys(permit.row.id for permit in able)
    try:
        for told in sent_now(api, mail, sender, emails, able, deadline) if mail else ():
            left.pop(told.row)
            yield told
    except (Retry, Stop) as error:
        yield from (Outcome(row=row, result="untried", reason=NOT_TRIED) for row in left)
        if isinstance(error, Stop):
            raise


def sent_now(
    api: Api, mail: MailApi, sender: Mapping[str, str], emails: Mapping[str, str],
    permits: Sequence[Permit], deadline: float,
) -> Iterator[Outcome]:  # fmt: skip
    """The outcome of each. Raises Retry or Stop only while the rows not yet told of are unsent."""
    letters: list[Letter] = []
    for told in written(api, permits, deadline):
        if isinstance(told, Outcome):
            yield told
        else:
            letters.append(told)
    for trigger in sorted({trigger_of(one.permit) for one in letters}):
        mine = [one for one in letters if trigger_of(one.permit) == trigger]
        for group in groups(mine):
            yield from send(mail, emails[trigger], sender, group)


def trigger_of(permit: Permit) -> str:
    """The trigger's name."""
    return str(permit.row.new["trigger"])


def written(api: Api, permits: Sequence[Permit], deadline: float) -> Iterator[Outcome | Letter]:
    """Each permit as a letter with what the audience holds now, or its refusal."""
    found = read_members(api, (one.outside_id for one in permits), MEMBER, deadline)
    for permit in permits:
        row, member = permit.row.id, found.get(permit.outside_id)
        if permit.outside_id not in found:
            yield Outcome(row=row, result="untried", reason="the member cannot be read now")
        elif member is None:
            yield Outcome(row=row, result="refused", reason=NOT_THERE)
        elif why := unwilling(member, permit):
            yield Outcome(row=row, result="refused", reason=why)
        else:
            said = {"MESSAGE": permit.row.new.get("message") or "", **values_of(member)}
            yield Letter(permit, str(member["email_address"]), said)


def unwilling(member: Member, permit: Permit) -> str | None:
    """Why a member may not be sent to now, or None: the rule of consent once more, on what has
    become of them since the pull."""
    status = str(member.get("status"))
    if status not in WRITABLE:
        return status
    marketing = permit.row.new.get("basis", "marketing") == "marketing"
    return "not opted in" if marketing and status != "subscribed" else None


def values_of(member: Member) -> dict[str, Any]:
    """The merge fields as merge variables; an address, which is several values, is left out."""
    held = member.get("merge_fields") or {}
    return {name: value for name, value in held.items() if not isinstance(value, dict)}


def groups(letters: Sequence[Letter]) -> Iterator[Sequence[Letter]]:
    """At most so many letters, and nobody twice in one call: its answer goes by address."""
    turns: list[list[Letter]] = []
    seen: dict[str, int] = {}
    for one in letters:
        times = seen.get(one.email.lower(), 0)
        seen[one.email.lower()] = times + 1
        if times == len(turns):
            turns.append([])
        turns[times].append(one)
    for turn in turns:
        yield from batched(turn, A_CALL, strict=False)


def message_of(group: Sequence[Letter], sender: Mapping[str, str]) -> dict[str, Any]:
    """The body's message. What the template or the sender says of subject and address stands."""
    return {
        **sender,
        "to": [{"email": one.email, "type": "to"} for one in group],
        "preserve_recipients": False,
        "merge_language": "mailchimp",
        "merge_vars": [
            {"rcpt": one.email, "vars": [{"name": name, "content": value}
                                         for name, value in sorted(one.values.items())]}
            for one in group
        ],
        "tags": [tag_of(trigger_of(group[0].permit))],
        "recipient_metadata": [
            {"rcpt": one.email, "values": {KEY: key_of(one.permit)}} for one in group
        ],
    }  # fmt: skip


def tag_of(trigger: str) -> str:
    """The tag of a trigger's messages: at most 50 characters, not beginning with an underscore."""
    return f"ofone {trigger}"[:50]


def key_of(permit: Permit) -> str:
    """A send's key in 32 characters, whatever its length: metadata have little room."""
    key = permit.row.key or str(permit.row.id)
    return blake2b(key.encode(), digest_size=16).hexdigest()


def send(
    mail: MailApi, template: str, sender: Mapping[str, str], group: Sequence[Letter]
) -> Iterator[Outcome]:
    """One call and its outcomes."""
    body = {"template_name": template, "template_content": [],
            "message": message_of(group, sender)}  # fmt: skip
    try:
        answer = mail.call("messages/send-template", body, once=True)
    except Rejected as no:
        for one in group:
            yield Outcome(row=one.permit.row.id, result="refused",
                          reason=f"{no.status} {no.reason} for template {template}")  # fmt: skip
        return
    except Retry:
        for one in group:
            yield Outcome(row=one.permit.row.id, result="untried",
                          reason="Mailchimp Transactional cannot be reached now")  # fmt: skip
        return
    except Lost:
        answer = None
    told = {str(row.get("email", "")).lower(): row for row in answer or () if isinstance(row, dict)}
    yield from judged(mail, group, told)


def judged(
    mail: MailApi, group: Sequence[Letter], told: Mapping[str, Mapping[str, Any]]
) -> Iterator[Outcome]:
    """Outcomes by what the answer says of each address; where it says nothing, by the search."""
    silent = [one.permit for one in group if one.email.lower() not in told]
    shown = searched(mail, silent) if silent else {}
    for one in group:
        row, said = one.permit.row.id, told.get(one.email.lower())
        if said is None:
            sure = shown.get(row)
            yield Outcome(row=row, result="accepted" if sure else "uncertain",
                          reason=None if sure else UNKNOWN)  # fmt: skip
        elif said.get("status") in ("sent", "queued", "scheduled"):
            yield Outcome(row=row, result="accepted")
        else:
            why = said.get("reject_reason") or said.get("status") or "no reason given"
            yield Outcome(row=row, result="refused", reason=f"rejected: {why}")


def searched(mail: MailApi, permits: Sequence[Permit]) -> dict[int, bool | None]:
    """Whether each message is among those sent: True, or None where it does not show. One search a
    trigger; at most twenty a minute are allowed, and a thousand messages come back."""
    found: dict[int, bool | None] = {permit.row.id: None for permit in permits}
    for trigger in sorted({trigger_of(permit) for permit in permits}):
        mine = {key_of(one): one.row.id for one in permits if trigger_of(one) == trigger}
        moments = [one.row.moment for one in permits if one.row.moment is not None]
        body: dict[str, Any] = {"query": "*", "tags": [tag_of(trigger)], "limit": A_SEARCH}
        if len(moments) == len(permits):
            body["date_from"] = day_of(min(moments) - DAY)
        try:
            rows = mail.rows("messages/search", body)
        except (ProductError, Rejected):
            continue
        for row in rows:
            key = str((row.get("metadata") or {}).get(KEY))
            if key in mine and row.get("state") not in ("rejected", "canceled"):
                found[mine[key]] = True
    return found


def day_of(moment: int) -> str:
    """A moment's day, UTC."""
    return datetime.fromtimestamp(max(0, moment) // 1_000_000, UTC).date().isoformat()
