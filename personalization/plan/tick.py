"""One tick: take in what waits, fire what is due, drain the outbox once."""

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pydantic import TypeAdapter, ValidationError

from personalization.apply.pages import pages
from personalization.apply.readback import catch_up_if_any
from personalization.connector import Destination
from personalization.models import Event, Frozen, Micros
from personalization.plan.arrivals import arrivals, leftovers
from personalization.plan.diff import Target, target
from personalization.plan.due import fire_due
from personalization.plan.lacking import holds_sends, lacking, writable
from personalization.plan.parking import reasons_to_park
from personalization.plan.recheck import recheck
from personalization.plan.report import PlanReport, approved, begun, concerns
from personalization.plan.run import field_changes, sends_by_trigger
from personalization.plan.session import Session
from personalization.plan.setup import Setup
from personalization.plan.step import step
from personalization.plan.tally import Tally
from personalization.store.protocol import Scope, Store
from personalization.unowned import unowned, waiting

EVENTS = TypeAdapter(list[Event])
NOTHING = Setup((), (), (), (), ())
BATCH = 1_000
PAGE = 5_000


class Ticked(Frozen):
    """What a tick found and planned, before it drains the outbox. `lacking` are the playbook's
    fields and tags that the destination has not, because no plan has made them yet: nothing is
    written to them, and while it is a field, sends wait. `lag` is how late, in microseconds, the
    oldest moment was decided: what is due within a minute waits for the minute's tick. `waiting`
    refunds that webhooks brought belong to no order yet."""

    plan: str
    taken: int
    dead: int
    looked_at: int
    report: PlanReport | None
    lacking: tuple[str, ...] = ()
    lag: Micros = 0
    waiting: int = 0


class TakenIn(NamedTuple):
    """The contacts touched, how many rows were taken in and set aside, and how many of the refunds
    among them wait for their order."""

    touched: set[str]
    taken: int
    dead: int
    waiting: int


def take_in(store: Store, now: Micros) -> TakenIn:
    """Moves the inbox into the log. What cannot be read becomes a dead letter with its reason."""
    touched, alone = set[str](), set[str]()
    taken = dead = 0
    while rows := store.waiting(BATCH):
        found: set[str] = set()
        with store.record(now) as recorder:
            for id_, connector, account, body in rows:
                try:
                    events = EVENTS.validate_json(body)
                except ValidationError as error:
                    dead += 1
                    where = error.errors(include_input=False, include_url=False)[0]
                    recorder.dead_letter(body, f"{connector}/{account}: {where['msg']} "
                                               f"at {json.dumps(where['loc'])}")  # fmt: skip
                else:
                    taken += 1
                    alone |= unowned(events)
                    found.update(recorder.ingest(events).contacts)
                recorder.taken([id_])
            recorder.due(arrivals(found, now))
        touched |= found
    return TakenIn(touched, taken, dead, waiting(store, alone))


def make_tick(
    run: Session, destination: Destination, now: Micros, touched: set[str], taken: int, dead: int,
    others: Sequence[Destination] = (),
) -> Ticked:  # fmt: skip
    """Decides what time and the inbox ask for, and plans each contact's writes once, as it
    stands at the end. Beyond the playbook's limits the plan is parked. What the news change in
    `others` is laid down for their next ticks: nobody hears of it a second time. While writing is
    paused only the news are decided: what waits is planned and judged anew when it goes on, and
    not every minute until then."""
    plan = f"tick-{now}-{destination.name}-{destination.account}"
    paused = run.store.setting("paused") == "yes"
    if not paused:
        take_over(run.store, destination, now)
    catch_up_if_any(run.store, destination, now)
    aside = {f"tick-next-{one.name}-{one.account}": target(one, run.playbook) for one in others}
    oldest = run.store.due(now, 1)
    lag = now - oldest[0][0] if oldest else 0
    lacks = lacking(run.store, destination, run.playbook, now,
                    at_work=bool(touched or oldest))  # fmt: skip
    held = (destination,) if holds_sends(lacks) else ()
    tally, goal = Tally(), writable(target(destination, run.playbook), lacks)
    looked_at = decide_news(run, now, plan, goal, tally, touched, aside, held)
    if not held and not paused:
        with run.store.record(now) as recorder:
            recorder.adopt_sends(plan, destination.name, destination.account)
        recheck(run.store, run.engine, run.playbook.limits, destination, plan, now)
    report = None
    if looked_at or sends_by_trigger(run.store, plan):
        report = tick_report(run, goal, tally, plan, now)
        with run.store.record(now) as recorder:
            state = "parked" if report.parked else "ready"
            recorder.plan(plan, state, report.model_dump_json())
    return Ticked(plan=plan, taken=taken, dead=dead, looked_at=looked_at, report=report,
                  lacking=tuple(name for _, name in sorted(lacks)), lag=lag)  # fmt: skip


def decide_news(
    run: Session, now: Micros, plan: str, goal: Target, tally: Tally, touched: set[str],
    aside: Mapping[str, Target], held: Sequence[Destination],
) -> int:  # fmt: skip
    """Fires what is due, and decides everyone whom that and the news are about; returns how many.
    Where the destination is among the `held`, its sends are laid down without a plan."""
    destination = goal.destination
    outlet = None if held else destination
    fired = fire_due(run, now, plan, outlet, aside, held)
    news, again = sorted(touched | fired.news), sorted(fired.again - touched)
    if news or again:
        with run.store.record(now) as recorder:
            # From here on rows may belong to it: whoever comes after a kill has to know of it.
            recorder.plan(plan, "building", begun(destination))
            for other, its in aside.items() if news else ():
                recorder.plan(other, "building", begun(its.destination))
    beside: Mapping[str, Target]
    for people, beside in ((news, aside), (again, {})):
        for begin in range(0, len(people), BATCH):
            scope = Scope(ids=tuple(people[begin : begin + BATCH]))
            step(run, scope, now, plan, [goal], tally, outlet=outlet, aside=beside, also=held)
    return len(news) + len(again)


def take_over(store: Store, destination: Destination, now: Micros) -> None:
    """Takes over what an earlier tick of this destination did not end, killed or not, and what
    others' ticks have laid down for it: its contacts become due, so that they are planned anew. One
    that a person has approved stays, however often its apply ends early: planned anew, it would
    park again. It ends with its apply, or with the next plan for everyone."""
    for id_, state, _ in store.plans():
        if not id_.startswith("tick-") or state not in ("building", "ready", "applying"):
            continue
        body = (store.plan(id_) or ("", "{}"))[1]
        if not concerns(body, destination) or approved(state, body):
            continue
        found: set[str] = set()
        for rows in pages(store, destination, id_, ("fields", "tags"), ("planned", "sent"), PAGE):
            found.update(row.contact for row in rows)
        with store.record(now) as recorder:
            recorder.due(leftovers(found, now))
            recorder.drop_planned(id_)
            recorder.plan(id_, "superseded", body)


def tick_report(run: Session, goal: Target, tally: Tally, plan: str, now: Micros) -> PlanReport:
    """A tick's plan as a report; shares are held against the whole audience."""
    destination = goal.destination
    tags = {tag: (tally.added[tag], tally.removed[tag]) for tag in goal.tags.values()}
    sends = sends_by_trigger(run.store, plan)
    report = PlanReport(
        id=plan, destination=destination.name, account=destination.account, now=now,
        seen=run.store.watermark(), playbook=run.playbook.hash, facts=run.facts.version,
        catalogue=run.goods.version, contacts=tally.contacts,
        reachable=run.store.count_shadows(destination.name, destination.account),
        absent=tally.absent, left_alone=dict(tally.statuses), arms=dict(tally.arms),
        rows=sum(run.store.outbox_counts(plan).values()),
        written=tally.written, tagged=tally.tagged, touched=tally.touched,
        quiet=tally.quiet, fields=field_changes(goal, tally),
        segments=(), stages=dict(tally.stages),
        messages=dict(tally.messages), decisions=tally.decisions, sends=sends,
        create=(), rename=(), remove=(), unseen=(),
        cost=destination.estimate(tally.written, tags, sum(sends.values()), 0),
    )  # fmt: skip
    parked = reasons_to_park(report, run.playbook.limits, NOTHING, run.store, destination)
    return report.model_copy(update={"parked": parked})
