"""The next moment at which something changes by the passing of time alone."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from personalization.engine import Engine
from personalization.models import DAY, HOUR, Columns
from personalization.playbook.model import Playbook, Trait
from personalization.traits.bands import ALL, far, flips, in_bands, of_kind
from personalization.traits.compile import Source, half_life, inside, known
from personalization.traits.compute import by_source
from personalization.traits.needs import Needs, needs
from personalization.traits.properties import quoted
from personalization.traits.thresholds import Turns, compared, shown, shown_by
from personalization.traits.weights import weights

LATEST = ("since_last", "last", "near")
"""Kinds that leave a window only with the newest row that counts."""
UNSURE = 26 * HOUR
"""By so much less than its days of 24 h a calendar window may last: a zone may skip a date."""


class Span(NamedTuple):
    """How long until something changes: SQL over a contact's rows. It ends at the contact's
    midnight if that is later, and matters only to who is `seen_by` this column, if one is given."""

    text: str
    at_midnight: bool = False
    seen_by: str = ""

    def end(self, column: str) -> str:
        """SQL for the whole span, where the rows' part is in a column."""
        if self.at_midnight:
            later = f"GREATEST(c.midnight - c.now, {column})"
            column = f"CASE WHEN {column} IS NOT NULL THEN {later} END"
        return f"CASE WHEN c.{self.seen_by} THEN {column} END" if self.seen_by else column


def next_change(
    engine: Engine, playbook: Playbook, seen: Mapping[str, np.ndarray] | None = None
) -> Columns:
    """Columns i and at (microseconds): for each contact the earliest moment after its `now` at
    which a segment, or a trait that templates or triggers show, may be another than now if
    nothing new is recorded. Contacts for whom that is never are left out. Reads the tables that
    `prepare` and `compute` made. It never comes late; it may come early.

    `seen` tells of each trait that messages show which contacts see it, in the order of `i`;
    without it everyone counts as seeing all. What fields show, everyone sees.

    Events leave windows; calendar windows move at the contact's midnight; days since and scores
    step every 24 h from the event; an event dated ahead arrives at its moment.
    """
    wanted = needs(playbook)
    turns, seen = minded(playbook, seen)
    used = [trait for name, trait in playbook.traits.items() if name in turns or name in seen]
    sources = by_source(used, wanted)
    moments = clocks(engine, wanted, seen)
    parts = ["SELECT i, MIN(occurred_at) AS moment FROM future GROUP BY i"]
    for rows, members in passes(sources):
        spans = set[Span]()
        for trait, kind in members:
            if trait.name in turns:
                spans |= set(changing(trait, wanted, turns[trait.name], *kind))
            if trait.name in seen:
                spans |= {
                    span._replace(seen_by=sees(trait.name))
                    for span in changing(trait, wanted, None, *kind)
                }
        if spans:
            parts.append(first(sorted(spans), rows, moments))
    parts += flips(sources, turns, wanted)
    return engine.columns(
        f"""SELECT i, MIN(moment) AS "at" FROM ({" UNION ALL ".join(parts)})
        WHERE moment IS NOT NULL GROUP BY i ORDER BY i"""
    )


def minded(
    playbook: Playbook, seen: Mapping[str, np.ndarray] | None
) -> tuple[dict[str, Turns | None], dict[str, np.ndarray]]:
    """The traits whose changes matter to everyone, with the turns that do (None: all changes), and
    those whose every change matters to some, with whom."""
    visible = shown(playbook)
    if seen is None:
        for slot in playbook.slots.values():
            visible = visible.union(*shown_by(playbook, slot).values())
    turns = compared(playbook) | dict.fromkeys(visible)
    return turns, {name: some for name, some in (seen or {}).items() if name not in visible}


def passes(
    sources: Mapping[Source, Sequence[Trait]],
) -> Iterator[tuple[str, list[tuple[Trait, tuple[str, ...]]]]]:
    """The rows to go through, with the traits that range over them and what else is to be asked
    of a row for them. Events of all kinds are one pass: each costs a small batch dearly."""
    plain = list[tuple[Trait, tuple[str, ...]]]()
    for source, traits in sources.items():
        if source.lines or source.through:
            yield source.rows(), [(one, ()) for one in traits]
        else:
            plain += [(one, (of_kind(one),)) for one in traits]
    if plain:
        yield ALL, plain


def clocks(engine: Engine, wanted: Needs, seen: Mapping[str, np.ndarray]) -> str:
    """A relation of contacts with their moments and with what they see."""
    own = "i, now, midnight" if wanted.days else "i, now"
    if not seen:
        return f"(SELECT {own} FROM people)"
    columns = {sees(name).strip('"'): some for name, some in seen.items()}
    count = len(next(iter(seen.values())))
    engine.table("seen", {"i": np.arange(count, dtype=np.int32), **columns})
    return f"(SELECT o.*, s.* EXCLUDE (i) FROM (SELECT {own} FROM people) AS o JOIN seen AS s ON s.i = o.i)"


def sees(name: str) -> str:
    """The column that says who sees a trait."""
    return quoted(f"sees {name}")


def first(spans: Sequence[Span], rows: str, moments: str) -> str:
    """A query of i and moment: when the first of some spans is over. What belongs to the contact is
    joined to one row each, after all of its rows were gone through."""
    texts = sorted({span.text for span in spans})
    grouped = ", ".join(f"{text} AS span_{n}" for n, text in enumerate(texts))
    ends = [span.end(f"g.span_{texts.index(span.text)}") for span in spans]
    least = f"LEAST({', '.join(ends)})" if len(ends) > 1 else ends[0]
    return (f"SELECT g.i AS i, c.now + {least} AS moment FROM (SELECT e.i AS i, {grouped} {rows} "
            f"GROUP BY e.i) AS g JOIN {moments} AS c ON c.i = g.i")  # fmt: skip


def changing(trait: Trait, wanted: Needs, turns: Turns | None, *kind: str) -> Iterator[Span]:
    """How long until the trait may change; with `turns` until it may pass one of them. `kind`
    narrows the rows to the trait's own."""
    if trait.window is not None and trait.window.days is not None:
        yield by_midnight(trait, wanted, turns, *kind)
    else:
        yield from map(Span, leaving(trait, wanted, turns, *kind))
    yield from map(Span, stepping(trait, wanted, turns, *kind))


def leaving(trait: Trait, wanted: Needs, turns: Turns | None, *kind: str) -> list[str]:
    """How long until rows leave the trait's window and take something with them."""
    if trait.window is None:
        return []
    whole = trait.window.micros
    if trait.kind in LATEST:
        counts = () if trait.kind == "since_last" else (known(trait, wanted),)
        return [f"{whole} - MIN(CASE WHEN {inside(trait, wanted, *counts, *kind)} THEN age END)"]
    exact = trait.kind == "most_frequent" or in_bands(trait, turns)
    narrow = (*kind, far(trait)) if exact else kind
    return [f"{whole} - MAX(CASE WHEN {inside(trait, wanted, *narrow)} THEN age END)"]


def by_midnight(trait: Trait, wanted: Needs, turns: Turns | None, *kind: str) -> Span:
    """How long until a calendar window may lose a row: the contact's next midnight, or later
    where the rows that matter are too young for that. A count that matters only as none or some
    loses its newest row last."""
    last = trait.kind == "count" and turns is not None and all(one.whole <= 1 for one in turns)
    age = f"{'MIN' if last else 'MAX'}(CASE WHEN {inside(trait, wanted, *kind)} THEN age END)"
    least_days = ((trait.window.days or 1) - 1 if trait.window else 0) * DAY - UNSURE
    return Span(f"{least_days} - {age}", at_midnight=True)


def stepping(trait: Trait, wanted: Needs, turns: Turns | None, *kind: str) -> list[str]:
    """How long until the value steps by itself, for kinds that do: to one of `turns`, or at
    all."""
    fits = inside(trait, wanted, *kind)
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
        for turn in sorted({turn.whole for turn in turns})
        if turn > 0
    )
    return [f"CASE {cases} END"] if cases else []
