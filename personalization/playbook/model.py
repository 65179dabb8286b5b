"""A checked playbook as plain values: everything that `decide` needs, nothing that needs a file.

`load.load(folder)` makes it; whoever holds a `Playbook` may rely on its names being known, its
types fitting, its segments free of circles and its templates compiling.
"""

from collections.abc import Mapping
from typing import Literal

from personalization.models import Frozen, Micros

Type = Literal["integer", "money", "number", "text", "boolean", "date", "timestamp"]
"""`money` is an integer of minor units; `number` a double (never summed); `date` is ISO text;
`timestamp` UTC microseconds."""

TraitKind = Literal[
    "count", "sum", "net", "average", "min", "max", "first", "last", "since_last",
    "most_frequent", "distinct", "near", "attribute", "score",
]  # fmt: skip


class Window(Frozen):
    """Exactly one of: `micros`, the span (now - w, now]; `days`, today and the days - 1 before
    it in the contact's own calendar."""

    micros: Micros | None = None
    days: int | None = None


class Place(Frozen):
    """A point in micro-degrees and a radius in metres."""

    latitude: int
    longitude: int
    metres: int


class Trait(Frozen):
    """A value per contact. `event` and `prop` name what it is computed from: `order.amount` is
    event order, prop amount; the line properties (product, category, quantity, price) range
    over the event's lines. `where` is a checked expression over the event's properties, as SQL;
    `where_uses` names the properties in it, which stand there as quoted columns.

    Empty: count, sum, net, distinct and score are 0, near is false, the rest NULL.
    `average` is one exact division of two integers. `since_last` is whole days of 24 h.
    `score` is the sum of integer decay weights round(2**20 * 2**(-age_days / half_life)).
    """

    name: str
    kind: TraitKind
    type: Type
    event: str | None = None
    prop: str | None = None
    prop_type: Type | None = None
    window: Window | None = None
    where: str | None = None
    where_uses: tuple[str, ...] = ()
    half_life: Micros | None = None
    place: Place | None = None


class Segment(Frozen):
    """A true/false rule. `sql` is the normalised expression over trait and segment columns,
    false where it would be NULL; `source` is what the customer wrote. `uses` names the traits
    and segments in it. `tag` is the name that marketers see in their ESP, or None: not shown."""

    name: str
    source: str
    sql: str
    uses: tuple[str, ...]
    tag: str | None = None
    title: str | None = None


class Message(Frozen):
    """One of the range of messages. `segment` is whom it is for; `fields` its templates. One that
    `interrupts` does not wait for a standing decision of a message below it in the slot."""

    name: str
    segment: str
    fields: Mapping[str, str]
    title: str | None = None
    interrupts: bool = False


class Slot(Frozen):
    """A place that content goes to. `messages` in order of preference; `picks` is how many
    products its decision carries; a decision stands for `expires`. `fields` it fills."""

    name: str
    messages: tuple[str, ...] = ()
    picks: int = 0
    expires: Micros
    fields: tuple[str, ...] = ()


class Field(Frozen):
    """A merge field or property. `value` is a template, None where the slot's message gives it.
    `slot` is the slot whose decision it shows, None where it shows only traits. `max_bytes`
    bounds the rendered UTF-8. `format` says how values are escaped."""

    name: str
    value: str | None
    fallback: str
    slot: str | None = None
    max_bytes: int = 255
    format: Literal["text", "html"] = "text"
    label: str | None = None


Transport = Literal["event", "email", "journey"]


class Trigger(Frozen):
    """What starts a send. Exactly one of `after` (an event kind), `enter`, `leave` (a segment),
    `at` (a moment: a trait of type date or timestamp).

    It fires `wait` after its start, unless an event of kind `unless` came in between, and only
    within `within` after that. `segment` narrows it. `send` is the message; `event` the name
    under which the destination hears of it. `by` is how: an event that marketers build on, one
    finished e-mail, or a step of a journey; which e-mail or step that is, the destination's
    settings say under the trigger's name. `basis` is the legal basis: marketing needs opt-in.
    """

    name: str
    after: str | None = None
    enter: str | None = None
    leave: str | None = None
    at: str | None = None
    wait: Micros = 0
    unless: str | None = None
    within: Micros
    segment: str | None = None
    send: str
    event: str
    by: Transport = "event"
    channel: str = "email"
    basis: Literal["marketing", "transactional"] = "marketing"


class Cap(Frozen):
    """At most `count` sends in any `window`."""

    count: int
    window: Micros


class Limits(Frozen):
    """Shares are parts per million. `quiet` is two minutes of the local day, from and to."""

    caps: tuple[Cap, ...] = ()
    quiet: tuple[int, int] | None = None
    holdout: int = 100_000
    park_above: int = 200_000
    empty_above: int = 200_000
    sends_per_hour: int | None = None
    new_fields: int = 10
    only: str | None = None
    edits: Literal["keep", "overwrite"] = "overwrite"


class Case(Frozen):
    """A test that the playbook carries: contacts with attributes and events in, segments,
    message and fields out. Kept as plain data; `playbook.cases` runs it."""

    name: str
    line: int
    body: Mapping[str, object]


class Playbook(Frozen):
    """Everything a customer said, checked. `hash` is of the contents of `files`, all text."""

    name: str
    hash: str
    files: Mapping[str, str]
    currency: str | None
    rates: Mapping[str, int]
    zone: str
    language: str
    complete: bool
    properties: Mapping[str, Type]
    traits: Mapping[str, Trait]
    segments: Mapping[str, Segment]
    stages: tuple[str, ...]
    messages: Mapping[str, Message]
    slots: Mapping[str, Slot]
    fields: Mapping[str, Field]
    triggers: Mapping[str, Trigger]
    limits: Limits
    cases: tuple[Case, ...] = ()
