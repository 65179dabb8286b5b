"""Reading back: only what a pull shows is confirmed, because destinations answer "OK" and write
nothing."""

from collections.abc import Mapping, Sequence

from personalization.apply.judge import shown
from personalization.apply.made import after, keep_made, made_there
from personalization.apply.pages import pages
from personalization.apply.standing import NOBODY, known
from personalization.apply.write import Work, permitted, try_again
from personalization.connector import Destination, events
from personalization.consent import Permit
from personalization.models import Micros, OutboxRow
from personalization.pull import pull_destination
from personalization.store.protocol import Recorder, Store

PAGE = 5_000
NOT_SHOWN = "accepted, but a later pull does not show it"


def catch_up(work: Work) -> None:
    """Gives every row that an earlier, killed apply left as sent its outcome: what follows must
    begin from what the destination really holds."""
    settle_jobs(work)
    read_back(work)
    look_up_unfinished_sends(work)
    if any(pages(work.store, work.destination, None, ("setup",), ("sent",), 1)):
        read_back_setup(work)


def catch_up_if_any(store: Store, destination: Destination, now: Micros) -> None:
    """The same before a plan is made, without a call where nothing was left."""
    if any(pages(store, destination, None, (), ("sent",), 1)):
        catch_up(Work(store, destination, "", now))


def settle_jobs(work: Work) -> None:
    """Waits for jobs that an earlier, killed apply may have left running: an old job must not
    overwrite what comes next. Killed before its reference was kept, a job has none that we know:
    then all are waited for."""
    references: set[str] = set()
    for rows in pages(work.store, work.destination, None, (), ("sent",), PAGE):
        references.update(row.call for row in rows if row.call)
        if any(row.call is None or row.attempt > 1 for row in rows):
            references.add("")
    for reference in sorted(references):
        work.destination.settle(reference)


def read_back(work: Work) -> None:
    """Pulls what has changed and confirms sent field and tag rows, or plans them again. Of whom it
    says something new, they are decided with the next tick."""
    pull_destination(work.store, work.destination, work.now, look=True)
    over = superseded(work.store)
    for rows in pages(work.store, work.destination, None, ("fields", "tags"), ("sent",), PAGE):
        about = known(work.store, work.destination, [row.contact for row in rows], False)
        seen = {row.id for row in rows if shown(row, about.get(row.contact, NOBODY))}
        with work.store.record(work.now) as recorder:
            recorder.outbox_state(sorted(seen), "confirmed")
            for row in rows:
                if row.id not in seen:
                    not_shown(recorder, row, over)


def superseded(store: Store) -> frozenset[str]:
    """The plans that newer ones have taken over."""
    return frozenset(id_ for id_, state, _ in store.plans() if state == "superseded")


def not_shown(recorder: Recorder, row: OutboxRow, over: frozenset[str]) -> None:
    """A row whose effect did not come: tried again, given up where a newer plan took over."""
    if row.plan in over:
        recorder.outbox_state([row.id], "refused", reason="superseded by a newer plan")
    else:
        try_again(recorder, [row.id], row.attempt, NOT_SHOWN)


def read_back_setup(work: Work) -> None:
    """Confirms what was created and dropped by listing it."""
    over = superseded(work.store)
    for rows in pages(work.store, work.destination, None, ("setup",), ("sent",), PAGE):
        there = listed(work.destination, rows)
        known = made_there(work.store, work.destination)
        with work.store.record(work.now) as recorder:
            for row in rows:
                if made(row, there):
                    recorder.outbox_state([row.id], "confirmed")
                    known = after(known, row)
                else:
                    not_shown(recorder, row, over)
            keep_made(recorder, work.destination, known)


def listed(destination: Destination, rows: Sequence[OutboxRow]) -> dict[str, set[str]]:
    """The names that are there, by what they name; events only where a row is about one."""
    found = {
        "field": {field.name for field in destination.fields()},
        "tag": {tag.name for tag in destination.tags()},
    }
    if any({"event", "drop_event"} & set(row.new) for row in rows):
        found["event"] = {event.name for event in events(destination) or ()}
    return found


def made(row: OutboxRow, there: Mapping[str, set[str]]) -> bool:
    """Whether the lists show what a setup row wants."""
    for what, names in there.items():
        if what in row.new:
            return str(row.new[what]) in names
        if f"drop_{what}" in row.new:
            return str(row.new[f"drop_{what}"]) not in names
    return False


def look_up_sends(work: Work, permits: Sequence[Permit]) -> None:
    """Asks the destination which of these sends happened. One that did not is planned again, so
    it ends in exactly one; where no look-up is offered, it is uncertain and listed. One that is
    known by the destination's word alone keeps that as its reason."""
    if not permits:
        return
    happened = work.destination.sent(permits)
    with work.store.record(work.now) as recorder:
        for one in permits:
            answer = happened.get(one.row.id)
            if answer:
                why = unseen(work.destination, one)
                recorder.outbox_state([one.row.id], "confirmed", reason=why)
            elif answer is False:
                try_again(recorder, [one.row.id], one.row.attempt + 1, NOT_SHOWN)
            else:
                recorder.outbox_state([one.row.id], "uncertain", reason="no look-up")


def unseen(destination: Destination, permit: Permit) -> str | None:
    """Why a send counts as done though nothing shows it, of a destination that says so by a method
    `unseen(permit)`: it took the send, and cannot be asked what became of it."""
    said: str | None = getattr(destination, "unseen", lambda _: None)(permit)
    return said


def look_up_unfinished_sends(work: Work) -> None:
    """Sends that a killed apply left between its call and its answer."""
    for rows in pages(work.store, work.destination, None, ("send",), ("sent",), PAGE):
        unfinished = [row.model_copy(update={"attempt": row.attempt - 1}) for row in rows]
        look_up_sends(work, permitted(work, unfinished))
