"""Taking in a past: pages and their cursor as any pull stores them, and nothing in them starts a
send that comes too late.

A trigger after an event, or at a moment, looks at ages itself when it fires. What else could make
an old event fire is settled with the page that brings it, in one transaction: who entered or left
a segment longer ago than the trigger's window is known to have done so (`long_ago`), and what is
overdue is judged as of now. Contacts with an event young enough to matter become due, so the next
tick judges them; the next plan sees everyone.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial

from personalization.ahead import ahead
from personalization.arrival import Arrival
from personalization.connector import Destination, Page, Source
from personalization.errors import Stop
from personalization.long_ago import settle
from personalization.models import Event, Frozen, Micros
from personalization.news import ABOUT_PEOPLE, known_of_people
from personalization.plan.arrivals import arrivals
from personalization.plan.session import EngineFactory
from personalization.playbook.model import Playbook
from personalization.pull import cursor_name, page_events, set_aside
from personalization.shadowing import keep_shadows
from personalization.sound import fitting, progressing
from personalization.store.protocol import Recorder, Store
from personalization.unowned import unowned, waiting

MOST_OVERDUE = 1_000_000
Progress = Callable[[int, int | None], None]


class Progressed(Frozen):
    """How far a backfill is, kept with each page. `since` is where history begins; `rows` are all
    rows read so far, by however many processes; `total` how many there are, where that is known."""

    since: Micros | None = None
    rows: int = 0
    total: int | None = None
    left_out: int = 0
    done: bool = False


class Backfilled(Frozen):
    """What one run brought. `resumed`: an earlier run began it. Of the `events`, `facts` only say
    who somebody is. `left_out` events are older than
    `since`. `waiting` refunds have no order there. `settled` contacts entered or left a segment too long ago for its triggers. `due`
    contacts are judged by the next tick."""

    place: str
    resumed: bool
    pages: int = 0
    rows: int = 0
    records: int = 0
    events: int = 0
    facts: int = 0
    products: int = 0
    set_aside: int = 0
    left_out: int = 0
    waiting: int = 0
    settled: int = 0
    due: int = 0
    total: int | None = None
    since: Micros | None = None


@dataclass(frozen=True)
class Past:
    """One backfill: where from, as of when, and by whose playbook windows are told. A destination
    is both: `connector`, and the holder of `shadows`. Each page waits for its `turn`: while one is
    stored, nobody may be deciding, who would go by what was known before."""

    store: Store
    engines: EngineFactory
    playbook: Playbook
    now: Micros
    connector: Source | Destination
    shadows: Destination | None = None
    since: Micros | None = None
    turn: Callable[[], AbstractContextManager[None]] = nullcontext

    @property
    def place(self) -> str:
        """As people write it."""
        return f"{self.connector.name}/{self.connector.account}"


def backfill(past: Past, again: bool = False, progress: Progress | None = None) -> Backfilled:
    """Everything since the place's cursor, or from the beginning `again`. Killed anywhere, the
    same call goes on where it was. Raises Stop where it was begun with another `since`."""
    before = begin(past, again)
    total = Backfilled(place=past.place, resumed=before.rows > 0, since=past.since)
    overdue = {row[1] for row in past.store.due(past.now - 1, MOST_OVERDUE)}
    known, names = before, set[str]()
    pages = past.connector.pull(past.store.setting(cursor_name(past.connector)) or None)
    for page in progressing(pages if past.shadows else ahead(pages), past.place):
        rows = page.taken + len(page.set_aside)
        known = known.model_copy(update={
            "rows": known.rows + rows, "total": page.total or known.total,
        })  # fmt: skip
        with past.turn():
            one = partial(store_page, past, known=known, total=total, overdue=overdue)
            known, total = fitting(one, page, past.place)
        names |= unowned(page.events)
        if progress:
            progress(known.rows, known.total)
    with past.store.record(past.now) as recorder:
        keep(recorder, past, known.model_copy(update={"done": True}))
    return total.model_copy(update={
        "rows": known.rows, "total": known.total, "waiting": waiting(past.store, names),
    })  # fmt: skip


def begin(past: Past, again: bool) -> Progressed:
    """How far the place is. A new beginning forgets its cursor; rows read twice change nothing,
    because their keys are known."""
    kept = past.store.setting(setting_name(past.place))
    before = Progressed.model_validate_json(kept) if kept else None
    if before and not before.done and not again and before.since != past.since:
        raise Stop(f"the backfill of {past.place} was begun with another --from: give the same, or "
                   "begin anew with --again")  # fmt: skip
    if before and before.done and not again:
        return Progressed(since=past.since)
    if before and not again:
        return before
    fresh = Progressed(since=past.since)
    with past.store.record(past.now) as recorder:
        keep(recorder, past, fresh)
        if again:
            recorder.setting(cursor_name(past.connector), "")
    return fresh


def setting_name(place: str) -> str:
    """Where a backfill's progress is kept."""
    return f"backfill {place}"


def keep(recorder: Recorder, past: Past, known: Progressed) -> None:
    """Keeps how far it is."""
    recorder.setting(setting_name(past.place), known.model_dump_json())


def store_page(
    past: Past, page: Page, known: Progressed, total: Backfilled, overdue: set[str]
) -> tuple[Progressed, Backfilled]:
    """One page with all that follows from it, in one transaction."""
    aside = list(page.set_aside)
    with past.store.record(past.now) as recorder:
        recorder.products(page.products)
        events: Sequence[Event | Arrival] = [*page.events, *page.arrivals]
        if past.shadows:
            events, wrong = page_events(past.store, past.shadows, page, past.now)
            aside += wrong
        wanted, left_out = young(events, past.since)
        ingested = recorder.ingest(wanted)
        if past.shadows:
            keep_shadows(past.store, recorder, past.shadows, page.records)
        set_aside(past.store, recorder, past.connector, aside)
        recorder.setting(cursor_name(past.connector), page.cursor)
        known = known.model_copy(update={"left_out": known.left_out + left_out})
        keep(recorder, past, known)
        settled = settle(past.store, recorder, past.engines, past.playbook, past.now,
                         ingested.contacts)  # fmt: skip
        due = fresh(past, wanted)
        recorder.due(arrivals(due, past.now))
        judge_overdue_now(past, recorder, overdue & set(ingested.contacts))
    new = ingested.new + ingested.replaced
    return known, total.model_copy(update={
        "pages": total.pages + 1, "records": total.records + len(page.records),
        "events": total.events + new, "facts": total.facts + known_of_people(wanted, new),
        "products": total.products + len(page.products),
        "set_aside": total.set_aside + len(aside), "left_out": total.left_out + left_out,
        "settled": total.settled + settled, "due": total.due + len(due),
    })  # fmt: skip


def young(
    events: Sequence[Event | Arrival], since: Micros | None
) -> tuple[list[Event | Arrival], int]:
    """The events that history begins with, and how many are older."""
    kept = [one for one in events
            if since is None or one.kind in ABOUT_PEOPLE or one.occurred_at >= since]  # fmt: skip
    return kept, len(events) - len(kept)


def fresh(past: Past, events: Iterable[Event | Arrival]) -> set[str]:
    """The contacts of events that some trigger may still fire for."""
    longest = max((one.wait + one.within for one in past.playbook.triggers.values()), default=0)
    aliases = {one.alias for one in events
               if one.kind not in ABOUT_PEOPLE and one.occurred_at >= past.now - longest}  # fmt: skip
    owners = (past.store.contact_of(alias) for alias in sorted(aliases))
    return {owner for owner in owners if owner}


def judge_overdue_now(past: Past, recorder: Recorder, contacts: set[str]) -> None:
    """Moves what is overdue for some contacts to now: at its own moment, long past, an event of
    that time would look young."""
    if contacts:
        rows = past.store.due(past.now - 1, MOST_OVERDUE)
        recorder.due((past.now, *row[1:]) for row in rows if row[1] in contacts)
