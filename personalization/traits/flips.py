"""The next moment at which something changes by the passing of time alone."""

from collections.abc import Sequence

from personalization.engine import Engine
from personalization.models import DAY, Columns
from personalization.playbook.model import Playbook, Trait
from personalization.traits.compile import half_life, inside
from personalization.traits.compute import by_source
from personalization.traits.needs import Needs, needs
from personalization.traits.thresholds import compared, shown
from personalization.traits.weights import weights


def next_change(engine: Engine, playbook: Playbook) -> Columns:
    """Columns i and at (microseconds): for each contact the earliest moment after its `now` at
    which a segment, or a trait that templates or triggers show, may be another than now if
    nothing new is recorded. Contacts for whom that is never are left out. Reads the tables that
    `prepare` made. It never comes late; it may come early, where an event leaves a window
    without changing the trait.

    Events leave windows; calendar windows move at the contact's midnight; days since and scores
    step every 24 h from the event; an event dated ahead arrives at its moment.
    """
    wanted = needs(playbook)
    turns, visible = compared(playbook), shown(playbook)
    used = [trait for name, trait in playbook.traits.items() if name in turns or name in visible]
    parts = ["SELECT i, MIN(occurred_at) AS moment FROM future GROUP BY i"]
    clock = "SELECT i, now, midnight FROM people" if wanted.days else "SELECT i, now FROM people"
    for source, traits in by_source(used, wanted).items():
        spans = set[str]()
        for trait in traits:
            turning = None if trait.name in visible else turns.get(trait.name)
            spans |= {*leaving(trait, wanted), *stepping(trait, wanted, turning)}
        if spans:
            join = f" AS e JOIN ({clock}) AS c ON c.i = e.i WHERE"
            rows = source.rows().replace(" AS e WHERE", join, 1)
            parts.append(
                f"SELECT e.i AS i, MIN(c.now) + {least(sorted(spans))} AS moment {rows} GROUP BY e.i"
            )
    return engine.columns(
        f"""SELECT i, MIN(moment) AS "at" FROM ({" UNION ALL ".join(parts)})
        WHERE moment IS NOT NULL GROUP BY i ORDER BY i"""
    )


def least(values: Sequence[str]) -> str:
    """SQL for the least of some values, NULLs aside."""
    return f"LEAST({', '.join(values)})" if len(values) > 1 else values[0]


def leaving(trait: Trait, wanted: Needs) -> list[str]:
    """How long until the first row leaves the trait's window."""
    if trait.window is None:
        return []
    fits = inside(trait, wanted)
    if trait.window.days is not None:
        return [f"MIN(CASE WHEN {fits} THEN c.midnight - c.now END)"]
    return [f"{trait.window.micros} - MAX(CASE WHEN {fits} THEN age END)"]


def stepping(trait: Trait, wanted: Needs, turns: frozenset[int] | None) -> list[str]:
    """How long until the value steps by itself, for kinds that do: to one of `turns`, or at
    all."""
    fits = inside(trait, wanted)
    if trait.kind == "score":
        alive = len(weights(half_life(trait))) * DAY
        return [f"{DAY} - MAX(CASE WHEN age < {alive} AND {fits} THEN age % {DAY} END)"]
    if trait.kind != "since_last":
        return []
    newest = f"MIN(CASE WHEN {fits} THEN age END)"
    if turns is None:
        return [f"{DAY} - {newest} % {DAY}"]
    cases = " ".join(
        f"WHEN {newest} < {turn * DAY} THEN {turn * DAY} - {newest}"
        for turn in sorted(turns)
        if turn > 0
    )
    return [f"CASE {cases} END"] if cases else []
