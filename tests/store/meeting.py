"""People whom a store has met, for tests: contacts for aliases, and rows for them."""

from personalization.models import Event, OutboxRow
from tests.store.histories import (
    ingest,
    send,
)


def meet(store, *aliases: str) -> list[str]:
    """Contacts for aliases."""
    ingest(store, *(Event(key=f"met {one}", kind="visit", alias=one, occurred_at=1)
                    for one in aliases))  # fmt: skip
    return [store.contact_of(one) for one in aliases]


def link(key: str, alias: str, other: str) -> Event:
    return Event(key=key, kind="link", alias=alias, occurred_at=2, props={"other": other})


def fields(contact: str, plan: str = "p", **more: object) -> OutboxRow:
    return send(contact, None, kind="fields", plan=plan, moment=None, new={"F": "new"},
                old={"F": "old"}, **more)  # fmt: skip
