"""What a connector is to the core. A connector is one module under `connectors/`, named after the
outside system; it defines `destination(account, settings)`, `source(account, settings)`, or both.

A *source* brings events and products. A *destination* holds contacts, shows fields and tags to
marketers, and sends. Only what `consent.permit` lets through can be written: `write` takes
permits, and nothing else makes them.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, Protocol

from pydantic import SkipValidation

from personalization.arrival import Arrival
from personalization.consent import Permit
from personalization.models import Event, Frozen, Micros, Product, Record

MARK = "(ofone)"
"""Ends the label of every field that we made, so that a field of ours is known as ours."""


class Limits(Frozen):
    """What a destination allows. `fields` counts all fields of an audience, others' too."""

    fields: int
    field_name: str  # a regular expression that a field's name must match in full
    value_bytes: int
    tag_chars: int
    writes_per_call: int
    tags_per_call: int


class SetAside(Frozen):
    """A row for the dead letters: where it stood, why it was not taken (nothing personal in
    either), and the row itself, by which it can be put right and read again."""

    place: str
    reason: str
    body: str


class Page(Frozen):
    """A piece of a pull, with the rows that could not be taken in. `cursor` is the furthest point
    of confirmed progress once this page is stored; pulling again from it may repeat rows and never
    loses one. `total` where known. `unmatched` is how many rows, such as lines of orders, belong to
    no event that was there: they count for nothing yet. `arrivals` are events too, in the form that
    the log keeps, from whoever has very many. `tagged` are tags by alias, of known records of which nothing
    else was asked."""

    records: tuple[Record, ...] = ()
    tagged: Mapping[str, tuple[str, ...]] = {}
    events: tuple[Event, ...] = ()
    arrivals: SkipValidation[tuple[Arrival, ...]] = ()
    products: tuple[Product, ...] = ()
    set_aside: tuple[SetAside, ...] = ()
    unmatched: int = 0
    cursor: str
    total: int | None = None

    @property
    def taken(self) -> int:
        """How many rows it brings, those set aside left out."""
        return len(self.records) + len(self.events) + len(self.arrivals) + len(self.products)


class RemoteField(Frozen):
    """A field as it stands in the destination; `ours` if its label carries our mark."""

    name: str
    label: str
    id: str
    ours: bool


class RemoteEvent(RemoteField):
    """An event definition as it stands there; the name in small letters, as which it counts."""


class RemoteTag(Frozen):
    """A tag (static segment, list) as it stands in the destination."""

    name: str
    id: str
    members: int


class Started(Frozen):
    """The destination has accepted a job under this reference; its outcomes follow."""

    reference: str


class Outcome(Frozen):
    """What the destination said about one outbox row. `accepted` is not yet `confirmed`: only a
    later pull confirms. `again` may be tried once more; `refused` never. `uncertain` is a send
    that may or may not have happened where the destination offers no look-up. `untried`: nothing
    was done, nobody being there or something lacking; it counts as no try."""

    row: int
    result: Literal["accepted", "again", "refused", "uncertain", "untried"]
    reason: str | None = None


class Finding(Frozen):
    """One thing that `ofone doctor` looked at: `wrong` stops the product, `short` costs something
    that is named. Nothing personal or secret in either text; `remedy` says what to do."""

    about: str
    level: Literal["good", "short", "wrong"]
    said: str
    remedy: str | None = None


class Cost(Frozen):
    """HTTP calls and minutes that a piece of work will take, reads counted too."""

    writes: int
    reads: int
    minutes: float


class Source(Protocol):
    """Brings events and products."""

    name: str
    account: str

    def pull(self, cursor: str | None) -> Iterator[Page]:
        """Everything since the cursor, oldest first; None for everything there is."""


class Request(Frozen):
    """One call of a webhook as it came in, nothing decoded: `body` is the raw bytes that were
    signed, `url` the whole address that was called. Header names in any case."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    received_at: Micros


class Received(Frozen):
    """What a webhook call says, and what it asks for. `delivery` is the sender's id of the call,
    "" where it has none: for logs only, since events have keys of their own. `erase` and `asked`
    are aliases of people: whom the sender asks to erase, and who ask what is kept of them. `left`:
    the whole outside shop is to be erased. `pull`: the destination of the same name and account
    holds something new that the call does not tell in full."""

    events: tuple[Event, ...] = ()
    arrivals: SkipValidation[tuple[Arrival, ...]] = ()
    products: tuple[Product, ...] = ()
    set_aside: tuple[SetAside, ...] = ()
    delivery: str = ""
    erase: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    left: bool = False
    pull: bool = False


class Webhook(Protocol):
    """Takes the calls of one outside system. A module has one as `webhook(account, settings)`,
    which raises Stop for wrong settings. Call `verify` first, always. `most_bytes` is the largest
    body that it takes. A sender that tries an address by GET before it uses it has GET among
    `methods`. `secret_url`: the address proves who calls, so it is to be kept nowhere."""

    name: str
    account: str
    most_bytes: int
    methods: frozenset[str]
    secret_url: bool

    def verify(self, request: Request) -> None:
        """Raises Skip, saying why, unless the raw bytes are signed and in time. Parses nothing."""

    def parse(self, request: Request) -> Received:
        """What a verified call says; empty for what is of no use here. The same call gives the
        same keys. Raises Skip for a body that cannot be read."""


class Destination(Protocol):
    """Holds the contacts that marketers work with."""

    name: str
    account: str
    limits: Limits

    def examine(self) -> Iterator[Finding]:
        """What the account lacks: token, scopes, plan tier, clock. Reads only; a refused token is
        a finding and no error."""

    def pull(self, cursor: str | None) -> Iterator[Page]:
        """Records changed since the cursor. This is also the only read-back of our writes."""

    def fields(self) -> list[RemoteField]:
        """All fields of the audience, ours and others'."""

    def tags(self) -> list[RemoteTag]:
        """All tags of the audience."""

    def write(self, permits: Sequence[Permit]) -> Iterator[Started | Outcome]:
        """Carries out permitted rows of one kind, in as few calls as allowed, one outcome a row.
        Fields: `new` as given. Tags: `new` is {tag: bool}. Send: see `plan.sends.payload`. Setup:
        `new` is {"field": name, "label": label}, {"tag": name} or {"event": name}, or one of
        drop_field, drop_tag and drop_event, which undo and uninstall use; already done is
        accepted. A send makes no event. It ends in `again` only after a look-up found no trace.
        Raises Retry when the destination cannot be reached at all, Stop for a refused token."""

    def settle(self, reference: str) -> None:
        """Waits until a job that was started before is no longer running; "" waits for every job
        of the account, for those whose reference a kill swallowed."""

    def sent(self, permits: Sequence[Permit]) -> Mapping[int, bool | None]:
        """Whether each send (by row id) happened, by a look-up; None where none is offered."""

    def estimate(
        self, fields: int, tags: Mapping[str, tuple[int, int]], sends: int, setups: int
    ) -> Cost:
        """What writing that many contacts' fields, per tag (added, removed), and sends costs,
        with the read-back."""

    def snippet(self, field: str, fallback: str) -> str:
        """The text that a marketer pastes to show a field."""


def events(destination: Destination) -> list[RemoteEvent] | None:
    """The event definitions, of a destination where an event has to be made before it is sent: it
    lists them by a method `events()`, which gives none where the account may have none. None for
    a destination without that method: there an event needs nothing."""
    found: list[RemoteEvent] | None = getattr(destination, "events", lambda: None)()
    return found


def takes(destination: Destination, channel: str) -> bool | None:
    """Whether a destination claims a channel's sends by `channels`; None where it has none, and so
    takes what no other claims."""
    claimed = getattr(destination, "channels", None)
    return None if claimed is None else channel in claimed


def stamp(changed_at: Micros) -> str:
    """A cursor that orders as text like its moment does as a number."""
    return f"{changed_at:020d}"
