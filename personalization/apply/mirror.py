"""Telling a mirror: what belongs to each contact goes with the row, and what was accepted is its
read-back, kept before the next call is made."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from personalization.apply.assumed import SUBSCRIBED
from personalization.apply.standing import NOBODY, Known, known
from personalization.connector import Outcome
from personalization.consent import Permit
from personalization.errors import Retry
from personalization.hashing import canonical
from personalization.links import token_of
from personalization.mirror import About, Mirror
from personalization.models import Columns, Micros
from personalization.store.protocol import Introduced, Recorder, Scope, Store

UNKNOWN = Introduced(aliases=(), decisions=())


def tell_mirror(store: Store, to: Mirror, permits: Sequence[Permit], now: Micros) -> list[int]:
    """Carries out permitted rows, which are durable as sent; returns those that nothing could be
    done with. One without an outcome, because the program or the receiver died, stays as it is for
    the next catching up; where the receiver is out of reach it was no try of a send's."""
    ids = sorted({one.row.contact for one in permits if one.row.contact})
    before = known(store, to, ids, with_consent=False)
    rows = {one.row.id: one for one in permits}
    who = introductions(store, to, permits)
    people = {one.row.contact: about(to, one, before.get(one.row.contact, NOBODY), who)
              for one in permits if one.row.contact}  # fmt: skip
    left = {one.row.id for one in permits if one.row.kind == "send"}
    untried: list[int] = []
    try:
        for outcomes in to.tell(permits, people):
            left.difference_update(one.row for one in outcomes)
            taken = [rows[one.row] for one in outcomes if one.result == "accepted"]
            with store.record(now) as recorder:
                recorder.outbox_state([one.row.id for one in taken], "confirmed")
                untried += keep_other(recorder, outcomes)
                keep_shadows(store, recorder, to, taken, before, now)
    except Retry:
        with store.record(now) as recorder:
            recorder.untried(sorted(left))
        raise
    return untried


def keep_other(recorder: Recorder, outcomes: Sequence[Outcome]) -> list[int]:
    """What was not accepted; returns what was not tried."""
    for one in outcomes:
        if one.result in ("refused", "uncertain"):
            recorder.outbox_state([one.row], one.result, reason=one.reason)
    return keep_untried(recorder, outcomes)


def keep_untried(recorder: Recorder, outcomes: Sequence[Outcome]) -> list[int]:
    """Rows that nothing was done with are as they were before; returns them."""
    found = [one for one in outcomes if one.result == "untried"]
    for one in found:
        recorder.outbox_state([one.row], "planned", reason=one.reason)
    recorder.untried([one.row for one in found])
    return [one.row for one in found]


def introductions(
    store: Store, to: Mirror, permits: Sequence[Permit]
) -> Mapping[str, Introduced]:  # fmt: skip
    """Who the contacts of these rows are, in one read; nothing where nothing of it is told."""
    ids = {one.row.contact for one in permits if one.row.contact and (to.aliases or asked(one))}
    return store.introduced(sorted(ids)) if ids else {}


def asked(permit: Permit) -> bool:
    """Whether decisions go with a row."""
    return permit.row.decision is not None or permit.row.kind == "send"


def about(to: Mirror, permit: Permit, held: Known, who: Mapping[str, Introduced]) -> About:
    """What goes with a row."""
    one, wanted = who.get(permit.row.contact, UNKNOWN), tuple(to.aliases)
    return About(
        aliases=tuple(alias for alias in one.aliases if wanted and alias.startswith(wanted)),
        fields=held.values, segments=tuple(sorted(held.tags)),
        decisions=in_force(one.decisions, permit.row.decision) if asked(permit) else (),
    )  # fmt: skip


def in_force(
    made: Sequence[Mapping[str, object]], named: str | None
) -> tuple[Mapping[str, Any], ...]:
    """The newest decision of each slot. Where the row names one that is no longer among them (an
    undo, or a plan that was overtaken), that one alone."""
    newest = {str(one["slot"]): one for one in made}
    chosen = [newest[slot] for slot in sorted(newest)]
    if named is not None and named not in {one["id"] for one in chosen}:
        chosen = [one for one in made if one["id"] == named]
    return tuple(
        {"id": one["id"], "token": token_of(str(one["id"])), "slot": one["slot"],
         "message": one["message"], "picks": json.loads(str(one["picks"] or "[]"))}
        for one in chosen
    )  # fmt: skip


def keep_shadows(
    store: Store, recorder: Recorder, to: Mirror, taken: Sequence[Permit],
    before: Mapping[str, Known], now: Micros,
) -> None:  # fmt: skip
    """What the mirror holds of the contacts of accepted rows. The shadow of somebody who merged
    into one of them is marked as gone, and so does not stand in front of the contact's own."""
    values = {one.row.contact: dict(before.get(one.row.contact, NOBODY).values) for one in taken
              if one.row.kind in ("fields", "tags")}  # fmt: skip
    tags = {one: set(before.get(one, NOBODY).tags) for one in values}
    for row in (one.row for one in taken):
        if row.kind == "fields":
            values[row.contact] |= row.new
        elif row.kind == "tags":
            tags[row.contact] -= set(row.new)
            tags[row.contact] |= {name for name, on in row.new.items() if on}
    if not values:
        return
    rows = [(one, one, SUBSCRIBED, canonical(values[one]), canonical(sorted(tags[one])))
            for one in sorted(values)]  # fmt: skip
    kept = store.shadows(to.name, to.account, Scope(ids=tuple(sorted(values))))
    rows += [(contact, outside, "gone", "{}", "[]")
             for contact, outside in zip(kept["contact"], kept["outside_id"], strict=True)
             if contact != outside]  # fmt: skip
    recorder.shadows(to.name, to.account, "readback", columns(sorted(rows), now))


def columns(rows: Sequence[tuple[str, ...]], now: Micros) -> Columns:
    """Shadow columns."""
    names = ("contact", "outside_id", "status", "values", "tags")
    made = {name: np.empty(len(rows), dtype=object) for name in (*names, "email", "told")}
    for name, column in zip(names, zip(*rows, strict=True), strict=True):
        made[name][:] = column
    return {**made, "observed_at": np.full(len(rows), now, dtype=np.int64)}
