"""Table `traits`: one row a contact, one column a trait, computed in one statement."""

from collections.abc import Iterable

import numpy as np

from personalization.engine import Engine
from personalization.models import Micros
from personalization.playbook.model import Playbook, Trait
from personalization.traits.compile import (
    EMPTY,
    GROUPED,
    LATEST,
    PLAIN,
    Source,
    at_extreme,
    extreme,
    half_life,
    inside,
    column,
    place,
    plain,
    source_of,
    weight_column,
)
from personalization.traits.near import within
from personalization.traits.needs import REFUND, Needs, kind_of, needs
from personalization.traits.properties import from_json, quoted
from personalization.traits.weights import weights
from personalization.models import DAY


def compute(engine: Engine, playbook: Playbook) -> None:
    """Makes traits(i, one column a trait), a row for every contact, from the tables that
    `prepare` made. What is empty is said at `playbook.model.Trait`."""
    engine.run(f"CREATE OR REPLACE TEMP TABLE traits AS {statement(engine, playbook)}")


def statement(engine: Engine, playbook: Playbook) -> str:
    """The whole SELECT. Makes the table of weights that it reads, where there are scores."""
    wanted = needs(playbook)
    traits = list(playbook.traits.values())
    make_weights(engine, (half_life(trait) for trait in traits if trait.kind == "score"))
    parts: dict[str, str] = {}
    place_of: dict[str, str] = {}
    for source, members in by_source(traits, wanted).items():
        add_source(source, members, wanted, parts, place_of)
    add_net([trait for trait in traits if trait.kind == "net"], wanted, parts, place_of)
    chosen = ", ".join(["c.i AS i", *(final(trait, place_of) for trait in traits)])
    tables = ", ".join(f"{name} AS ({part})" for name, part in parts.items())
    used = sorted({table for table in place_of.values()})
    joins = " ".join(f"LEFT JOIN {name} ON {name}.i = c.i" for name in used)
    return f"{'WITH ' + tables if tables else ''} SELECT {chosen} FROM contacts AS c {joins}"


def by_source(traits: Iterable[Trait], wanted: Needs) -> dict[Source, list[Trait]]:
    """The traits computed from events, by the rows that they range over."""
    found: dict[Source, list[Trait]] = {}
    for trait in traits:
        if trait.event is not None and trait.kind != "net":
            found.setdefault(source_of(trait, wanted), []).append(trait)
    return found


def add_source(source: Source, traits: list[Trait], wanted: Needs, parts: dict[str, str],
               place_of: dict[str, str]) -> None:  # fmt: skip
    """Adds the subqueries over one source to `parts`, and to `place_of` the one that holds each
    trait."""
    base = f"s{len(parts)}"
    chosen = [(trait, plain(trait, wanted)) for trait in traits if trait.kind in PLAIN]
    latest = [trait for trait in traits if trait.kind in LATEST]
    ends = sorted({extreme(trait, wanted) for trait in latest})
    aggregates = [f"{sql} AS {quoted(trait.name)}" for trait, sql in chosen]
    aggregates += [f"{sql} AS end_{index}" for index, sql in enumerate(ends)]
    if aggregates:
        rows = source.rows()
        if any(trait.kind == "score" for trait in traits):
            join = f" AS e LEFT JOIN weights AS w ON w.day = e.age // {DAY} WHERE"
            rows = rows.replace(" AS e WHERE", join, 1)
        parts[base] = f"SELECT e.i AS i, {', '.join(aggregates)} {rows} GROUP BY e.i"
        place_of |= {trait.name: base for trait, _ in chosen}
    if latest:
        add_latest(source, latest, ends, wanted, parts, place_of, base)
    grouped = [trait for trait in traits if trait.kind in GROUPED]
    for value in sorted({column(trait, wanted) for trait in grouped}):
        same = [trait for trait in grouped if column(trait, wanted) == value]
        add_grouped(source, value, same, wanted, parts, place_of)


def add_latest(source: Source, traits: list[Trait], ends: list[str], wanted: Needs,
               parts: dict[str, str], place_of: dict[str, str], base: str) -> None:  # fmt: skip
    """Adds first, last and near: `base` knows the age of the row in question; few rows have it,
    and among those the key decides."""
    name = f"l{len(parts)}"
    chosen = ", ".join(
        f"{at_extreme(trait, wanted, f'b.end_{ends.index(extreme(trait, wanted))}')}"
        f" AS {quoted(trait.name)}"
        for trait in traits
    )
    any_end = " OR ".join(f"e.age = b.end_{index}" for index in range(len(ends)))
    rows = source.rows().replace(" AS e WHERE", f" AS e JOIN {base} AS b ON b.i = e.i WHERE", 1)
    parts[name] = f"SELECT e.i AS i, {chosen} {rows} AND ({any_end}) GROUP BY e.i"
    place_of |= {trait.name: name for trait in traits}


def add_grouped(source: Source, value: str, traits: list[Trait], wanted: Needs,
                parts: dict[str, str], place_of: dict[str, str]) -> None:  # fmt: skip
    """Adds most_frequent and distinct: rows counted by value, then the values by contact. Of
    equally frequent values the smallest wins."""
    groups, tops, name = f"g{len(parts)}", f"t{len(parts)}", f"d{len(parts)}"
    counts = ", ".join(
        f"COUNT(CASE WHEN {inside(trait, wanted)} THEN 1 END) AS n{index}"
        for index, trait in enumerate(traits)
    )
    parts[groups] = (
        f"SELECT i, {value} AS v, {counts} {source.rows()} AND {value} IS NOT NULL "
        f"GROUP BY i, {value}"
    )
    maxima = ", ".join(f"MAX(n{index}) AS m{index}" for index in range(len(traits)))
    parts[tops] = f"SELECT i, {maxima} FROM {groups} GROUP BY i"
    chosen = ", ".join(
        (
            f"COUNT(CASE WHEN n{index} > 0 THEN 1 END)"
            if trait.kind == "distinct"
            else f"MIN(CASE WHEN n{index} = m{index} AND m{index} > 0 THEN v END)"
        )
        + f" AS {quoted(trait.name)}"
        for index, trait in enumerate(traits)
    )
    parts[name] = f"SELECT g.i AS i, {chosen} FROM {groups} AS g JOIN {tops} AS t ON t.i = g.i GROUP BY g.i"
    place_of |= {trait.name: name for trait in traits}


def add_net(traits: list[Trait], wanted: Needs, parts: dict[str, str],
            place_of: dict[str, str]) -> None:  # fmt: skip
    """Adds net: the gross sum less each refund whose order counts for the trait, once."""
    for trait in traits:
        value, fits = column(trait, wanted), inside(trait, wanted)
        here = source_of(trait, wanted).rows()
        name = f"n{len(parts)}"
        refunded = source_of(trait.model_copy(update={"event": REFUND, "where": None}), wanted)
        parts[name] = (
            f"SELECT i, CAST(SUM(v) AS BIGINT) AS {quoted(trait.name)} FROM ("
            f"SELECT i, {value} AS v {here} AND {fits} UNION ALL "
            f"SELECT i, -{value} AS v {refunded.rows()} AND (i, \"order\") IN "
            f"(SELECT (i, \"order\") {here} AND {fits})) GROUP BY i"
        )
        place_of[trait.name] = name


def final(trait: Trait, place_of: dict[str, str]) -> str:
    """The trait's column of the result."""
    name = quoted(trait.name)
    if trait.event is None:
        return f"{from_attributes(trait)} AS {name}"
    value = f"{place_of[trait.name]}.{name}"
    empty = EMPTY.get(trait.kind)
    return f"COALESCE({value}, {empty}) AS {name}" if empty else f"{value} AS {name}"


def from_attributes(trait: Trait) -> str:
    """A trait that is an attribute, or a place near one."""
    if trait.kind != "near":
        return from_json("c.attributes", trait.prop or trait.name, trait.type)
    point = (from_json("c.attributes", name, "integer") for name in ("latitude", "longitude"))
    return f"COALESCE({within(*point, place(trait))}, FALSE)"


def make_weights(engine: Engine, half_lives: Iterable[Micros]) -> None:
    """Table weights(day, one column a half-life); 0 from where a table ends."""
    tables = {f"w{one}": weights(one) for one in sorted(set(half_lives))}
    if not tables:
        return
    longest = max(len(table) for table in tables.values())
    columns = {
        name: np.array(table + (0,) * (longest - len(table)), dtype=np.int64)
        for name, table in tables.items()
    }
    engine.table("weights", {"day": np.arange(longest, dtype=np.int64), **columns})
