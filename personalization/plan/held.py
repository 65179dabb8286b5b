"""Sends that wait: until when, and for what."""

from collections.abc import Iterator
from typing import NamedTuple

from personalization.decide.output import Decided
from personalization.decide.quiet import quiet_until
from personalization.models import DAY, Micros
from personalization.playbook.model import Playbook

QUIET = "quiet hours"
CAPS = "limits.sends"


class Held(NamedTuple):
    """A trigger that has its cause and waits until a moment, for what, on whose clock."""

    trigger: str
    until: Micros
    why: str
    zone: str


def held(playbook: Playbook, decided: Decided, within: Micros | None = None) -> Iterator[Held]:
    """The sends that deciding put off, of the next `within` alone if that is given."""
    looks = [one for one in decided.looks if one.reason == "trigger"]
    place = {contact: i for i, contact in enumerate(decided.contacts)} if looks else {}
    for look in looks:
        i = place[look.contact]
        now = int(decided.now[i])
        if within is not None and look.moment > now + within:
            continue
        _, name, _, start, _ = look.key.split("|", 4)
        zone, trigger = decided.zones[i] or playbook.zone, playbook.triggers[name]
        if int(start) + trigger.wait > now:
            why = "its wait" if int(start) <= now else "its moment"
        else:
            over = quiet_until(playbook.limits.quiet, now, zone)
            why = QUIET if over == look.moment else CAPS
        yield Held(name, look.moment, why, zone)


def held_by_quiet(playbook: Playbook, decided: Decided) -> int:
    """How many sends wait for quiet hours to end."""
    if playbook.limits.quiet is None:
        return 0
    return sum(one.why == QUIET for one in held(playbook, decided, DAY + DAY // 12))
