"""What a webhook's receiver is told, and what its answers mean.

    decisions.changed   {contacts: [...]}: fields, or segments, of up to `batch` contacts
    send.requested      one contact, one message, one channel: to be sent now, once
    ping                nothing

A message's id is made of the outbox rows that it carries, or of the send's own key: whatever is
tried again, also after a crash, comes under the id under which it may have come before.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import requests

from connectors.shared.http import Lost, Rejected, Wire
from connectors.shared.outcomes import halves, in_parts
from connectors.shared.standard_webhooks import Clock, Signed, body_of, message_id
from personalization.connector import Outcome
from personalization.consent import Permit
from personalization.errors import Stop, TokenRefused
from personalization.mirror import About
from personalization.models import SECOND, Micros

__all__ = ["Receiver", "ReceiverWire", "Rejected", "changed", "ping", "send"]

IN_PARTS = frozenset({400, 413, 422})
"""Refusals that may be about one contact of many, or about how many they are."""
Parts = tuple[list[tuple[Outcome, ...]], list[Sequence[Permit]]]
ENOUGH = 10
"""So many contacts refused one by one, and none taken: then it is not about the contacts."""


class ReceiverWire(Wire):
    """Answers as Standard Webhooks reads them. What a receiver says in words is not repeated: it
    may name persons."""

    def refuse_for_good(self, answer: requests.Response) -> None:
        """Raises Stop where every other message would fare the same, Rejected where trying this
        one again changes nothing."""
        status = answer.status_code
        said = f"{self.place}: HTTP {status}."
        if status == 410:
            raise Stop(f"{said} The receiver is gone for good: take this destination out of the "
                       "settings, or give it another url.")  # fmt: skip
        if status in (401, 403):
            raise TokenRefused(f"{said} The receiver refuses the signature: give both the same secret, "
                       "and see that its clock is right.")  # fmt: skip
        if status in (404, 405) or 300 <= status < 400:
            raise Stop(f"{said} No receiver is there: correct the url.")
        if status not in (408, 425, 429) and status < 500:
            raise Rejected(status, f"HTTP {status}")


class Receiver(NamedTuple):
    """One receiver, and the keys that calls are signed with."""

    place: str
    url: str
    keys: Sequence[bytes]
    wire: ReceiverWire
    clock: Clock

    def post(self, id: str, body: bytes, once: bool = False) -> None:
        """One message; returns once it is accepted. Raises as `Wire.send` does."""
        self.wire.once = once
        headers = {"Content-Type": "application/json", "User-Agent": "segment-of-one"}
        auth = Signed(self.keys, id, self.clock)
        self.wire.send("POST", self.url, data=body, headers=headers, auth=auth)

    def now(self) -> Micros:
        """When a message is made."""
        return int(self.clock()) * SECOND


def ping(receiver: Receiver) -> None:
    """A message about nothing."""
    now = receiver.now()
    receiver.post(message_id(receiver.place, "ping", now), body_of("ping", now, {}))


def changed(
    receiver: Receiver, permits: Sequence[Permit], about: Mapping[str, About]
) -> Iterator[tuple[Outcome, ...]]:
    """Fields or segments of many contacts in one message. One refused as a whole is halved, until
    only what is wrong is refused. Raises Stop where it refuses everybody."""
    wrong: list[Outcome] = []
    taken = 0

    def call(part: Sequence[Permit]) -> list[tuple[Outcome, ...]]:
        nonlocal taken
        ids = [one.row.id for one in part]
        told = {"contacts": [change(one, about.get(one.row.contact)) for one in part]}
        id = message_id(receiver.place, part[0].row.plan, part[0].row.kind, *ids)
        receiver.post(id, body_of("decisions.changed", receiver.now(), told))
        taken += len(part)
        return [tuple(Outcome(row=row, result="accepted") for row in ids)]

    def refused(part: Sequence[Permit], no: Rejected) -> Parts:
        if len(part) > 1 and no.status in IN_PARTS:
            return [], halves(part)
        wrong.extend(Outcome(row=one.row.id, result="refused", reason=no.reason) for one in part)
        if not taken and len(wrong) >= ENOUGH:
            raise Stop(f"{receiver.place}: {no.reason} to every message. Its log says what it "
                       "expects.")  # fmt: skip
        return [], []

    yield from in_parts(permits, call, refused)
    if wrong:
        yield tuple(wrong)


def change(permit: Permit, about: About | None) -> dict[str, Any]:
    """What changes for one contact. `sequence` grows: of two messages about a contact's fields, or
    about its segments, the greater is the later, whatever order they arrive in."""
    row = permit.row
    told: dict[str, Any] = {"contact": permit.outside_id, "sequence": row.id}
    if row.kind == "fields":
        told["fields"] = dict(row.new)
        return told | known(about)
    told["segments"] = {
        "added": sorted(name for name, on in row.new.items() if on),
        "removed": sorted(name for name, on in row.new.items() if not on),
    }
    return told | ({"aliases": list(about.aliases)} if about else {})


def known(about: About | None) -> dict[str, Any]:
    """The ids that the contact has elsewhere, and the decisions in force."""
    if about is None:
        return {}
    return {"aliases": list(about.aliases), "decisions": [dict(one) for one in about.decisions]}


def send(
    receiver: Receiver,
    permit: Permit,
    about: Mapping[str, About],
    channels: Collection[str],
    once: bool,
) -> Outcome:
    """One send. `once` leaves it uncertain where no answer comes, instead of trying again."""
    row, person = permit.row, about.get(permit.row.contact)
    channel = str(row.new.get("channel", "email"))
    if channel not in channels:
        return Outcome(row=row.id, result="refused", reason=f"no destination takes {channel}")
    moment = row.moment if row.moment is not None else receiver.now()
    names = ("trigger", "event", "message", "basis", "properties")
    told = {"contact": permit.outside_id, "channel": channel, "sequence": row.id}
    told |= {name: row.new[name] for name in names if row.new.get(name) is not None}
    if person is not None:
        told |= {"fields": dict(person.fields), "segments": list(person.segments)}
    body = body_of("send.requested", moment, told | known(person))
    try:
        receiver.post(message_id(receiver.place, "send", row.key or row.id), body, once)
    except Rejected as no:
        return Outcome(row=row.id, result="refused", reason=no.reason)
    except Lost:
        return Outcome(row=row.id, result="uncertain", reason="no answer")
    return Outcome(row=row.id, result="accepted")
