"""Taking in what a source or a destination has: events into the log, records into shadows.

A page and its cursor are stored in one transaction, so that a pull killed anywhere goes on from
its last page. Our own writes come back here: they change a shadow and nothing else.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from personalization.ahead import ahead
from personalization.alias import email_alias
from personalization.arrival import Arrival
from personalization.connector import Destination, Page, SetAside, Source
from personalization.errors import Skip
from personalization.gathering import gathered
from personalization.models import (
    ATTRIBUTES,
    CONSENT,
    DAY,
    LINK,
    Event,
    Frozen,
    Micros,
    Record,
)
from personalization.news import known_of_people
from personalization.plan.arrivals import arrivals
from personalization.shadowing import fingerprint, keep_shadows, keep_tags
from personalization.sound import fitting, place, progressing, when
from personalization.store.protocol import Ingested, Recorder, Scope, Store
from personalization.uncollected import seldom
from personalization.unowned import unowned, waiting

OPT_OUT = frozenset({"unsubscribed", "cleaned", "archived"})


class Pulled(Frozen):
    """What a pull brought; of the `events`, `facts` only say who somebody is. `touched` are worth
    deciding. `unmatched` rows belong to no event that was there, `waiting` refunds to no order."""

    pages: int = 0
    records: int = 0
    events: int = 0
    facts: int = 0
    products: int = 0
    skipped: int = 0
    unmatched: int = 0
    waiting: int = 0
    touched: tuple[str, ...] = ()


def pull_source(
    store: Store, source: Source, now: Micros, progress: Callable[[Page], None] | None = None,
    look: bool = False,
) -> Pulled:  # fmt: skip
    """Everything new from a source. `look` also makes the contacts that it is about due, for a
    caller who decides only these: should it be killed, the next one knows whom to decide."""
    total, touched, names = Pulled(), set[str](), set[str]()

    def keep(page: Page) -> tuple[Page, Ingested]:
        with store.record(now) as recorder:
            recorder.products(page.products)
            ingested = recorder.ingest([*page.events, *page.arrivals])
            set_aside(store, recorder, source, page.set_aside)
            recorder.setting(cursor_name(source), page.cursor)
            if look:
                recorder.due(arrivals(ingested.contacts, now))
        return page, ingested

    where = place(source)
    pages = ahead(source.pull(store.setting(cursor_name(source))))
    for given in seldom(progressing(pages, where)):
        page, ingested = fitting(keep, given, where)
        touched.update(ingested.contacts)
        names |= unowned(page.events)
        new = ingested.new + ingested.replaced
        total = Pulled(
            pages=total.pages + 1, events=total.events + new,
            facts=total.facts + known_of_people((*page.events, *page.arrivals), new),
            products=total.products + len(page.products),
            skipped=total.skipped + len(page.set_aside), unmatched=total.unmatched + page.unmatched,
        )  # fmt: skip
        if progress:
            progress(page)
    told = {"touched": tuple(sorted(touched)), "waiting": waiting(store, names)}
    return total.model_copy(update=told)


def pull_destination(
    store: Store, destination: Destination, now: Micros,
    progress: Callable[[Page], None] | None = None, look: bool = False,
) -> Pulled:  # fmt: skip
    """Everything that has changed in a destination since its cursor; `look` makes its news due."""
    total, touched = Pulled(), set[str]()

    def keep(page: Page) -> tuple[Page, Ingested, int, int, int]:
        with store.record(now) as recorder:
            events, skipped = page_events(store, destination, page, now)
            ingested = recorder.ingest(events)
            set_aside(store, recorder, destination, [*page.set_aside, *skipped])
            keep_shadows(store, recorder, destination, page.records)
            if page.tagged:
                keep_tags(store, recorder, destination, page.tagged)
            recorder.setting(cursor_name(destination), page.cursor)
            if look and (ingested.new or ingested.replaced):
                recorder.due(arrivals(ingested.contacts, now))
        new = ingested.new + ingested.replaced
        return page, ingested, len(page.set_aside) + len(skipped), new, known_of_people(events, new)

    where = place(destination)
    pages = destination.pull(store.setting(cursor_name(destination)))
    for given in gathered(progressing(pages, where), store):
        page, ingested, skipped, new, facts = fitting(keep, given, where)
        if new:
            touched.update(ingested.contacts)
        total = Pulled(
            pages=total.pages + 1, records=total.records + len(page.records),
            events=total.events + new, facts=total.facts + facts, skipped=total.skipped + skipped,
        )  # fmt: skip
        if progress:
            progress(page)
    return total.model_copy(update={"touched": tuple(sorted(touched))})


def cursor_name(connector: Source | Destination) -> str:
    """Where a cursor is kept: an account that is both has two, one of its people and one of what
    they did."""
    kind = "cursor" if hasattr(connector, "write") else "source cursor"
    return f"{kind} {place(connector)}"


def set_aside(
    store: Store, recorder: Recorder, connector: Source | Destination, rows: Sequence[SetAside]
) -> None:
    """Keeps rows that could not be taken in, their reasons beginning with where they came from.
    A row that is pulled again and still cannot be taken is one dead letter."""
    where = place(connector)
    known = {(body, reason) for body, reason, _ in store.dead_letters()} if rows else set()
    for row in rows:
        said = row.reason if row.reason.startswith(where) else f"{where}: {row.reason}"
        if (row.body, said) not in known:
            recorder.dead_letter(row.body, said)


class Told(NamedTuple):
    """What was last taken in from a record: its fingerprint, its moment, and a text that is
    greater than that of any time before."""

    said: str
    changed_at: Micros
    turn: str


def page_events(
    store: Store, destination: Destination, page: Page, now: Micros
) -> tuple[list[Event | Arrival], list[SetAside]]:
    """The events that a page says: its own, and what is new in its records about people. A
    record that only echoes our own writes says nothing new. And the records that say nothing
    that can be taken."""
    events: list[Event | Arrival] = [*page.events, *page.arrivals]
    skipped: list[SetAside] = []
    before = told_before(store, destination, page.records)
    for number, record in enumerate(page.records):
        last, said = before.get(record.alias), fingerprint(record)
        if last and last.said == said:
            continue
        if last and last.changed_at > now >= record.changed_at:
            # What was told before came from a clock that was ahead: this is later all the same.
            record = record.model_copy(update={"changed_at": now})  # noqa: PLW2901 - as it counts
        again = f"|{last.turn}" if last and last.changed_at == record.changed_at else ""
        try:
            events.extend(record_events(destination, record, now, again))
        except Skip as reason:
            skipped.append(SetAside(place=record.outside_id, reason=f"record {record.outside_id}: "
                                    f"{reason}", body=record.model_dump_json()))  # fmt: skip
        turn = f"{last.turn if last else ''}.{number:08d}"
        before[record.alias] = Told(said, record.changed_at, turn)
    return events, skipped


def told_before(
    store: Store, destination: Destination, records: tuple[Record, ...]
) -> dict[str, Told]:
    """What was last taken in from each record, by alias."""
    owners = {record.alias: store.contact_of(record.alias) for record in records}
    ids = sorted({owner for owner in owners.values() if owner})
    if not ids:
        return {}
    kept = store.shadows(destination.name, destination.account, Scope(ids=tuple(ids)))
    by_contact = {
        contact: Told(str(told), int(observed_at), f"{seen:020d}")
        for contact, told, observed_at, seen in zip(
            kept["contact"], kept["told"], kept["observed_at"], kept["seen"], strict=True
        )
    }
    return {
        alias: by_contact[owner]
        for alias, owner in owners.items()
        if owner and owner in by_contact
    }  # fmt: skip


def record_events(
    destination: Destination, record: Record, now: Micros, again: str = ""
) -> Iterator[Event]:
    """A record as events: who it is, what it says of the person, what they agreed to. `again`
    ends the keys of what a record says later within the moment that its last word had, so that
    both are kept and the later one, which sorts last, stands. Destinations tell whole seconds."""
    by = place(destination)
    facts: dict[str, object] = {"set": record.attributes, "by": by}
    if record.zone:
        facts |= {"zone": record.zone, "zone_from": "destination"}
    if record.language:
        facts["language"] = record.language
    if record.email:
        yield told(record, LINK, {"other": email_alias(record.email)}, now, again)
    if record.attributes or record.zone or record.language:
        yield told(record, ATTRIBUTES, facts, now, again)
    state = "out" if record.status in OPT_OUT else {"subscribed": "in"}.get(record.status)
    if state:
        yield agreed(record, f"{by} email marketing", state, now)
    for name, said in record.consent.items():
        one = agreed(record, name, said, now)
        yield one.model_copy(update={"key": f"{one.key}|{name}"})


def agreed(record: Record, name: str, state: str, now: Micros) -> Event:
    """What a record shows of one consent, "by channel purpose"."""
    by, channel, purpose = name.split(" ")
    # Seen, not done now: a record that stands somewhere and changes is no fresh opt-in.
    props = {"by": by, "channel": channel, "purpose": purpose, "state": state, "observed": True}
    one = told(record, CONSENT, props, now)
    # Of an opt-in and an opt-out in one second both are kept, and "out" sorts last, so that the
    # strictest stands, whichever came later.
    # From a clock that is wrong an opt-in counts as a moment earlier, for the same reason; and an
    # opt-out as said, if that is near: the choice that it takes back has the same clock.
    at = one.occurred_at - (state == "in" and one.occurred_at != record.changed_at)
    if state == "out" and now < record.changed_at <= now + DAY:
        at = record.changed_at
    return one.model_copy(update={"key": f"{one.key}|{state}", "occurred_at": at})


def told(
    record: Record, kind: str, props: Mapping[str, object], now: Micros, again: str = ""
) -> Event:
    """An event about a record, keyed by its moment."""
    return Event(
        key=f"{record.alias}|{kind}|{record.changed_at}{again}", kind=kind, alias=record.alias,
        occurred_at=when(record.changed_at, now), props=dict(props),
    )  # fmt: skip
