"""Segments that somebody entered or left longer ago than the triggers for it look back.

Who enters a segment is told by holding the newest membership row against the rule. An old event
that comes late would look like an entry of this moment; so with it the row is put as it stood when
the trigger's window began, judged by the log as it is known now.
"""

import json
from collections.abc import Mapping, Sequence
from itertools import batched

from personalization.engine import Engine
from personalization.models import Frozen, Micros
from personalization.plan.session import EngineFactory
from personalization.playbook.model import Playbook
from personalization.store.protocol import Recorder, Scope, Store
from personalization.traits.compute import compute
from personalization.traits.prepare import prepare
from personalization.traits.properties import quoted
from personalization.traits.segments import segments as compute_segments

AT_ONCE = 20_000


class Crossings(Frozen):
    """Segments of one window: those whose entry, and those whose leaving, starts a trigger."""

    entered: tuple[str, ...]
    left: tuple[str, ...]


def windows(playbook: Playbook) -> dict[Micros, Crossings]:
    """Segments with triggers by how far these look back; the shortest where several do."""
    enter: dict[str, Micros] = {}
    leave: dict[str, Micros] = {}
    for one in playbook.triggers.values():
        for name, held in ((one.enter, enter), (one.leave, leave)):
            if name:
                span = one.wait + one.within
                held[name] = min(span, held.get(name, span))
    return {
        span: Crossings(entered=tuple(name for name, one in enter.items() if one == span),
                        left=tuple(name for name, one in leave.items() if one == span))
        for span in sorted({*enter.values(), *leave.values()})
    }  # fmt: skip


def settle(
    store: Store, recorder: Recorder, make_engine: EngineFactory, playbook: Playbook,
    now: Micros, contacts: Sequence[str],
) -> int:  # fmt: skip
    """Puts the membership rows of contacts as they were when each window began. Returns how many
    were changed. Contacts that were never decided have no row, and enter nothing by their first."""
    spans = windows(playbook)
    if not spans or not store.plans():
        return 0
    changed = set[str]()
    for some in batched(contacts, AT_ONCE, strict=False):
        with make_engine() as engine:
            store.load_products(engine)
            for span, crossings in spans.items():
                store.load(engine, Scope(ids=some), now - span)
                rows = crossed(engine, playbook, crossings, now - span)
                if rows:
                    recorder.memberships(list(rows), list(rows.values()))
                changed.update(rows)
    return len(changed)


def crossed(
    engine: Engine, playbook: Playbook, crossings: Crossings, then: Micros
) -> Mapping[str, str]:
    """The new membership rows, JSON text {segment: since}, by contact."""
    prepare(engine, playbook)
    compute(engine, playbook)
    compute_segments(engine, playbook)
    names = sorted({*crossings.entered, *crossings.left})
    held = ", ".join(f"s.{quoted(name)}" for name in names)
    rows = engine.rows(
        f"SELECT c.id, m.segments, {held} FROM contacts c JOIN segments s ON s.i = c.i "
        "JOIN memberships m ON m.contact = c.id ORDER BY c.i"
    )
    found = {}
    for contact, text, *held_then in rows:
        was = json.loads(str(text))
        before = dict(was)
        for name, holds in zip(names, held_then, strict=True):
            if holds and name in crossings.entered:
                was.setdefault(name, then)
            elif not holds and name in crossings.left:
                was.pop(name, None)
        if was != before:
            ordered = {name: was[name] for name in playbook.segments if name in was}
            found[str(contact)] = json.dumps(ordered, separators=(",", ":"))
    return found
