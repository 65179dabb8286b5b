"""Making a plan: decide for everyone, hold it against the destination, keep the difference."""

from collections.abc import Callable, Sequence
from functools import partial

from personalization.apply.readback import catch_up_if_any
from personalization.connector import Destination
from personalization.installed import uninstalled
from personalization.models import Micros
from personalization.plan.diff import Target, target
from personalization.plan.due import fire_due
from personalization.plan.moments import Clock
from personalization.plan.naming import applied_before, begin
from personalization.plan.parking import reasons_to_park
from personalization.plan.parts import EVENTS, Begun, without_the_erased
from personalization.plan.recheck import recheck
from personalization.plan.removing import removals
from personalization.plan.report import (
    FieldChange,
    Kept,
    PlanReport,
    SegmentSize,
    finished,
)
from personalization.plan.session import Session
from personalization.plan.setup import Setup, compare, setup_rows
from personalization.plan.step import step
from personalization.plan.tally import Tally
from personalization.playbook.model import Playbook
from personalization.store.protocol import Scope, Store
from personalization.uncollected import uncollected

Progress = Callable[[int, int], None]
PEOPLE = (
    "changes that people make in the destination after this pull: apply pulls again and leaves "
    "out contacts whose value is neither the old nor the new one"
)


def make_plan(
    run: Session,
    destination: Destination,
    now: Micros,
    attended: bool = True,
    progress: Progress | None = None,
    others: Sequence[Destination] = (),
) -> PlanReport:
    """Decides for all contacts as of `now` and stores a plan for one destination. An unattended
    plan that is beyond the playbook's limits is parked. An earlier plan that was not applied is
    superseded: its rows are dropped, its sends join this one. Sends that only `others` can carry
    out wait for their next plan or tick."""
    part = begin_plan(run, destination, now, others)
    tally = Tally()
    for done, scope in enumerate(part.groups):
        plan_group(run, destination, part, scope, tally, others)
        if progress:
            progress(done + 1, len(part.groups))
    return finish_plan(run, destination, part, tally, attended)


def begin_plan(
    run: Session, destination: Destination, now: Micros, others: Sequence[Destination] = (),
    events: int = EVENTS,
) -> Begun:  # fmt: skip
    """The first part: what was begun before is superseded, what is due fires, and the rest is laid
    out in groups of about so many events."""
    plan = begin(run.store, destination, now)
    catch_up_if_any(run.store, destination, now)
    setup = compare(destination, run.playbook, applied_before(run.store, destination), others)
    seen = run.store.watermark()
    fire_due(run, now, plan, destination, also=others)
    return Begun(
        plan=plan, now=now, seen=seen, playbook=run.playbook.hash, facts=run.facts.version,
        catalogue=run.goods.version, setup=setup, groups=tuple(run.store.groups(events)),
    )  # fmt: skip


def plan_group(
    run: Session, destination: Destination, part: Begun, scope: Scope, tally: Tally,
    others: Sequence[Destination] = (), clock: Clock | None = None,
) -> None:  # fmt: skip
    """The part of one group, in any order and by any process: its contacts are decided, and what
    would change is planned. Who is not alone in deciding gives a clock."""
    goal = target(destination, run.playbook)
    with uncollected():  # until all that was decided is gone again: the collector finds nothing
        step(run, scope, part.now, part.plan, [goal], tally, outlet=destination, also=others,
             clock=clock)  # fmt: skip


def finish_plan(
    run: Session, destination: Destination, part: Begun, tally: Tally, attended: bool,
    at: Micros = 0,
) -> PlanReport:  # fmt: skip
    """The last part: what has to be made in the destination and sends that wait join the plan,
    which becomes ready, or parks. Sends are judged once more as of `at`, where that is later than
    the plan's beginning."""
    plan, now = part.plan, part.now
    with run.store.record(now) as recorder:
        created = recorder.outbox(setup_rows(part.setup, destination, plan, run.playbook))
        sends = recorder.adopt_sends(plan, destination.name, destination.account)
    sends -= recheck(run.store, run.engine, run.playbook.limits, destination, plan, max(now, at))
    goal = target(destination, run.playbook)
    without_the_erased(run.store, part, tally)
    return finish(run, destination, goal, part.setup, tally, plan, now, part.seen, created, sends,
                  attended)  # fmt: skip


def finish(
    run: Session, destination: Destination, goal: Target, setup: Setup, tally: Tally, plan: str,
    now: Micros, seen: Micros, created: int, sends: int, attended: bool,
) -> PlanReport:  # fmt: skip
    """Writes the report and makes the plan ready, or parks it."""
    tags = {
        tag: (tally.added[tag], tally.removed[tag])
        for tag in goal.tags.values()
        if tally.added[tag] or tally.removed[tag]
    }
    cost = destination.estimate(tally.written, tags, sends, created)
    report = PlanReport(
        id=plan, destination=destination.name, account=destination.account, now=now, seen=seen,
        playbook=run.playbook.hash, facts=run.facts.version, catalogue=run.goods.version,
        contacts=tally.contacts, reachable=tally.reachable, absent=tally.absent,
        left_alone=dict(tally.statuses), arms=dict(tally.arms),
        rows=run.store.planned_rows(plan), written=tally.written,
        fields=field_changes(goal, tally), segments=segment_sizes(run, tally),
        stages=dict(tally.stages), messages=dict(tally.messages), decisions=tally.decisions,
        sends=sends_by_trigger(run.store, plan), cost=cost,
        create=(*setup.create_fields, *setup.create_tags, *setup.create_events),
        rename=setup.rename,
        remove=(*setup.drop_fields, *setup.drop_tags), unseen=unseen(run.playbook),
        warnings=warnings(run.store, destination), kept=kept(tally),
        tagged=tally.tagged, touched=tally.touched, quiet=tally.quiet,
        removals=removals(run.store, destination, setup),
    )  # fmt: skip
    if not attended:
        limits = run.playbook.limits
        parked = (*report.warnings,
                  *reasons_to_park(report, limits, setup, run.store, destination))  # fmt: skip
        report = report.model_copy(update={"parked": parked})
    with run.store.record(now) as recorder:
        recorder.plan(plan, "parked" if report.parked else "ready", report.model_dump_json())
    return report


def sends_by_trigger(store: Store, plan: str) -> dict[str, int]:
    """The plan's sends, counted by what triggers them."""
    counts: dict[str, int] = {}
    after = 0
    page = partial(store.outbox, plan=plan, kinds=("send",), states=("planned",))
    while rows := page(after=after):
        for row in rows:
            name = str(row.new["trigger"])
            counts[name] = counts.get(name, 0) + 1
        after = rows[-1].id
    return counts


def kept(tally: Tally) -> tuple[Kept, ...]:
    """The decisions that stand although another message ranks better, by slot and messages."""
    return tuple(
        Kept(slot=slot, message=message, better=better, contacts=number,
             until=tally.kept_until[slot, message, better])
        for (slot, message, better), number in sorted(tally.kept.items())
    )  # fmt: skip


def field_changes(goal: Target, tally: Tally) -> tuple[FieldChange, ...]:
    """Each field's change."""
    return tuple(
        FieldChange(
            name=name, contacts=tally.changed[name], emptied=tally.emptied[name],
            fallbacks=tally.fallbacks[name], examples=tuple(tally.examples.get(name, ())),
            reasons=dict(tally.reasons.get(name, {})), overlong=tally.overlong.get(name),
        )
        for name in goal.fields
    )  # fmt: skip


def segment_sizes(run: Session, tally: Tally) -> tuple[SegmentSize, ...]:
    """Each segment's size, beside the size before."""
    before = sizes_before(run.store)
    found = []
    for name, segment in run.playbook.segments.items():
        tag = segment.tag or ""
        found.append(
            SegmentSize(
                name=name, contacts=tally.sizes[name], before=before.get(name), tag=segment.tag,
                added=tally.added[tag], removed=tally.removed[tag],
            )
        )  # fmt: skip
    return tuple(found)


def sizes_before(store: Store) -> dict[str, int]:
    """Segment sizes of the newest plan that was applied: one that was only looked at changed
    nothing, and must not hide from the next what moves. Before any was applied, of the newest."""
    known: dict[str, int] | None = None
    for id_, state, _ in reversed(store.plans()):
        done = state in ("applied", "applying")
        if not id_.startswith("plan-") or (known is not None and not done):
            continue
        found = store.plan(id_)
        report = finished(found[1]) if found else None
        if report and report.undoes is None:  # an undo tells of tags, not of segments
            known = {one.name: one.contacts for one in report.segments}
            if done:
                break
    return known or {}


def warnings(store: Store, destination: Destination) -> tuple[str, ...]:
    """What a person who did not expect it would want to know before applying."""
    place = f"{destination.name}/{destination.account}"
    if uninstalled(store, place) is None:
        return ()
    said = (f"this product was uninstalled from {place}: applying this plan makes all of it again, "
            "and ticks keep it up from then on")  # fmt: skip
    return (said,)


def unseen(playbook: Playbook) -> tuple[str, ...]:
    """What a plan cannot show, said plainly."""
    found = [PEOPLE]
    waiting = [one.name for one in playbook.triggers.values() if one.after]
    if waiting:
        found.append(f"sends for events still to come ({', '.join(waiting)})")
    if playbook.limits.only:
        found.append(f"whom limits.only leaves out: apply writes to {playbook.limits.only} alone, and "
                     "the rest of the plan waits")  # fmt: skip
    found.append("how a campaign's own text looks around these fields: send a test from the ESP")
    return tuple(found)
