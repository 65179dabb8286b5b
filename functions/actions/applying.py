"""Carrying a plan out, whole or a careful part of it."""

from dataclasses import replace
from functools import partial

from functions.actions.judging import judge_again
from functions.actions.planning import destination_of, planned_with, report
from functions.actions.pulling import place
from functions.actions.telling import Tell, silent
from functions.shop import Shop
from personalization.apply.holding import holders
from personalization.apply.members import members
from personalization.apply.report import Applied
from personalization.apply.run import apply_plan
from personalization.apply.standing import Known
from personalization.apply.write import Chosen, Work, everyone
from personalization.connector import Destination
from personalization.consent import WRITABLE
from personalization.errors import ProductError, Retry, Stop
from personalization.mirror import mirror
from personalization.models import OutboxRow
from personalization.plan.arrivals import arrivals
from personalization.plan.previews import PREVIEW
from personalization.playbook.mistakes import near
from personalization.playbook.model import Limits, Playbook
from personalization.pull import pull_destination


def apply(
    shop: Shop,
    name: str,
    first: int | None = None,
    only: str | None = None,
    tell: Tell = silent,
    limits: Limits | None = None,
) -> Applied:
    """Applies a plan to its destination: all of it, the first contacts, or those who carry a tag.
    A person's apply leaves alone what someone changed since the plan was shown; an unattended one,
    which gives the playbook's `limits`, does as they say. Raises Busy where somebody else is
    at work on the destination."""
    shown = report(shop, name)
    destination = destination_of(shop, shown)
    book = shop.playbook if limits else planned_with(shop, shown)
    work = Work(
        store=shop.store, destination=destination, plan=name, now=shop.clock(),
        keep_edits=limits is None or limits.edits == "keep",
    )  # fmt: skip
    # A preview is for contacts that somebody has named: `limits.only` is not about them.
    part = None if name.startswith(PREVIEW) else (limits or book.limits).only
    if only:
        carried(work, book, only)
    belongs = belonging(shop, work, book, only or part)
    work = replace(
        work, chosen=chosen(first, belongs), ask_others=partial(who_left, shop, destination),
        ask_again=partial(judge_again, shop, destination, shown, book.limits),
    )  # fmt: skip
    done = 0

    def progress(kind: str, rows: int) -> None:
        nonlocal done
        done += rows
        tell(f"writing {kind}", min(done, shown.rows), shown.rows)

    tell("reading back", 0, None)
    with shop.store.alone(place(destination), f"`ofone apply {name}`"):
        return apply_plan(work, progress)


def who_left(shop: Shop, destination: Destination) -> None:
    """Pulls every other destination: an opt-out there counts here, and may be a minute old. Raises
    Retry where one is out of reach or at work: sends wait, because nobody knows whom they would
    reach."""
    now = shop.clock()
    for other in shop.destinations():
        where = place(other)
        if where == place(destination) or mirror(other):
            continue
        try:
            with shop.store.alone(where, f"a send by {place(destination)}"):
                came = pull_destination(shop.store, other, now)
        except ProductError as error:
            why = f"sends wait until {where} says who has left there: {error}"
            if isinstance(error, Retry):
                raise Retry(why, error.after) from None
            raise Stop(why) from None
        with shop.store.record(now) as recorder:
            recorder.due(arrivals(came.touched, now))


def belonging(shop: Shop, work: Work, book: Playbook, only: str | None) -> Chosen:
    """Who belongs to `only`. A segment of the playbook, or its tag, means the segment's members as
    decided last, so that a first apply has some; any other tag, those who carry it."""
    if only is None:
        return everyone
    for name, segment in book.segments.items():
        if only in (name, segment.tag):
            inside = members(work, shop.engines, name)
            return lambda row, _: row.contact in inside
    return lambda _, known: only in known.tags


def carried(work: Work, book: Playbook, only: str) -> None:
    """Raises Stop for a tag that is none of the playbook's and that nobody carries: it is mistyped,
    or was given since the last pull."""
    known = [name for one in book.segments.values() for name in (one.name, one.tag) if name]
    if only in known or mirror(work.destination):
        return
    if not holders(work.store, work.destination, (), (only,))[only]:
        close = near(only, known)
        meant = f"did you mean {close!r}" if close else "was it given just now"
        raise Stop(f"nobody in {place(work.destination)} carries the tag {only!r}: {meant}? "
                   "`ofone pull` brings in tags that are new")  # fmt: skip


def chosen(first: int | None, belongs: Chosen) -> Chosen:
    """Which rows to carry out: of the contacts who belong to the part that is asked for, the first
    so many that may be written to, or all. What concerns no contact is always done."""
    taken: set[str] = set()

    def one(row: OutboxRow, known: Known) -> bool:
        if not row.contact or row.contact in taken:
            return True
        if not belongs(row, known):
            return False
        if first is None:
            return True
        if len(taken) >= first or known.standing.status not in WRITABLE:
            return False
        taken.add(row.contact)
        return True

    return one
