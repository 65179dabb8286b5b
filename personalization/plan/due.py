"""The time way: due rows fire, each contact decided at its own moment."""

from personalization.connector import Destination
from personalization.models import Micros
from personalization.plan.session import Session
from personalization.plan.step import step
from personalization.plan.tally import Tally
from personalization.store.protocol import Scope

BATCH = 2_000


def fire_due(run: Session, until: Micros, plan: str, outlet: Destination) -> set[str]:
    """Fires every due row up to `until`, in the order of their moments, and the rows that firing
    makes, until none is left. Returns the contacts that were looked at again. Fields and tags
    are left to the caller, who writes each contact once, as it stands at the end.

    Each round takes every contact's first moment, so one engine call decides thousands of
    contacts at thousands of different moments.
    """
    fired: set[str] = set()
    while rows := run.store.due(until, BATCH):
        moments: dict[str, Micros] = {}
        for moment, contact, _, _ in rows:
            moments.setdefault(contact, moment)
        keys = [(contact, key) for moment, contact, _, key in rows if moment <= moments[contact]]
        scope = Scope(ids=tuple(sorted(moments)))
        step(run, scope, moments, plan, (), Tally(), waiting=keys, outlet=outlet)
        fired.update(moments)
    return fired
