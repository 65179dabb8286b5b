"""Undoing a plan is itself a plan: what it confirmed, with old and new exchanged."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from personalization.apply.holding import holders, sent_as
from personalization.apply.pages import pages
from personalization.apply.readback import catch_up_if_any
from personalization.apply.standing import NOBODY, Known, known
from personalization.connector import Destination
from personalization.consent import WRITABLE
from personalization.errors import Stop
from personalization.installed import applied_last
from personalization.models import Micros, OutboxRow
from personalization.plan.naming import begin
from personalization.plan.previews import Previewed, holding, previewed, shown_of
from personalization.plan.report import FieldChange, PlanReport, finished
from personalization.plan.tally import Tally
from personalization.store.protocol import Store

PAGE = 5_000
BACK = {"field": "drop_field", "tag": "drop_tag", "event": "drop_event"}
"""What takes a setup row back."""


@dataclass
class Undone:
    """What an undo takes back: counts and examples, by field or tag how many contacts hold it no
    longer, how many contacts show something else by now, and of what the plan had created, what
    goes and what stays (and for how many contacts, or sends). `shown` has what previews have written
    to test contacts and still stands: it is as much ours as what the plan wrote."""

    tally: Tally = field(default_factory=Tally)
    emptied: Counter[str] = field(default_factory=Counter)
    changed: set[str] = field(default_factory=set)
    dropped: list[str] = field(default_factory=list)
    kept: dict[str, int] = field(default_factory=dict)
    used: dict[str, int] = field(default_factory=dict)
    shown: Previewed = field(default_factory=dict)


def make_undo(store: Store, destination: Destination, plan: str, now: Micros) -> PlanReport:
    """A plan that takes another back: fields and tags whose pulled value still is what we wrote,
    and the fields and tags that it created, where nobody else holds a value in them. Sends cannot
    be undone and are said so."""
    before = undoable(store, destination, plan)
    undo, undone = begin(store, destination, now), Undone()
    catch_up_if_any(store, destination, now)
    undone.shown = standing_previews(store, destination)
    with store.record(now) as recorder:
        for rows in pages(store, destination, plan, ("fields", "tags"), ("confirmed",), PAGE):
            recorder.outbox(reversed_rows(store, destination, rows, undo, undone))
        recorder.outbox(dropped_rows(store, destination, plan, undo, undone))
    report = undo_report(before, undo, now, destination, undone)
    with store.record(now) as recorder:
        recorder.plan(undo, "ready", report.model_dump_json())
    return report


def undoable(store: Store, destination: Destination, plan: str) -> PlanReport:
    """The plan to undo. Raises Stop where nothing of it was ever written."""
    found = store.plan(plan)
    before = finished(found[1]) if found else None
    if found is None or found[0] not in ("applied", "applying", "superseded") or before is None:
        raise Stop(f"{plan} was never applied: there is nothing to undo")
    done = {kind for kind, state, _, _ in store.outbox_counts(plan) if state == "confirmed"}
    if not done - {"send"} and found[0] == "superseded":
        raise Stop(f"{plan} was replaced by a newer plan before it was applied: there is nothing "
                   f"to undo. {standing(store, destination)}")  # fmt: skip
    if done == {"send"}:
        raise Stop(f"{plan} only sent, and sends cannot be undone")
    return before


def standing(store: Store, destination: Destination) -> str:
    """Which plan made what the destination shows."""
    place = f"{destination.name}/{destination.account}"
    _, told = applied_last(store, place, ("applied", "applying"))
    if not told:
        return f"Nothing was applied to {place} yet"
    return f"What {place} shows was made by {told['id']}: `ofone undo {told['id']}`"


def reversed_rows(
    store: Store, destination: Destination, rows: list[OutboxRow], undo: str, undone: Undone
) -> Iterator[OutboxRow]:
    """Each row the other way round, as far as what it wrote is still there."""
    about = known(store, destination, [row.contact for row in rows], False)
    for row in rows:
        person = about.get(row.contact, NOBODY)
        seen = undone.shown.get(row.contact, {}) if row.kind == "fields" else {}
        ours = [*still_ours(row, person), *(name for name in seen if name in row.new
                                            and row.new[name] != seen[name])]  # fmt: skip
        if len(ours) < len(row.new):
            undone.changed.add(row.contact)
        if not ours:
            continue
        now = {name: seen.pop(name, row.new[name]) for name in ours}
        back = {name: row.old[name] for name in ours}
        undone.tally.contacts += 1
        if row.kind == "fields":
            undone.tally.field_changes(now, back)
        else:
            undone.tally.tag_changes([one for one in ours if back[one]],
                                     [one for one in ours if not back[one]])  # fmt: skip
        if person.standing.status in WRITABLE:
            undone.emptied.update(name for name in ours if now[name] and not back[name])
        yield planned(row, undo, now, back)


def standing_previews(store: Store, destination: Destination) -> Previewed:
    """What previews have written to test contacts, where the last pull still shows it."""
    texts = previewed(store, destination)
    about = known(store, destination, list(texts), False)
    return {contact: shown_of(one, about.get(contact, NOBODY)) for contact, one in texts.items()}


def still_ours(row: OutboxRow, person: Known) -> list[str]:
    """The fields or tags of a row that the last pull still shows as it wrote them."""
    if row.kind == "fields":
        return [name for name, text in row.new.items() if person.values.get(name, "") == text]
    return [name for name, on in row.new.items() if (name in person.tags) == on]


def dropped_rows(
    store: Store, destination: Destination, plan: str, undo: str, undone: Undone
) -> Iterator[OutboxRow]:
    """What the plan created goes, unless contacts hold a value in it that this undo leaves: that
    of a later plan, or a person's own. An event goes unless others than this plan have sent it."""
    made = [
        (row, kind, str(row.new[kind]))
        for rows in pages(store, destination, plan, ("setup",), ("confirmed",), PAGE)
        for row in rows for kind in BACK if kind in row.new
    ]  # fmt: skip
    fields, tags, events = ([name for _, its, name in made if its == kind] for kind in BACK)
    held, used = (
        holders(store, destination, fields, tags),
        sent_as(store, destination, events, plan),
    )
    for row, kind, name in made:
        if kind == "event" and used[name]:
            undone.used[name] = used[name]
            continue
        if kind != "event" and held[name] > undone.emptied[name]:
            undone.kept[name] = held[name] - undone.emptied[name]
            continue
        undone.dropped.append(name)
        undone.tally.contacts += 1
        yield planned(row, undo, row.new, {BACK[kind]: name})


def planned(row: OutboxRow, undo: str, old: dict[str, object], new: dict[str, object]) -> OutboxRow:
    """A row of the undo."""
    return row.model_copy(update={"plan": undo, "old": old, "new": new, "state": "planned",
                                  "attempt": 0, "call": None, "reason": None})  # fmt: skip


def undo_report(
    before: PlanReport, undo: str, now: Micros, destination: Destination, undone: Undone
) -> PlanReport:
    """The undo as people read it."""
    tally = undone.tally
    tags = {name: (tally.added[name], tally.removed[name]) for name in
            sorted({*tally.added, *tally.removed})}  # fmt: skip
    changed = {"changed since then": len(undone.changed)} if undone.changed else {}
    return before.model_copy(update={
        "id": undo, "now": now, "undoes": before.id, "rows": tally.contacts,
        "written": tally.written, "tagged": tally.tagged, "touched": 0, "removals": (), "quiet": 0, "absent": 0, "left_alone": changed, "kept": (),
        "arms": {}, "stages": {}, "messages": {}, "segments": (), "tags": tags,
        "fields": tuple(FieldChange(name=name, contacts=n, emptied=tally.emptied[name],
                                    fallbacks=0, examples=tuple(tally.examples[name]))
                        for name, n in sorted(tally.changed.items())),
        "create": (), "rename": (), "remove": tuple(undone.dropped), "decisions": 0, "sends": {},
        "cost": destination.estimate(tally.written, tags, 0, len(undone.dropped)),
        "unseen": tuple(stays(before, undone)), "parked": (), "warnings": (comes_back(before),),
    })  # fmt: skip


def comes_back(before: PlanReport) -> str:
    """What undoes an undo."""
    return (f"while the playbook is the one that made {before.id}, the next plan, and ticks for "
            "whomever they decide, write the same again: put the playbook back as it was before, "
            "or `ofone pause` until it is")  # fmt: skip


def stays(before: PlanReport, undone: Undone) -> Iterator[str]:
    """What cannot be undone, said plainly."""
    if sent := sum(before.sends.values()):
        yield f"{sent:,} sends of {before.id} cannot be undone"
    if before.remove:
        yield f"what {before.id} removed does not come back: {', '.join(before.remove)}"
    for name, contacts in undone.kept.items():
        seeds = holding(undone.shown.values(), name)
        whose = "a later plan or a person put" if contacts > seeds else "a preview wrote"
        who = "contact holds" if contacts == 1 else "contacts hold"
        test = "" if contacts > seeds else "test "
        yield (f"{name} stays, though {before.id} created it: {contacts:,} {test}{who} what {whose} "
               "there")  # fmt: skip
    for name, times in undone.used.items():
        yield f"event {name} stays, though {before.id} created it: sent {times} times since"
