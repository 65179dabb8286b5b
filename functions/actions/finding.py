"""Finding one contact by what a person has at hand: an id, an alias or an address."""

from personalization.alias import email_alias
from personalization.errors import Skip, Stop
from personalization.store.protocol import Store


def contact(store: Store, said: str) -> str:
    """The contact's id. Raises Stop where there is none; the message does not repeat what was
    said, which may be an address."""
    found = store.contact_of(said) or by_address(store, said)
    if found:
        return found
    if store.aliases_of(said):
        return said
    raise Stop("no contact is known by that. Give an id, an address, or an alias such as "
               "files/main:123; `ofone pull` brings in contacts that are new")  # fmt: skip


def by_address(store: Store, said: str) -> str | None:
    """The contact who reads that mailbox."""
    try:
        return store.contact_of(email_alias(said))
    except Skip:
        return None
