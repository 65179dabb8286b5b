"""What a HubSpot portal holds. Only `effects` changes records, consent, lists and sends."""

from bisect import bisect_right, insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import md5
from typing import Any

from connectors.sandbox.failures import Failures
from connectors.sandbox.hubspot.settings import Settings

HUB = 424242
"""The id of the portal that a new sandbox has."""

MARKETING = 1001
"""The subscription type that a new portal has for marketing e-mail."""


def hashed(email: str) -> str:
    """MD5 of the lower-case address: how the ledger names a person, in either system."""
    return md5(email.strip().lower().encode(), usedforsecurity=False).hexdigest()


@dataclass(slots=True)
class Record:
    """One object. Moments are UTC microseconds; values are text, absent where empty."""

    id: int
    created: int
    modified: int
    properties: dict[str, str]
    archived_at: int | None = None
    merged: list[int] = field(default_factory=list)


@dataclass
class Property:
    """One column of an object type. `own` where HubSpot itself defines it."""

    name: str
    label: str
    type: str = "string"
    fieldType: str = "text"  # noqa: N815 (its name on the wire)
    groupName: str = "contactinformation"  # noqa: N815 (its name on the wire)
    description: str = ""
    options: list[dict[str, Any]] = field(default_factory=list)
    hasUniqueValue: bool = False  # noqa: N815 (its name on the wire)
    hidden: bool = False
    formField: bool = False  # noqa: N815 (its name on the wire)
    displayOrder: int = -1  # noqa: N815 (its name on the wire)
    own: bool = False
    read_only: bool = False
    created: int = 0
    updated: int = 0
    archived_at: int | None = None


@dataclass
class Group:
    """A group of properties."""

    name: str
    label: str
    displayOrder: int = -1  # noqa: N815 (its name on the wire)
    own: bool = False


@dataclass
class Table:
    """All records of one object type. `order` has all ids, ascending; `aliases` leads from the id
    of a record that was merged away to the one that lives on."""

    name: str
    type_id: str
    read_only: bool = False
    changed: str = "hs_lastmodifieddate"
    defaults: tuple[str, ...] = ()
    properties: dict[str, Property] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    records: dict[int, Record] = field(default_factory=dict)
    order: list[int] = field(default_factory=list)
    by_email: dict[str, int] = field(default_factory=dict)
    aliases: dict[int, int] = field(default_factory=dict)
    version: int = 0
    found: tuple[Any, list[Record]] = (None, [])

    def get(self, key: str) -> Record | None:
        """The record with that id, archived or not."""
        number = int(key) if key.isdecimal() and len(key) < 19 else 0
        while number in self.aliases:
            number = self.aliases[number]
        return self.records.get(number)

    def live(self, key: str) -> Record | None:
        """The record with that id, if it is not archived."""
        record = self.get(key)
        return record if record and record.archived_at is None else None

    def with_email(self, email: str) -> Record | None:
        """The live record with that address."""
        number = self.by_email.get(email.strip().lower())
        return None if number is None else self.records[number]

    def with_value(self, name: str, value: str) -> Record | None:
        """The live record with that value of a unique property."""
        if name == "hs_object_id":
            return self.live(value)
        if name == "email":
            return self.with_email(value)
        return next(
            (
                r
                for r in self.records.values()
                if r.properties.get(name) == value and not r.archived_at
            ),
            None,
        )

    def put(self, record: Record) -> None:
        """Adds a record."""
        self.records[record.id] = record
        insort(self.order, record.id)
        self.index(record)

    def drop(self, record: Record) -> None:
        """Takes a record out without a trace."""
        self.unindex(record)
        del self.records[record.id]
        del self.order[bisect_right(self.order, record.id) - 1]

    def index(self, record: Record) -> None:
        """Makes a live record findable by its address."""
        self.version += 1
        email = record.properties.get("email")
        if email and self.name == "contacts" and record.archived_at is None:
            self.by_email[email] = record.id

    def unindex(self, record: Record) -> None:
        """The other way round."""
        self.version += 1
        email = record.properties.get("email", "")
        if self.name == "contacts" and self.by_email.get(email) == record.id:
            del self.by_email[email]

    def after(self, number: int) -> Iterator[Record]:
        """Records with higher ids than that, ascending."""
        for index in range(bisect_right(self.order, number), len(self.order)):
            yield self.records[self.order[index]]


@dataclass
class ObjectList:
    """A list of contacts. `members` leads from record id to the moment it joined."""

    id: int
    name: str
    processing_type: str
    type_id: str
    created: int
    updated: int
    filters: Any = None
    version: int = 1
    deleted_at: int | None = None
    members: dict[int, int] = field(default_factory=dict)


@dataclass
class SubscriptionType:
    """A kind of communication that people can subscribe to."""

    id: int
    name: str
    description: str = ""
    purpose: str = "Marketing"
    active: bool = True


@dataclass
class Choice:
    """What an address has chosen for one subscription type."""

    status: str
    moment: int
    source: str = "SUBSCRIPTION_STATUS"
    legal_basis: str | None = None


@dataclass
class Portal:
    """Everything behind one token. Addresses are keys in lower case."""

    tables: dict[str, Table] = field(default_factory=dict)
    lists: dict[int, ObjectList] = field(default_factory=dict)
    subscription_types: dict[int, SubscriptionType] = field(default_factory=dict)
    choices: dict[str, dict[int, Choice]] = field(default_factory=dict)
    opted_out: dict[str, int] = field(default_factory=dict)
    forgotten: set[str] = field(default_factory=set)
    associations: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    definitions: dict[str, dict[str, Any]] = field(default_factory=dict)
    occurrences: list[dict[str, Any]] = field(default_factory=list)
    email_events: list[dict[str, Any]] = field(default_factory=list)
    uuids: set[str] = field(default_factory=set)
    emails: dict[int, dict[str, Any]] = field(default_factory=dict)
    sends: dict[str, dict[str, Any]] = field(default_factory=dict)
    send_ids: dict[str, str] = field(default_factory=dict)
    actions: dict[str, dict[str, Any]] = field(default_factory=dict)
    callbacks: dict[str, dict[str, Any]] = field(default_factory=dict)
    hooks: dict[str, dict[str, Any]] = field(default_factory=dict)
    settings: Settings = field(default_factory=Settings)
    failures: Failures = field(default_factory=Failures)
    stamps: dict[str, list[int]] = field(default_factory=dict)
    next_id: int = 101
    hub: int = HUB

    def fresh(self) -> int:
        """A number that nothing has had."""
        self.next_id += 1
        return self.next_id - 1

    def standing(self, email: str | None) -> str | None:
        """How an address stands to marketing e-mail: opted_out, subscribed, or None."""
        key = (email or "").lower()
        if key in self.opted_out:
            return "opted_out"
        choice = self.choices.get(key, {}).get(MARKETING)
        if choice is None:
            return None
        return "subscribed" if choice.status == "SUBSCRIBED" else "opted_out"
