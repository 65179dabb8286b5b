"""Due rows that only say whom to decide again."""

from collections.abc import Iterable, Iterator

from personalization.models import Micros

LOOK = "look"
"""Their reason. Deciding a contact drops all that it has."""
LEFT = "left|"
"""Begins the keys of those who are only asked for because an earlier plan did not end."""

Due = tuple[Micros, str, str, str]
"""(moment, contact, reason, key), as the store keeps them."""


def arrivals(contacts: Iterable[str], now: Micros) -> Iterator[Due]:
    """Due rows for contacts that something new has come for. Written with it in one transaction,
    they outlive a process that ends before it has decided."""
    for contact in sorted(contacts):
        yield now, contact, LOOK, f"arrived|{contact}"


def leftovers(contacts: Iterable[str], now: Micros) -> Iterator[Due]:
    """Due rows for contacts whose planned writes were dropped: to be planned anew."""
    for contact in sorted(contacts):
        yield now, contact, LOOK, f"{LEFT}{contact}"
