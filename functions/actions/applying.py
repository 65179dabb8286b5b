"""Carrying a plan out, whole or a careful part of it."""

from functions.actions.planning import destination_of, report
from functions.actions.pulling import place
from functions.actions.telling import Tell, silent
from functions.shop import Shop
from personalization.apply.report import Applied
from personalization.apply.run import apply_plan
from personalization.apply.standing import Known
from personalization.apply.write import Chosen, Work
from personalization.consent import WRITABLE
from personalization.models import OutboxRow
from personalization.plan.report import PlanReport
from personalization.playbook.load import from_files
from personalization.playbook.model import Limits


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
    ruled = limits or limits_of(shop, shown)
    work = Work(
        store=shop.store, destination=destination, plan=name, now=shop.clock(),
        chosen=chosen(first, only or ruled.only),
        keep_edits=limits is None or limits.edits == "keep",
    )  # fmt: skip
    done = 0

    def progress(kind: str, rows: int) -> None:
        nonlocal done
        done += rows
        tell(f"writing {kind}", min(done, shown.rows), shown.rows)

    tell("reading back", 0, None)
    with shop.store.alone(place(destination), f"`ofone apply {name}`"):
        return apply_plan(work, progress)


def limits_of(shop: Shop, shown: PlanReport) -> Limits:
    """The limits of the playbook that a plan was made with, whatever was edited since."""
    files = shop.store.playbook(shown.playbook)
    return from_files(files, "planned").limits if files else shop.playbook.limits


def chosen(first: int | None, only: str | None) -> Chosen:
    """Which rows to carry out: of the first so many contacts that may be written to, of those who
    carry a tag in the destination, or of all. What concerns no contact is always done."""
    taken: set[str] = set()

    def one(row: OutboxRow, known: Known) -> bool:
        if not row.contact or row.contact in taken:
            return True
        if only is not None and only not in known.tags:
            return False
        if first is None:
            return True
        if len(taken) >= first or known.standing.status not in WRITABLE:
            return False
        taken.add(row.contact)
        return True

    return one
