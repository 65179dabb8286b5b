"""Carrying rows out: judged, made durable as sent, called, and their outcomes kept."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from personalization.apply.judge import Already, judge
from personalization.apply.mirror import keep_untried, tell_mirror
from personalization.apply.standing import NOBODY, Known, known
from personalization.apply.timing import TOO_LATE, moment_to_send
from personalization.connector import Destination, Outcome, Started
from personalization.consent import Permit, Refusal
from personalization.errors import ProductError, Retry
from personalization.mirror import mirror
from personalization.models import Micros, OutboxRow
from personalization.sound import heard, place
from personalization.store.protocol import Recorder, Store

MOST_ATTEMPTS = 5
"""A row that was tried this often and still is not shown has failed, and is listed."""

Chosen = Callable[[OutboxRow, Known], bool]


def everyone(_row: OutboxRow, _known: Known) -> bool:
    """No restriction."""
    return True


def alone() -> None:
    """There is no other destination to ask."""


@dataclass(frozen=True)
class Work:
    """One apply: where, which plan, as of when, and which contacts of it. `ask_others` brings in
    who has left in the shop's other destinations: it is called before anything is sent, because an
    opt-out anywhere counts everywhere. `ask_again` refuses those of the plan's sends that nobody
    would plan any longer. `put_off` gathers the sends that fell into quiet hours, and
    when those end; `untried` those that the destination could do nothing with now."""

    store: Store
    destination: Destination
    plan: str
    now: Micros
    chosen: Chosen = everyone
    keep_edits: bool = True
    ask_others: Callable[[], None] = alone
    ask_again: Callable[[], object] = alone
    put_off: dict[int, Micros] = field(default_factory=dict)
    untried: set[int] = field(default_factory=set)


def write(work: Work, rows: Sequence[OutboxRow]) -> list[Permit]:
    """Writes the rows that may be written; returns their permits. Refused rows, and rows whose
    effect is there already, get their state at once; sends in quiet hours stay planned."""
    permits = timely(work, permitted(work, rows))
    if not permits:
        return []
    with work.store.record(work.now) as recorder:
        recorder.outbox_state([one.row.id for one in permits], "sent", attempted=True)
    if told_only := mirror(work.destination):
        work.untried.update(tell_mirror(work.store, told_only, permits, work.now))
        return permits
    carry_out(work, permits)
    return permits


def carry_out(work: Work, permits: Sequence[Permit]) -> None:
    """Has the destination write, and keeps what it says, also where it does not come to the end.
    Where it is out of reach, sends that it said nothing of stay sent, to be looked up, and it was
    no try of theirs."""
    told: list[Outcome] = []
    in_job = False
    try:
        for said in heard(work.destination.write(permits), permits, place(work.destination)):
            if isinstance(said, Started):
                in_job = True
                with work.store.record(work.now) as recorder:
                    recorder.outbox_state([one.row.id for one in permits], "sent",
                                          call=said.reference)  # fmt: skip
            else:
                told.append(said)
    except ProductError as error:
        with work.store.record(work.now) as recorder:
            keep_outcomes(work, recorder, told, permits)
            if isinstance(error, Retry) and not in_job:
                recorder.untried(in_doubt(permits, told))
        raise
    with work.store.record(work.now) as recorder:
        keep_outcomes(work, recorder, told, permits)


def in_doubt(permits: Sequence[Permit], told: Sequence[Outcome]) -> list[int]:
    """The sends of which nothing was said."""
    known = {one.row for one in told}
    return [one.row.id for one in permits if one.row.kind == "send" and one.row.id not in known]


def permitted(work: Work, rows: Sequence[OutboxRow]) -> list[Permit]:
    """Judges rows; stores what is refused or done, returns the permits of the rest."""
    about = known(work.store, work.destination, [row.contact for row in rows if row.contact],
                  with_consent=any(row.kind == "send" for row in rows))  # fmt: skip
    permits: list[Permit] = []
    refused: dict[str, list[int]] = {}
    done: list[int] = []
    for row in rows:
        person = about.get(row.contact, NOBODY)
        if not work.chosen(row, person):
            continue
        verdict = judge(row, person, work.keep_edits)
        if isinstance(verdict, Permit):
            permits.append(verdict)
        elif isinstance(verdict, Refusal):
            refused.setdefault(verdict.reason, []).append(row.id)
        elif isinstance(verdict, Already):
            done.append(row.id)
    if refused or done:
        with work.store.record(work.now) as recorder:
            for reason, ids in refused.items():
                recorder.outbox_state(ids, "refused", reason=reason)
            recorder.outbox_state(done, "confirmed")
    return permits


def timely(work: Work, permits: Sequence[Permit]) -> list[Permit]:
    """Those whose moment it is: everything but sends in quiet hours, and sends that come too late,
    which are refused."""
    ready, late = list[Permit](), list[int]()
    for one in permits:
        moment = moment_to_send(one.row, work.now) if one.row.kind == "send" else work.now
        if moment is None:
            late.append(one.row.id)
        elif moment > work.now:
            work.put_off[one.row.id] = moment
        else:
            ready.append(one)
    if late:
        with work.store.record(work.now) as recorder:
            recorder.outbox_state(late, "refused", reason=TOO_LATE)
    return ready


def keep_outcomes(
    work: Work, recorder: Recorder, told: Sequence[Outcome], permits: Sequence[Permit]
) -> None:
    """What the destination said. An accepted row stays sent until it is read back. A send that was
    not carried out and left no trace is none of its tries: it ends when its moment has passed."""
    rows = {one.row.id: one.row for one in permits}
    work.untried.update(keep_untried(recorder, told))
    for outcome in told:
        if outcome.result == "refused":
            recorder.outbox_state([outcome.row], "refused", reason=outcome.reason)
        elif outcome.result == "uncertain":
            recorder.outbox_state([outcome.row], "uncertain", reason=outcome.reason)
        elif outcome.result == "again" and rows[outcome.row].kind == "send":
            recorder.outbox_state([outcome.row], "planned", reason=outcome.reason)
            recorder.untried([outcome.row])
        elif outcome.result == "again":
            try_again(recorder, [outcome.row], rows[outcome.row].attempt + 1, outcome.reason)


def try_again(recorder: Recorder, ids: Sequence[int], attempts: int, reason: str | None) -> None:
    """Back to planned, or failed once it was tried often enough."""
    given_up = attempts >= MOST_ATTEMPTS
    recorder.outbox_state(ids, "failed" if given_up else "planned", reason=reason)
