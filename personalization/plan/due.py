"""The time way: due rows fire, each contact decided at its own moment."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from personalization.connector import Destination
from personalization.models import Micros
from personalization.plan.arrivals import LEFT, LOOK, Due
from personalization.plan.diff import Target
from personalization.plan.session import Session
from personalization.plan.step import NOTHING, step
from personalization.plan.tally import Tally
from personalization.store.protocol import Scope

BATCH = 2_000


class Fired(NamedTuple):
    """Contacts who must be looked at: for something new, or only because an earlier plan of the
    destination did not end."""

    news: set[str]
    again: set[str]


def fire_due(
    run: Session, until: Micros, plan: str, outlet: Destination | None,
    aside: Mapping[str, Target] = NOTHING, also: Sequence[Destination] = (),
) -> Fired:  # fmt: skip
    """Fires every due row up to `until`, in the order of their moments, and the rows that firing
    makes, until none is left. Returns the contacts that must be looked at as of `until`. Fields
    and tags are left to the caller, who writes each contact once, as it stands at the end; the
    caller decides everyone returned, so rows that only ask for that, at `until`, are left to it.

    Each round takes every contact's first moment, so one engine call decides thousands of
    contacts at thousands of different moments.
    """
    news: set[str] = set()
    again: set[str] = set()
    left: set[str] = set()
    while due := run.store.due(until, BATCH + len(left)):
        rows = [row for row in due if not (row[0] == until and row[2] == LOOK)]
        waiting = {key for moment, _, reason, key in due if moment == until and reason == LOOK}
        for _, contact, _, key in due:
            if key in waiting:
                (again if key.startswith(LEFT) else news).add(contact)
        if not rows and waiting <= left:
            break
        left = waiting
        if rows:
            news.update(fire(run, rows, plan, outlet, aside, also))
    return Fired(news, again - news)


def fire(
    run: Session, rows: Sequence[Due], plan: str, outlet: Destination | None,
    aside: Mapping[str, Target], also: Sequence[Destination],
) -> Iterable[str]:  # fmt: skip
    """Decides each contact of some due rows at its first moment."""
    moments: dict[str, Micros] = {}
    for moment, contact, _, _ in rows:
        moments.setdefault(contact, moment)
    keys = [(contact, key) for moment, contact, _, key in rows if moment <= moments[contact]]
    scope = Scope(ids=tuple(sorted(moments)))
    step(run, scope, moments, plan, (), Tally(), waiting=keys, outlet=outlet, aside=aside,
         also=also)  # fmt: skip
    return moments
