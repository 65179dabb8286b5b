"""What an account holds: audiences with members, merge fields, tags (static segments), batches."""

from dataclasses import dataclass, field
from hashlib import md5
from typing import Any

from connectors.sandbox.mailchimp.holdings import Holdings

STATUSES = frozenset({"subscribed", "unsubscribed", "cleaned", "pending", "transactional"})


def hashed(email: str) -> str:
    """A member's id: MD5 of the lower-case address, as the API defines it."""
    return md5(email.lower().encode(), usedforsecurity=False).hexdigest()


@dataclass(slots=True)
class Event:
    """Something a contact did. `syncing` means that no automation was started by it."""

    name: str
    occurred_at: int
    properties: dict[str, str]
    syncing: bool


@dataclass(slots=True)
class Member:
    """One contact of an audience. Moments are UTC microseconds; `left_by` is who ended it."""

    id: str
    email_address: str
    contact_id: str
    web_id: int
    status: str
    last_changed: int
    timestamp_signup: int | None = None
    timestamp_opt: int | None = None
    left_by: str | None = None
    language: str = ""
    email_type: str = "html"
    vip: bool = False
    source: str = "API - Generic"
    location: dict[str, Any] = field(default_factory=dict)
    merge_fields: dict[str, Any] = field(default_factory=dict)
    tags: dict[int, int] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    interests: dict[str, bool] = field(default_factory=dict)
    permissions: dict[str, bool] = field(default_factory=dict)


@dataclass(slots=True)
class MergeField:
    """A column of an audience."""

    merge_id: int
    tag: str
    name: str
    type: str = "text"
    required: bool = False
    default_value: str = ""
    public: bool = False
    display_order: int = 0
    help_text: str = ""
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Category:
    """A group: its names by interest id. `type` is checkboxes, dropdown, radio or hidden."""

    id: str
    title: str
    type: str = "checkboxes"
    interests: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Segment:
    """A static segment, which marketers see as a tag. Its members are the ids in `members`."""

    id: int
    name: str
    created_at: int
    updated_at: int
    members: dict[str, None] = field(default_factory=dict)


@dataclass
class Audience:
    """One list. `forgotten` holds the ids of addresses that were deleted for ever. Whether a tag
    moves `last_changed` is unverified, so a switch lets tests try both. `listed` is the listing that
    was asked for last, whole, by what was asked: its next page takes no other walk over everybody.
    """

    id: str
    name: str
    created_at: int
    members: dict[str, Member] = field(default_factory=dict)
    by_contact: dict[str, str] = field(default_factory=dict)
    merge_fields: dict[int, MergeField] = field(default_factory=dict)
    segments: dict[int, Segment] = field(default_factory=dict)
    forgotten: set[str] = field(default_factory=set)
    categories: dict[str, Category] = field(default_factory=dict)
    permissions: list[str] = field(default_factory=list)
    webhooks: list[dict[str, Any]] = field(default_factory=list)
    next_web_id: int = 100_001
    next_merge_id: int = 1
    next_segment_id: int = 1_001
    tags_move_last_changed: bool = True
    version: int = 0
    listed: tuple[Any, list[Member]] = (None, [])
    _sorted: tuple[int, list[Member]] = (-1, [])

    def by_change(self) -> list[Member]:
        """Members by (last_changed, web_id), sorted anew only when something has changed."""
        if self._sorted[0] != self.version:
            rows = sorted(self.members.values(), key=lambda m: (m.last_changed, m.web_id))
            self._sorted = (self.version, rows)
        return self._sorted[1]

    def find(self, key: str) -> Member | None:
        """The member with that MD5 hash, address or contact id."""
        if "@" in key:
            return self.members.get(hashed(key))
        return self.members.get(key.lower()) or self.members.get(self.by_contact.get(key, ""))

    def field_tagged(self, tag: str) -> MergeField | None:
        """The merge field with that tag."""
        return next((f for f in self.merge_fields.values() if f.tag == tag), None)

    def segment_named(self, name: str) -> Segment | None:
        """The static segment with that name; upper and lower case are the same name."""
        wanted = name.lower()
        return next((s for s in self.segments.values() if s.name.lower() == wanted), None)

    def new_member(self, email: str, status: str, moment: int) -> Member:
        """A member with fresh ids, not yet in the audience."""
        contact = md5(f"{self.id} {email.lower()}".encode(), usedforsecurity=False).hexdigest()
        member = Member(hashed(email), email, contact, self.next_web_id, status, moment)
        self.next_web_id += 1
        return member


# The fields that a new audience has; ADDRESS, PHONE and BIRTHDAY can be deleted like any other.
DEFAULT_FIELDS = (
    ("FNAME", "First Name", "text"),
    ("LNAME", "Last Name", "text"),
    ("ADDRESS", "Address", "address"),
    ("PHONE", "Phone Number", "phone"),
    ("BIRTHDAY", "Birthday", "birthday"),
)


def new_audience(list_id: str, name: str, moment: int) -> Audience:
    """An audience as a new account finds it."""
    audience = Audience(list_id, name, moment)
    for number, (tag, label, kind) in enumerate(DEFAULT_FIELDS, 1):
        audience.merge_fields[number] = MergeField(number, tag, label, kind, display_order=number)
    audience.next_merge_id = len(DEFAULT_FIELDS) + 1
    return audience


@dataclass
class Operation:
    """One call inside a batch, and its answer once it has run."""

    method: str
    path: str
    operation_id: str | None
    query: dict[str, str]
    body: str | None
    status_code: int = 0
    response: str = ""


@dataclass
class Batch:
    """A job. `steps` is how many later calls of the client it takes until it has finished."""

    id: str
    submitted_at: int
    operations: list[Operation]
    steps: int
    stepped: int = 0
    done: int = 0
    completed_at: int | None = None
    archive: bytes | None = None

    @property
    def finished(self) -> bool:
        """Whether every operation has run."""
        return self.completed_at is not None


@dataclass
class Account:
    """Everything behind one key."""

    audiences: dict[str, Audience] = field(default_factory=dict)
    batches: dict[str, Batch] = field(default_factory=dict)
    batches_made: int = 0
    holdings: Holdings = field(default_factory=Holdings)
