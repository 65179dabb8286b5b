"""What would have to change for a segment to flip: the smallest change of one value alone.

Every trait that a rule reads is tried at and beside what it is compared with, and as not known, by
the rules' own SQL, in one statement. What is said is what was tried, or what follows from it for
every value that no rule names.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, TypeGuard

from personalization.engine import Engine, literal
from personalization.models import Frozen
from personalization.playbook.model import Playbook, Trait
from personalization.receipt.uses import Use, together, uses_of
from personalization.receipt.words import shown
from personalization.store.columns import put
from personalization.traits.properties import quoted
from personalization.traits.segments import segments

NONE = "no change of one value alone"
NOT_FOUND = "not worked out: this rule computes with its values"
WHOLE = ("integer", "money", "timestamp")
COUNTING = ("count", "distinct", "score", "since_last")
"""Kinds whose value is never below 0."""
ALWAYS = ("count", "sum", "net", "distinct", "score", "near")
"""Kinds that always have a value."""
FEW = 3
SOME_DAY = "2000-01-01"


class Change(Frozen):
    """A trait's value that flips a segment, all others staying as they are. `beside` is the number
    that it lies just above or below of. `other` marks a value that no rule names. If `but` is given,
    every value flips that is neither the contact's own nor in there. `nearer` says that a smaller
    change may do, as where a rule computes with the trait."""

    trait: str
    to: float | str | bool | None
    beside: float | None = None
    other: bool = False
    but: tuple[str, ...] | None = None
    nearer: bool = False


def nearest(
    engine: Engine, playbook: Playbook, values: Mapping[str, Any]
) -> dict[str, Change | str]:
    """For each segment the smallest change of one trait that flips it (relative to its size; a
    value that is not known or no number comes last), or in words that there is none. `values` are
    the traits and segments of the one contact in the engine's `traits`, which this replaces, and
    `segments` with it."""
    rules = uses_of(playbook)
    tried = list(candidates(playbook, together(rules.values()), values))
    put_variants(engine, tried)
    segments(engine, playbook)
    rows = engine.columns("SELECT * FROM segments ORDER BY i")
    places = rows["i"].tolist()
    found: dict[str, Change | str] = {}
    for name in playbook.segments:
        flips = [tried[place] for place, holds in zip(places, rows[name].tolist(), strict=True)
                 if bool(holds) != bool(values[name])]  # fmt: skip
        best = smallest(flips, values)
        if best is None:
            found[name] = NONE if all(use.plain for use in rules[name].values()) else NOT_FOUND
        else:
            found[name] = generalised(best, flips, rules[name], values)
    return found


def candidates(
    playbook: Playbook, uses: Mapping[str, Use], values: Mapping[str, Any]
) -> Iterator[Change]:
    """For each trait in use the values worth trying, where they are not the contact's own."""
    for name in sorted(uses):
        trait, use, own = playbook.traits[name], uses[name], values[name]
        compared = {values[one] for one in use.columns} - {None}
        for change in worth_trying(trait, sorted(use.bounds | compared, key=str), use):
            if change.to is not None and change.to == own:
                continue
            if is_number(change.to) and change.to < 0 and trait.kind in COUNTING:
                continue
            yield change
        if own is not None and trait.kind not in ALWAYS:
            yield Change(trait=name, to=None)


def worth_trying(trait: Trait, bounds: Sequence[Any], use: Use) -> Iterator[Change]:
    """Values at and just beside each bound, between any two of which no rule turns, and where
    there is none, or texts are only compared as equal, one that no rule names."""
    name = trait.name
    if trait.type == "boolean":
        yield from (Change(trait=name, to=one) for one in (False, True))
    elif trait.type == "text":
        texts = [one for one in bounds if isinstance(one, str)]
        yield from (Change(trait=name, to=one) for one in texts)
        if not use.equal:
            yield from (Change(trait=name, to=one) for one in ("", *(f"{one} " for one in texts)))
        yield Change(trait=name, to=unlike(texts), other=True)
    elif trait.type == "date":
        days = {date.fromisoformat(one) + timedelta(days=more)
                for one in bounds if is_day(one) for more in (-1, 0, 1)}  # fmt: skip
        yield from (Change(trait=name, to=one.isoformat()) for one in sorted(days))
        if not days:
            yield Change(trait=name, to=SOME_DAY, other=True)
    else:
        numbers = [one for one in bounds if is_number(one)]
        yield from beside(trait, numbers) if numbers else [Change(trait=name, to=0, other=True)]


def beside(trait: Trait, bounds: Sequence[float]) -> Iterator[Change]:
    """Numbers on each bound, and just to both sides of it."""
    if trait.type in WHOLE:
        close = {whole + more for one in bounds for whole in (math.floor(one), math.ceil(one))
                 for more in (-1, 0, 1)}  # fmt: skip
        yield from (Change(trait=trait.name, to=one) for one in sorted(close))
        return
    for one in bounds:
        yield Change(trait=trait.name, to=float(one))
        for far in (-math.inf, math.inf):
            yield Change(trait=trait.name, to=math.nextafter(one, far), beside=one)


def unlike(texts: Sequence[str]) -> str:
    """A text that is none of some, as short and as plain as can be."""
    return next(one for n in range(len(texts) + 1) if (one := f"other{n or ''}") not in texts)


def is_day(bound: object) -> TypeGuard[str]:
    """Whether it is a date, with one before and one after it."""
    try:
        return isinstance(bound, str) and "0001-01-01" < bound < "9999-12-31" and bool(
            date.fromisoformat(bound))  # fmt: skip
    except ValueError:
        return False


def put_variants(engine: Engine, tried: Sequence[Change]) -> None:
    """Makes `traits` anew: one row for each change, all else as it was. What a trait's column
    cannot hold is left out."""
    types = engine.rows("SELECT column_name, data_type FROM duckdb_columns() "
                        "WHERE table_name = 'traits' AND column_name <> 'i'")  # fmt: skip
    rows = [(n, one.trait, None if one.to is None else str(one.to)) for n, one in enumerate(tried)]
    put(engine, "changes", rows, {"i": "INTEGER", "trait": "VARCHAR", "value": "VARCHAR"})
    chosen, held = [], ["changes.value IS NULL"]
    for name, kind in types:
        here, to = f"changes.trait = {literal(name)}", f"TRY_CAST(changes.value AS {kind})"
        column = quoted(name)
        chosen.append(f"CASE WHEN {here} THEN {to} ELSE as_it_is.{column} END AS {column}")
        held.append(f"({here} AND {to} IS NOT NULL)")
    engine.run("CREATE OR REPLACE TEMP TABLE as_it_is AS SELECT * FROM traits")
    engine.run(f"CREATE OR REPLACE TEMP TABLE traits AS SELECT changes.i, {', '.join(chosen)} "
               f"FROM as_it_is, changes WHERE {' OR '.join(held)}")  # fmt: skip


def smallest(flips: Sequence[Change], values: Mapping[str, Any]) -> Change | None:
    """Of the changes that flip a segment the smallest: of one trait by its own measure, of several
    traits relative to their size. What is no number comes last, not to be known last of all."""

    def near(one: Change) -> tuple[float, bool, bool, str]:
        far = distance(values[one.trait], one.to)
        return far, one.to is None, one.other, str(one.to)

    def small(one: Change) -> tuple[float, bool, str]:
        far = distance(values[one.trait], one.to)
        sizes = [abs(each) for each in (values[one.trait], one.to) if is_number(each)]
        return far / max([1.0, *sizes]), one.to is None, one.trait

    nearest_of: dict[str, Change] = {}
    for one in sorted(flips, key=near):
        nearest_of.setdefault(one.trait, one)
    return min(nearest_of.values(), key=small, default=None)


def generalised(
    best: Change, flips: Sequence[Change], uses: Mapping[str, Use], values: Mapping[str, Any]
) -> Change:
    """A change to a value that the rule does not name, as one to every such value, where the rule
    asks no more of the trait than what it is equal to and whether it is known."""
    use = uses[best.trait]
    if not use.plain and is_number(best.to):
        return best.model_copy(update={"nearer": True})
    if best.to is None or isinstance(best.to, bool) or not use.equal or best.to in use.bounds:
        return best
    turning = {one.to for one in flips if one.trait == best.trait}
    staying = sorted(str(one) for one in use.bounds - turning - {values[best.trait]})
    return best.model_copy(update={"but": tuple(staying)})


def distance(own: Any, to: Any) -> float:
    """How far two numbers are apart, or two dates in days; endless where one is neither."""
    if is_number(own) and is_number(to):
        return float(abs(own - to))
    if is_day(own) and is_day(to):
        return float(abs((date.fromisoformat(own) - date.fromisoformat(to)).days))
    return math.inf


def is_number(value: object) -> TypeGuard[float]:
    """Whether a value is a number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def said(change: Change | str, playbook: Playbook, values: Mapping[str, Any]) -> str:
    """A change in words."""
    if isinstance(change, str):
        return change
    own = values[change.trait]
    now = "has no value" if own is None else f"is {shown(playbook, change.trait, own)}"
    return f"{change.trait} {now}; {what(change, playbook, values)} would flip it"


def what(change: Change, playbook: Playbook, values: Mapping[str, Any]) -> str:
    """The value, or the values, that a change is to."""
    name = change.trait
    if change.to is None:
        return "having no value"
    if change.but is not None:
        any_value = "any value" if values[name] is None else "any other value"
        if len(change.but) > FEW:
            return f"{any_value} that its rule does not name"
        return f"{any_value} but {', '.join(change.but)}" if change.but else any_value
    if change.beside is not None and is_number(change.to):
        side = "above" if change.to > change.beside else "below"
        return f"just {side} {shown(playbook, name, change.beside)}"
    exactly = shown(playbook, name, change.to) or "an empty text"
    return f"{exactly}, or a nearer value," if change.nearer else exactly
