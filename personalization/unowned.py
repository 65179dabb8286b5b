"""Refunds that nobody owns: a refund alone names its order and no person, and stands under the order's
own name until the order says whose it is. Until then it takes nothing off, so a pull counts it."""

from collections.abc import Collection, Iterable

from personalization.models import PURCHASE, Event
from personalization.store.protocol import Store

ORDER, REFUND = PURCHASE
MOST = 1_000
"""How many are looked at; more of them are told by the next pull, or never were refunds of ours."""


def unowned(events: Iterable[Event]) -> set[str]:
    """The names of orders under which refunds among these events stand."""
    return {
        one.alias
        for one in events
        if one.kind == REFUND and one.alias.endswith(f":order:{one.props.get('order')}")
    }


def waiting(store: Store, names: Collection[str]) -> int:
    """Under how many of these names there is a refund and no order, and nobody else is known by
    the name."""
    owners = (store.contact_of(name) for name in sorted(names)[:MOST])
    return sum(1 for owner in owners if owner and alone(store, owner))


def alone(store: Store, contact: str) -> bool:
    """Whether nothing is known of a contact but refunds."""
    if len(store.aliases_of(contact)) > 1:
        return False
    return all(one.kind == REFUND for one, _ in store.events_of(contact))
