"""Send intents as outbox rows: through which destination, and what is to be known at the moment
of sending."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from personalization.apply.assumed import assumed
from personalization.connector import Destination, takes
from personalization.consent import WRITABLE
from personalization.decide.output import Decided, Intent
from personalization.models import OutboxRow
from personalization.playbook.model import Playbook
from personalization.store.protocol import Scope, Store


class Outlet(NamedTuple):
    """A destination that sends, and the plan that its sends belong to."""

    destination: Destination
    plan: str


def sends(
    store: Store, playbook: Playbook, decided: Decided, outlets: Sequence[Outlet]
) -> Iterator[OutboxRow]:
    """One row an intent: a person hears a thing once, by the first outlet that takes the channel
    and may write to them; who is in none gets the first, where apply says why not."""
    if not outlets or not decided.intents:
        return
    zones = dict(zip(decided.contacts, decided.zones, strict=True))
    people: dict[str, set[str]] = {}
    for intent in decided.intents:
        people.setdefault(intent.channel, set()).add(intent.contact)
    by = {channel: serving(outlets, channel) for channel in people}
    where = {channel: reach(store, by[channel], sorted(some)) for channel, some in people.items()}
    for intent in decided.intents:
        outlet = where[intent.channel].get(intent.contact, by[intent.channel][0])
        yield OutboxRow(
            id=0, plan=outlet.plan, destination=outlet.destination.name,
            account=outlet.destination.account, contact=intent.contact, kind="send", old={},
            new=payload(intent, playbook.limits.quiet, zones[intent.contact] or playbook.zone)
            | unless(intent, playbook),
            key=intent.key, moment=intent.moment, decision=intent.decision,
        )  # fmt: skip


def serving(outlets: Sequence[Outlet], channel: str) -> Sequence[Outlet]:
    """The outlets that claim a channel, else those that take whatever no other claims. Where there
    are neither it is everyone's, and whoever gets it says that it takes no such channel."""
    claimed = [one for one in outlets if takes(one.destination, channel)]
    return claimed or [one for one in outlets if takes(one.destination, channel) is None] or outlets


def reach(store: Store, outlets: Sequence[Outlet], contacts: Sequence[str]) -> Mapping[str, Outlet]:
    """The first outlet that may write to each contact; no question where there is only one."""
    found: dict[str, Outlet] = {}
    for outlet in outlets if len(outlets) > 1 else ():
        place = outlet.destination.name, outlet.destination.account
        shadow = store.shadows(*place, Scope(ids=tuple(contacts)))
        shadow = assumed(outlet.destination, shadow, contacts)
        for contact, status in zip(shadow["contact"], shadow["status"], strict=True):
            if status in WRITABLE:
                found.setdefault(contact, outlet)
    return found


def unless(intent: Intent, playbook: Playbook) -> dict[str, object]:
    """The event that makes a send pointless, if it comes after the send's cause, and when that
    was, UTC microseconds."""
    trigger = playbook.triggers[intent.trigger]
    start = intent.until - trigger.wait - trigger.within
    return {"unless": trigger.unless, "start": start} if trigger.unless else {}


def payload(
    intent: Intent, quiet: tuple[int, int] | None = None, zone: str | None = None
) -> dict[str, object]:
    """What a destination and the consent rule need to know of a send; and what apply needs, so as
    not to send it too late (`until`, UTC microseconds) or in the contact's quiet hours (minutes
    of the day in `zone`)."""
    timing = {"quiet": list(quiet), "zone": zone} if quiet and zone else {}
    return {
        "event": intent.event, "by": intent.by, "trigger": intent.trigger,
        "message": intent.message,
        "channel": intent.channel, "basis": intent.basis, "cause": intent.cause,
        "until": intent.until, **timing,
    }  # fmt: skip
