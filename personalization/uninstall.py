"""Uninstalling is a plan: our fields, tags and events as rows that drop them, and tags that were
there before us put back as they were. `apply` carries it out like any other.

A field or event without our mark is never touched; a tag that this store did not make is never
dropped.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import batched

from personalization.apply.holding import sent_as
from personalization.apply.pages import pages
from personalization.apply.readback import catch_up_if_any
from personalization.apply.standing import NOBODY, known
from personalization.connector import Destination, RemoteEvent, RemoteField, RemoteTag, events
from personalization.errors import Stop
from personalization.installed import ALL, PAGE, Installed, installed
from personalization.models import Micros, OutboxRow
from personalization.plan.naming import begin
from personalization.plan.report import PlanReport, SegmentSize
from personalization.plan.tally import Tally
from personalization.store.protocol import Store

History = Mapping[str, Mapping[str, tuple[bool, bool]]]
"""tag -> contact -> (whether they had it before our first change, whether after our last)"""


@dataclass(frozen=True)
class Removal:
    """What an uninstall does to one destination, and what it leaves."""

    fields: tuple[str, ...]
    tags: tuple[str, ...]
    events: tuple[str, ...]
    restored: tuple[str, ...]
    left: tuple[str, ...]
    history: History = field(repr=False)


def make_uninstall(
    store: Store, destination: Destination, now: Micros, keep: Sequence[str] = ()
) -> PlanReport:
    """A plan that removes what we made, but for what `keep` names. Raises Stop for a name in
    `keep` that is none of it."""
    plan, tally = begin(store, destination, now), Tally()
    catch_up_if_any(store, destination, now)
    removal = removal_of(store, destination, frozenset(keep))
    with store.record(now) as recorder:
        recorder.outbox(restoring(store, destination, plan, removal, tally))
        recorder.outbox(
            OutboxRow(id=0, plan=plan, destination=destination.name, account=destination.account,
                      contact="", kind="setup", old={}, new=new)
            for new in (*({"drop_field": name} for name in removal.fields),
                        *({"drop_tag": name} for name in removal.tags),
                        *({"drop_event": name} for name in removal.events))
        )  # fmt: skip
    report = report_of(store, destination, plan, now, removal, tally)
    with store.record(now) as recorder:
        recorder.plan(plan, "ready", report.model_dump_json())
    return report


def removal_of(store: Store, destination: Destination, keep: frozenset[str]) -> Removal:
    """Looks at what is there, and tells ours from others'."""
    mine, fields, tags = installed(store, destination), destination.fields(), destination.tags()
    history, defined = tag_history(store, destination), events(destination) or []
    ours = [one.name for one in (*fields, *defined) if one.ours] + [
        one.name for one in tags if one.name in mine.tags
    ]
    if unknown := keep - set(ours):
        raise Stop(f"{', '.join(sorted(unknown))} is nothing that would be removed. There are: "
                   f"{', '.join(ours) or 'none'}.")  # fmt: skip
    foreign = [one.name for one in tags if one.name in history and one.name not in mine.tags]
    return Removal(
        fields=tuple(one.name for one in fields if one.ours and one.name not in keep),
        tags=tuple(one.name for one in tags if one.name in mine.tags and one.name not in keep),
        events=tuple(one.name for one in defined if one.ours and one.name not in keep),
        restored=tuple(foreign),
        left=(
            *left(store, destination, mine, fields, tags, history, keep),
            *left_events(store, destination, mine, defined),
        ),
        history={name: history[name] for name in foreign},
    )


def tag_history(store: Store, destination: Destination) -> History:
    """What we did to each tag, contact by contact. A row that was so already was not our doing."""
    found: dict[str, dict[str, tuple[bool, bool]]] = {}
    for rows in pages(store, destination, None, ("tags",), ("confirmed",), PAGE):
        for row in (one for one in rows if one.attempt):
            for tag, on in row.new.items():
                before = found.setdefault(tag, {})
                first = before[row.contact][0] if row.contact in before else bool(row.old.get(tag))
                before[row.contact] = (first, bool(on))
    return found


def restoring(
    store: Store, destination: Destination, plan: str, removal: Removal, tally: Tally
) -> Iterator[OutboxRow]:
    """Tags of others as they were before us, where the destination still shows what we wrote."""
    contacts = sorted({one for people in removal.history.values() for one in people})
    for some in batched(contacts, PAGE, strict=False):
        about = known(store, destination, some, with_consent=False)
        for contact in some:
            has = about.get(contact, NOBODY).tags
            new = {
                tag: people[contact][0]
                for tag, people in removal.history.items()
                if contact in people and people[contact][1] == (tag in has) != people[contact][0]
            }
            if new:
                tally.written += 1
                tally.tag_changes([tag for tag, on in new.items() if on],
                                  [tag for tag, on in new.items() if not on])  # fmt: skip
                yield OutboxRow(
                    id=0, plan=plan, destination=destination.name, account=destination.account,
                    contact=contact, kind="tags", new=dict(new),
                    old={tag: not on for tag, on in new.items()},
                )  # fmt: skip


def left(
    store: Store, destination: Destination, mine: Installed, fields: Sequence[RemoteField],
    tags: Sequence[RemoteTag], history: History, keep: frozenset[str],
) -> Iterator[str]:  # fmt: skip
    """What others have to do with it, and what stays, said plainly."""
    if keep:
        yield f"kept, as asked: {', '.join(sorted(keep))}"
    strange = [one.name for one in fields if one.ours and one.name not in mine.fields]
    if strange:
        yield (f"{', '.join(strange)}: marked as this product's, but not made from this store; "
               "keep them if another installation uses them (--keep)")  # fmt: skip
    for name, count in put_by_others(store, destination, mine.tags, history).items():
        yield f"tag {name} also holds {count:,} contacts that others put there"
    for one in tags:
        if one.name in history and one.name not in mine.tags:
            yield f"tag {one.name} was there before: it stays, and who was in it is put back"
    others = sum(1 for one in fields if not one.ours)
    yield f"fields that others made ({others}) and tags that were not made here stay as they are"
    yield ("whether campaigns, journeys or forms use these fields and tags cannot be seen from "
           "here: look before you apply")  # fmt: skip
    yield "what was sent stays in the contacts' history"
    yield "webhooks that point here are not removed: delete them where you made them"
    waiting = store.outbox(destination=destination.name, account=destination.account,
                           kinds=("send",), states=("planned",))  # fmt: skip
    if waiting:
        yield f"{len(waiting)} sends still wait: only a new plan, applied in time, sends them"
    yield ("ticks leave this destination alone as soon as this plan is being applied; the store "
           "here stays as it is")  # fmt: skip


def left_events(
    store: Store, destination: Destination, mine: Installed, defined: Sequence[RemoteEvent]
) -> Iterator[str]:
    """Events that others made or may use."""
    sent = sent_as(store, destination, {one.name for one in defined})
    strange = [one.name for one in defined
               if one.ours and one.name not in mine.events and not sent[one.name]]  # fmt: skip
    if strange:
        yield (f"event {', '.join(strange)}: marked as this product's, but neither made nor sent "
               "from this store; keep what another installation uses (--keep)")  # fmt: skip
    theirs = [one.name for one in defined if not one.ours and sent[one.name]]
    if theirs:
        yield f"event {', '.join(theirs)} was made by others: it stays, with what was sent as it"
    if any(one.ours and sent[one.name] for one in defined):
        yield "with an event of ours, what was sent as it may go from the contacts' history too"


def put_by_others(
    store: Store, destination: Destination, tags: frozenset[str], history: History
) -> dict[str, int]:
    """How many contacts carry our tags without our having put them there, by the last pull."""
    found = dict.fromkeys(sorted(tags), 0)
    for scope in store.groups():
        shadow = store.shadows(destination.name, destination.account, scope)
        for contact, text in zip(shadow["contact"], shadow["tags"], strict=True):
            for tag in tags.intersection(json.loads(text)) if text != "[]" else ():
                found[tag] += not history.get(tag, {}).get(contact, (False, False))[1]
    return {tag: count for tag, count in found.items() if count}


def report_of(
    store: Store, destination: Destination, plan: str, now: Micros, removal: Removal, tally: Tally
) -> PlanReport:
    """The plan as people read it. It names the playbook applied last, by whose limits it runs."""
    place = f"{destination.name}/{destination.account}"
    tags = {name: (tally.added[name], tally.removed[name]) for name in removal.restored}
    removed = (*removal.fields, *removal.tags, *removal.events)
    return PlanReport(
        id=plan, destination=destination.name, account=destination.account, now=now,
        seen=store.watermark(), playbook=store.setting(f"applied {place}") or "", facts="",
        catalogue="", contacts=tally.written,
        reachable=store.count_shadows(destination.name, destination.account), absent=0,
        left_alone={}, arms={}, rows=tally.written + len(removed), written=tally.written,
        fields=(), segments=tuple(SegmentSize(name=name, contacts=sum(moved), before=None, tag=name,
                                              added=moved[0], removed=moved[1])
                                  for name, moved in tags.items()),
        stages={}, messages={}, decisions=0, sends={}, create=(), rename=(), remove=removed,
        cost=destination.estimate(0, tags, 0, len(removed)), unseen=removal.left, undoes=ALL,
    )  # fmt: skip
