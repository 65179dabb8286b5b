"""Who is who: contact ids, their buckets, and which contact survives a merge.

An id is minted once, from the first alias that was recorded; links never change it.
"""

from collections.abc import Iterable, Mapping

from personalization.hashing import keyed
from personalization.models import Micros

BUCKETS = 256


def mint(install_key: str, alias: str, tombstones: int) -> str:
    """A contact's id: 32 hex digits. `tombstones` is how often the alias was erased before, so
    that a fresh start after an erasure is somebody new."""
    return keyed(install_key, "contact", alias, str(tombstones))[:32]


def alias_hash(install_key: str, alias: str) -> str:
    """What a tombstone remembers of an alias: enough to know it again, not to read it."""
    return keyed(install_key, "tombstone", alias)


def bucket(contact: str) -> int:
    """The logical bucket of a contact, 0 to 255: the first byte of its id."""
    return int(contact[:2], 16)


def is_contact(text: str) -> bool:
    """Whether a text has the form of a contact's id."""
    return len(text) == 32 and set(text) <= set("0123456789abcdef")


def between(first: int, last: int) -> tuple[str, str]:
    """The ids of a range of buckets, both ends included, as (at least, less than)."""
    return f"{first:02x}", "g" if last >= BUCKETS - 1 else f"{last + 1:02x}"


def clusters(links: Iterable[tuple[str, str]], age: Mapping[str, Micros]) -> dict[str, str]:
    """Who merges into whom. `links` are pairs of contacts, `age` when each was minted. Of every
    connected set the contact minted first (then the smaller id) survives; the result maps each
    of the others to it."""
    root: dict[str, str] = {}

    def top(one: str) -> str:
        while one in root:
            one = root[one]
        return one

    for left, right in links:
        older, younger = sorted((top(left), top(right)), key=lambda one: (age[one], one))
        if older != younger:
            root[younger] = older
    return {one: top(one) for one in root}
