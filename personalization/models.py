"""The rows the product speaks of, as frozen models. Times are UTC microseconds, money is an
integer of minor units. Where there are many rows they travel as `Columns`, not as these."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    import numpy as np  # a webhook has one row, and loads no numpy

Micros = int
type Columns = Mapping[str, np.ndarray]
"""Equally long numpy arrays by name; text is object dtype with None for NULL, numbers are
masked arrays where NULL may occur. `engine.Engine` takes and gives this shape."""
type Shared = Mapping[str, Any]
"""What is the same in all rows of some columns, by name: said once instead of a million times."""

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class Frozen(BaseModel):
    """A value: never changed after it is made, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Line(Frozen):
    """One product within an event. `amount` is the line's total in minor units."""

    product: str
    quantity: int = 1
    amount: int | None = None
    category: str | None = None


# Kinds that describe what a person did. Anything else in `kind` is allowed too: a playbook
# may name kinds of its own.
PURCHASE = ("order", "refund")
BEHAVIOUR = ("visit", "view", "cart", "open", "click", "redeem")
FEEDBACK = ("feedback",)
# Kinds that the product itself reads the contact's state from.
ATTRIBUTES = "attributes"  # props: {"set": {name: value | null}, "by"?, "zone"?, "language"?}
CONSENT = "consent"  # props: {"by": "mailchimp/main", "channel", "purpose", "state": "in"|"out"}
CANCELLED = "cancelled"
"""The kind that an order or refund takes on when it was called off: under the same key, so the
order is one no longer, and nothing counts or sums it."""
WITHDRAWN = "!withdrawn"
"""The kind of a call that what stands under its key is gone; nothing is kept of it but that. No
kind that a person would choose."""
LINK = "link"  # props: {"other": alias}: the event's alias and `other` are one person


class Event(Frozen):
    """An immutable fact. `key` is the idempotency key: the same key with the same content is a
    duplicate; with other content the greater (occurred_at, content hash) stands.

    Properties with a column of their own in the log (see `EVENT_COLUMNS`): amount, currency,
    order, rating, city, page, channel, latitude and longitude in micro-degrees, offset (minutes
    east of UTC where it happened), lines. Everything else stays JSON in `props`.
    """

    key: str = Field(min_length=1)
    kind: str = Field(min_length=1)
    alias: str = Field(min_length=1)
    occurred_at: Micros
    props: dict[str, Any] = {}


EVENT_COLUMNS: dict[str, str] = {
    # property -> portable SQL type; one relation `events` in the engine has these columns
    # after key, kind, alias, contact, occurred_at, recorded_at, and `props` (JSON text) last.
    "amount": "BIGINT",
    "currency": "VARCHAR",
    "order": "VARCHAR",
    "rating": "BIGINT",
    "city": "VARCHAR",
    "page": "VARCHAR",
    "channel": "VARCHAR",
    "latitude": "BIGINT",
    "longitude": "BIGINT",
    "offset": "BIGINT",
    "lines": "STRUCT(product VARCHAR, quantity BIGINT, amount BIGINT, category VARCHAR)[]",
}


class Product(Frozen):
    """A catalogue entry. `price` in minor units of `currency`."""

    id: str = Field(min_length=1)
    name: str = Field(min_length=1)
    category: str | None = None
    price: int | None = None
    currency: str | None = None
    url: str | None = None
    image: str | None = None
    in_stock: bool = True


Status = Literal[
    "subscribed", "unsubscribed", "cleaned", "pending", "transactional", "archived", "gone"
]
"""A contact's standing in one destination, in Mailchimp's words; `gone` is not there at all."""


class Record(Frozen):
    """One contact as a destination holds it now: what a pull page carries.

    `values` has only the fields that we own or read; `tags` the tag names that it carries, None
    where nobody asked: then those known before stand.
    `attributes` are the demographic facts to take over (they become an `attributes` event).
    `consent` is what it shows beside its status, {"by channel purpose": "in" | "out"}, without
    saying when that was said.
    """

    alias: str
    outside_id: str
    email: str | None
    status: Status
    values: dict[str, str]
    tags: tuple[str, ...] | None = ()
    attributes: dict[str, Any] = {}
    consent: dict[str, str] = {}
    zone: str | None = None
    language: str | None = None
    changed_at: Micros


OutboxKind = Literal["setup", "fields", "tags", "send"]
OutboxState = Literal["planned", "sent", "confirmed", "refused", "failed", "uncertain"]


class OutboxRow(Frozen):
    """One intended effect on one contact in one destination, durable before any call.

    fields: old and new are {FIELD: text}. tags: {tag name: bool}. send: new is the send's
    payload and `key` its idempotency key. setup: contact is "" and new names what to create.
    """

    id: int
    plan: str
    destination: str
    account: str
    contact: str
    kind: OutboxKind
    old: dict[str, Any]
    new: dict[str, Any]
    decision: str | None = None
    key: str | None = None
    moment: Micros | None = None
    state: OutboxState = "planned"
    call: str | None = None
    attempt: int = 0
    reason: str | None = None
