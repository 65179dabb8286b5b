"""Apply: exactly the plan that was shown, however often it is killed on the way.

Every phase begins from what the store and the destination say, never from memory: so a second
run after a kill goes on where the first one was, and a run after a finished one does nothing.
"""

import json
from collections.abc import Callable, Iterator

from personalization.apply.holding import holders, sent_as
from personalization.apply.made import keep_made
from personalization.apply.pages import pages
from personalization.apply.readback import catch_up, look_up_sends, read_back, read_back_setup
from personalization.apply.report import Applied, Counts, by_reason, done, since
from personalization.apply.write import MOST_ATTEMPTS, Work, everyone, write
from personalization.consent import Permit
from personalization.errors import Stop
from personalization.models import OutboxRow
from personalization.store.protocol import Store

PAGE = 5_000
HELD = "not removed: contacts hold a value in it by now"
DROPS = ("drop_field", "drop_tag", "drop_event")
Progress = Callable[[str, int], None]


def apply_plan(work: Work, progress: Progress | None = None) -> Applied:
    """Carries out a plan. Raises Stop when writing is paused or the plan may not be applied,
    Retry when the destination cannot be reached; both leave everything as it safely is."""
    state, body = allowed(work.store, work.plan)
    if work.store.setting("paused") == "yes":
        raise Stop("writing is paused: `ofone pause --off` lets it go on")
    with work.store.record(work.now) as recorder:
        recorder.plan(work.plan, "applying" if state != "applied" else state, body)
    before = work.store.outbox_counts(work.plan) if state != "ready" else {}
    catch_up(work)
    set_up(work, drops=False)
    wrote = write_values(work, progress)
    write_sends(work, progress, wrote)
    set_up(work, drops=True)
    return finish(work, body, before)


def allowed(store: Store, plan: str) -> tuple[str, str]:
    """The plan's state and body, if it may be applied."""
    found = store.plan(plan)
    if found is None:
        raise Stop(f"there is no plan {plan}: `ofone plan` makes one")
    state, body = found
    remedies = {
        "building": "it was never finished: run `ofone plan` again",
        "superseded": "a newer plan was made since: apply that one",
        "parked": "it is beyond the playbook's limits: look at it, then `ofone approve`",
    }
    if state in remedies:
        raise Stop(f"{plan} cannot be applied: {remedies[state]}")
    return state, body


def set_up(work: Work, drops: bool) -> None:
    """Creates fields, tags and events before values are written, drops what is gone after."""
    for _ in range(MOST_ATTEMPTS):
        rows = [row for row in planned(work, ("setup",)) if is_drop(row) == drops]
        rows = unheld(work, rows) if drops else rows
        if not rows:
            return
        write(work, rows)
        read_back_setup(work)


def unheld(work: Work, rows: list[OutboxRow]) -> list[OutboxRow]:
    """Removals but for those of an undo (which alone have an `old`) where somebody holds a value
    by now: it may have been made days ago."""
    names = {row.id: [str(row.new.get(what) or "") for what in DROPS] for row in rows if row.old}
    fields, tags, events = ([one[n] for one in names.values() if one[n]] for n in range(len(DROPS)))
    held = holders(work.store, work.destination, fields, tags)
    held += sent_as(work.store, work.destination, events, before_undo(work))
    kept = [row_id for row_id, one in names.items() if held["".join(one)]]
    if kept:
        with work.store.record(work.now) as recorder:
            recorder.outbox_state(kept, "refused", reason=HELD)
    return [row for row in rows if row.id not in kept]


def before_undo(work: Work) -> str:
    """The plan that this one takes back."""
    _, body = work.store.plan(work.plan) or ("", "{}")
    return str(json.loads(body).get("undoes") or "")


def is_drop(row: OutboxRow) -> bool:
    """Whether a setup row removes something."""
    return not set(DROPS).isdisjoint(row.new)


def planned(work: Work, kinds: tuple[str, ...]) -> Iterator[OutboxRow]:
    """The plan's rows that are still to be done."""
    due_by = work.now if kinds == ("send",) else None
    for rows in pages(work.store, work.destination, work.plan, kinds, ("planned",), PAGE, due_by):
        yield from rows


def write_values(work: Work, progress: Progress | None) -> bool:
    """Fields, then tags, then a pull to see them; what is not there yet is tried again. Whether
    anything was written."""
    for attempt in range(MOST_ATTEMPTS):
        wrote = 0
        for kind in ("fields", "tags"):
            size = work.destination.limits.writes_per_call
            for rows in pages(work.store, work.destination, work.plan, (kind,), ("planned",), size):
                wrote += len(write(work, rows))
                if progress:
                    progress(kind, len(rows))
        if not wrote:
            return attempt > 0
        read_back(work)
    return True


def write_sends(work: Work, progress: Progress | None, wrote_values: bool) -> None:
    """Sends, once the content that they show is there, and it is known who has left. A pull right
    after our own writes asks for what was written alone, so there is one more after it: somebody
    who is only sent to may have left meanwhile."""
    if any(planned(work, ("send",))):
        if wrote_values:
            read_back(work)
        work.ask_others()
        work.ask_again()
    for _ in range(MOST_ATTEMPTS):
        wrote = 0
        size = work.destination.limits.writes_per_call
        for rows in pages(
            work.store, work.destination, work.plan, ("send",), ("planned",), size, work.now
        ):
            permits = write(work, ready_to_send(work, rows))
            look_up_sends(work, still_sent(work, permits))
            wrote += len(permits)
            if progress:
                progress("send", len(rows))
        if not wrote:
            return


def ready_to_send(work: Work, rows: list[OutboxRow]) -> list[OutboxRow]:
    """Sends of contacts none of whose fields are still on their way. What nothing could be done
    with waits for the next apply."""
    unfinished = work.store.outbox(
        plan=work.plan, destination=work.destination.name, account=work.destination.account,
        kinds=("fields",), states=("planned", "sent"),
        contacts=[row.contact for row in rows], most=len(rows) * 4,
    )  # fmt: skip
    waiting = {row.contact for row in unfinished}
    return [row for row in rows if row.contact not in waiting and row.id not in work.untried]


def still_sent(work: Work, permits: list[Permit]) -> list[Permit]:
    """Those whose outcome was not settled by the answer already."""
    ids = {one.row.id for one in permits}
    states = {
        row.id
        for rows in pages(work.store, work.destination, work.plan, ("send",), ("sent",), PAGE)
        for row in rows
        if row.id in ids
    }
    return [one for one in permits if one.row.id in states]


def finish(work: Work, body: str, before: Counts) -> Applied:
    """Counts what became of the rows; a plan with nothing left to do now is applied, and so is its
    playbook, in one transaction: between two, a kill would make the next plan forget which fields
    are ours to remove."""
    applied = tally(work, before)
    if applied.failed:  # what was to show it may be there no longer: the next tick looks
        with work.store.record(work.now) as recorder:
            keep_made(recorder, work.destination, ())
    if not applied.left:
        playbook = playbook_of(work.plan, body) if applied.complete else None
        with work.store.record(work.now) as recorder:
            recorder.plan(work.plan, "applied", body)
            if playbook:
                place = f"{work.destination.name}/{work.destination.account}"
                recorder.setting(f"applied {place}", playbook)
    return applied


def playbook_of(plan: str, body: str) -> str | None:
    """The hash of the playbook that a plan was made for, None for an undo, a tick, a preview."""
    told = json.loads(body)
    if not plan.startswith("plan-") or told.get("undoes"):
        return None
    return str(told["playbook"]) if told.get("playbook") else None


def tally(work: Work, before: Counts) -> Applied:
    """The plan's rows: what this run did since they stood as before, and how they stand."""
    counts = work.store.outbox_counts(work.plan)
    left = sum(n for (_, state, _, _), n in counts.items() if state in ("planned", "sent"))
    new = sum(n for (_, state, _, tried), n in counts.items() if state == "planned" and not tried)
    waiting = 0 if work.chosen is everyone else new - len(work.put_off) - len(work.untried)
    uncertain = tuple(
        row.key or str(row.id)
        for rows in pages(work.store, work.destination, work.plan, (), ("uncertain",), PAGE)
        for row in rows
    )
    return Applied(
        plan=work.plan, **done(since(counts, before)).model_dump(), earlier=done(before),
        failed=by_reason(counts, "failed"), uncertain=uncertain,
        left=left - len(work.put_off), waiting=max(0, waiting), put_off=len(work.put_off),
        put_off_until=max(work.put_off.values(), default=None),
    )  # fmt: skip
