"""Undoing a plan is itself a plan: what it confirmed, with old and new exchanged."""

from collections.abc import Iterator

from personalization.apply.judge import shown
from personalization.apply.pages import pages
from personalization.apply.readback import catch_up_if_any
from personalization.apply.standing import NOBODY, known
from personalization.connector import Destination
from personalization.errors import Stop
from personalization.models import Micros, OutboxRow
from personalization.plan.report import FieldChange, PlanReport, SegmentSize
from personalization.plan.run import begin
from personalization.plan.tally import Tally
from personalization.store.protocol import Store

PAGE = 5_000


def make_undo(store: Store, destination: Destination, plan: str, now: Micros) -> PlanReport:
    """A plan that takes another back: fields and tags whose pulled value still is what we wrote,
    and the fields and tags that it created. Sends cannot be undone and are said so."""
    found = store.plan(plan)
    if found is None or found[0] not in ("applied", "applying", "superseded"):
        raise Stop(f"{plan} was never applied: there is nothing to undo")
    before = PlanReport.model_validate_json(found[1])
    undo, tally = begin(store, destination, now), Tally()
    catch_up_if_any(store, destination, now)
    with store.record(now) as recorder:
        for rows in pages(store, destination, plan, ("fields", "tags", "setup"), ("confirmed",),
                          PAGE):  # fmt: skip
            recorder.outbox(reversed_rows(store, destination, rows, undo, tally))
    tags = {name: (tally.added[name], tally.removed[name]) for name in
            sorted({*tally.added, *tally.removed})}  # fmt: skip
    sent = sum(before.sends.values())
    report = before.model_copy(update={
        "id": undo, "now": now, "undoes": plan, "rows": tally.contacts, "written": tally.written,
        "fields": tuple(FieldChange(name=name, contacts=n, emptied=tally.emptied[name],
                                    fallbacks=0, examples=tuple(tally.examples[name]))
                        for name, n in sorted(tally.changed.items())),
        "segments": tuple(SegmentSize(name=name, contacts=added, before=None, tag=name,
                                      added=added, removed=removed)
                          for name, (added, removed) in tags.items()),
        "create": (), "rename": (), "remove": before.create, "decisions": 0, "sends": {},
        "cost": destination.estimate(tally.written, tags, 0, len(before.create)),
        "unseen": (f"{sent} sends of {plan} cannot be undone",) if sent else (),
        "parked": (),
    })  # fmt: skip
    with store.record(now) as recorder:
        recorder.plan(undo, "ready", report.model_dump_json())
    return report


def reversed_rows(
    store: Store, destination: Destination, rows: list[OutboxRow], undo: str, tally: Tally
) -> Iterator[OutboxRow]:
    """Each row the other way round, if what it wrote is still there."""
    about = known(store, destination, [row.contact for row in rows if row.contact], False)
    for row in rows:
        if row.kind == "setup":
            back = {f"drop_{kind}": name for kind, name in row.new.items()
                    if kind in ("field", "tag")}  # fmt: skip
            if not back:
                continue
        elif not shown(row, about.get(row.contact, NOBODY)):
            continue
        elif row.kind == "fields":
            back = dict(row.old)
            tally.field_changes(dict(row.new), back)
        else:
            back = dict(row.old)
            tally.tag_changes([one for one, on in back.items() if on],
                              [one for one, on in back.items() if not on])  # fmt: skip
        tally.contacts += 1
        yield row.model_copy(update={"plan": undo, "old": row.new, "new": back,
                                     "state": "planned", "attempt": 0, "call": None,
                                     "reason": None})  # fmt: skip
