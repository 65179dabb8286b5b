"""Reading back: only what a pull shows is confirmed, because destinations answer "OK" and write
nothing."""

from collections.abc import Sequence

from personalization.apply.judge import shown
from personalization.apply.pages import pages
from personalization.apply.standing import NOBODY, known
from personalization.apply.write import Work, permitted, try_again
from personalization.consent import Permit
from personalization.models import OutboxRow
from personalization.pull import pull_destination
from personalization.store.protocol import Recorder

PAGE = 5_000
NOT_SHOWN = "accepted, but a later pull does not show it"


def settle_jobs(work: Work) -> None:
    """Waits for jobs that an earlier, killed apply may have left running: an old job must not
    overwrite what comes next."""
    references: set[str] = set()
    for rows in pages(work.store, work.destination, None, (), ("sent",), PAGE):
        references.update(row.call for row in rows if row.call)
    for reference in sorted(references):
        work.destination.settle(reference)


def read_back(work: Work) -> None:
    """Pulls what has changed and confirms sent field and tag rows, or plans them again."""
    pull_destination(work.store, work.destination, work.now)
    for rows in pages(work.store, work.destination, None, ("fields", "tags"), ("sent",), PAGE):
        about = known(work.store, work.destination, [row.contact for row in rows], False)
        seen = {row.id for row in rows if shown(row, about.get(row.contact, NOBODY))}
        with work.store.record(work.now) as recorder:
            recorder.outbox_state(sorted(seen), "confirmed")
            for row in rows:
                if row.id not in seen:
                    not_shown(recorder, row, work.plan)


def not_shown(recorder: Recorder, row: OutboxRow, plan: str) -> None:
    """A row whose effect did not come: tried again in its own plan, given up in an older one."""
    if row.plan == plan:
        try_again(recorder, [row.id], row.attempt, NOT_SHOWN)
    else:
        recorder.outbox_state([row.id], "refused", reason="superseded by a newer plan")


def read_back_setup(work: Work) -> None:
    """Confirms created and dropped fields and tags by listing them."""
    names = {field.name for field in work.destination.fields()}
    tags = {tag.name for tag in work.destination.tags()}
    for rows in pages(work.store, work.destination, None, ("setup",), ("sent",), PAGE):
        with work.store.record(work.now) as recorder:
            for row in rows:
                if made(row, names, tags):
                    recorder.outbox_state([row.id], "confirmed")
                else:
                    not_shown(recorder, row, work.plan)


def made(row: OutboxRow, names: set[str], tags: set[str]) -> bool:
    """Whether the lists show what a setup row wants."""
    want = row.new
    if "field" in want:
        return str(want["field"]) in names
    if "tag" in want:
        return str(want["tag"]) in tags
    if "drop_field" in want:
        return str(want["drop_field"]) not in names
    return str(want["drop_tag"]) not in tags


def look_up_sends(work: Work, permits: Sequence[Permit]) -> None:
    """Asks the destination which of these sends happened. One that did not is planned again, so
    it ends in exactly one; where no look-up is offered, it is uncertain and listed."""
    if not permits:
        return
    happened = work.destination.sent(permits)
    with work.store.record(work.now) as recorder:
        for one in permits:
            answer = happened.get(one.row.id)
            if answer:
                recorder.outbox_state([one.row.id], "confirmed")
            elif answer is False:
                try_again(recorder, [one.row.id], one.row.attempt + 1, NOT_SHOWN)
            else:
                recorder.outbox_state([one.row.id], "uncertain", reason="no look-up")


def look_up_unfinished_sends(work: Work) -> None:
    """Sends that a killed apply left between its call and its answer."""
    for rows in pages(work.store, work.destination, None, ("send",), ("sent",), PAGE):
        unfinished = [row.model_copy(update={"attempt": row.attempt - 1}) for row in rows]
        look_up_sends(work, permitted(work, unfinished))
