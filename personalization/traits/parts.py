"""The subqueries that traits are computed by, each over one kind of rows and grouped by contact.

Their columns have names of our own (c0, end_0), so that no trait's name can be mistaken for a
property's.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from personalization.engine import literal
from personalization.errors import Stop
from personalization.models import DAY
from personalization.playbook.model import Trait
from personalization.traits.compile import (
    GROUPED,
    PLAIN,
    Source,
    at_extreme,
    column,
    extreme,
    inside,
    place,
    plain,
)
from personalization.traits.near import within
from personalization.traits.needs import LATEST, REFUND, Needs


@dataclass(frozen=True)
class Part:
    """A named subquery with a column `i`, and the SQL of each trait that it gives, by name."""

    name: str
    sql: str
    gives: Mapping[str, str]


def parts_of(source: Source, traits: Sequence[Trait], wanted: Needs, number: int) -> Iterator[Part]:
    """The subqueries over one source; one that reads another comes after it."""
    latest = [trait for trait in traits if trait.kind in LATEST]
    ends = sorted({extreme(trait, wanted) for trait in latest})
    one_pass = [trait for trait in traits if trait.kind in PLAIN]
    if one_pass or ends:
        yield single_pass(source, one_pass, ends, wanted, f"s{number}")
    if latest:
        yield latest_rows(source, latest, ends, wanted, number)
    grouped = [trait for trait in traits if trait.kind in GROUPED]
    for index, value in enumerate(sorted({column(trait, wanted) for trait in grouped})):
        same = [trait for trait in grouped if column(trait, wanted) == value]
        yield from by_value(source, value, same, wanted, f"{number}_{index}")
    net = [trait for trait in traits if trait.kind == "net"]
    for index, value in enumerate(sorted({column(trait, wanted) for trait in net})):
        same = [trait for trait in net if column(trait, wanted) == value]
        yield refunded(source, value, same, wanted, f"n{number}_{index}")


def single_pass(source: Source, traits: Sequence[Trait], ends: Sequence[str], wanted: Needs,
                name: str) -> Part:  # fmt: skip
    """All simple aggregates at once, and the ages (end_0, ...) that `latest_rows` looks for."""
    aggregates = [f"{plain(trait, wanted)} AS c{index}" for index, trait in enumerate(traits)]
    aggregates += [f"{sql} AS end_{index}" for index, sql in enumerate(ends)]
    rows = source.rows()
    if any(trait.kind == "score" for trait in traits):
        join = f" AS e LEFT JOIN weights AS w ON w.day = e.age // {DAY} WHERE"
        rows = rows.replace(" AS e WHERE", join, 1)
    gives = {
        trait.name: f"{name}.c{index}" for index, trait in enumerate(traits) if trait.kind != "net"
    }
    gross = {f"gross of {t.name}": f"{name}.c{k}" for k, t in enumerate(traits) if t.kind == "net"}
    sql = f"SELECT e.i AS i, {', '.join(aggregates)} {rows} GROUP BY e.i"
    return Part(name, sql, gives | gross)


def latest_rows(source: Source, traits: Sequence[Trait], ends: Sequence[str], wanted: Needs,
                number: int) -> Part:  # fmt: skip
    """first, last and near: the single pass knows the age of the row in question; few rows have
    it, and among those the key decides."""
    name, columns, gives = f"l{number}", list[str](), dict[str, str]()
    for index, trait in enumerate(traits):
        age = f"b.end_{ends.index(extreme(trait, wanted))}"
        values = at_extreme(trait, wanted, age)
        columns += [f"{sql} AS c{index}_{which}" for which, sql in enumerate(values)]
        found = [f"{name}.c{index}_{which}" for which in range(len(values))]
        near = trait.kind == "near"
        gives[trait.name] = within(found[0], found[1], place(trait)) if near else found[0]
    any_end = " OR ".join(f"e.age = b.end_{index}" for index in range(len(ends)))
    join = f" AS e JOIN s{number} AS b ON b.i = e.i WHERE"
    rows = source.rows().replace(" AS e WHERE", join, 1)
    sql = f"SELECT e.i AS i, {', '.join(columns)} {rows} AND ({any_end}) GROUP BY e.i"
    return Part(name, sql, gives)


def by_value(source: Source, value: str, traits: Sequence[Trait], wanted: Needs,
             suffix: str) -> Iterator[Part]:  # fmt: skip
    """most_frequent and distinct: rows counted by value, then the values by contact. Of equally
    frequent values the smallest wins."""
    groups, tops, name = f"g{suffix}", f"t{suffix}", f"d{suffix}"
    counts = ", ".join(
        f"COUNT(CASE WHEN {inside(trait, wanted)} THEN 1 END) AS n{index}"
        for index, trait in enumerate(traits)
    )
    yield Part(groups, f"SELECT e.i AS i, {value} AS v, {counts} {source.rows()} "
               f"AND {value} IS NOT NULL GROUP BY e.i, {value}", {})  # fmt: skip
    maxima = ", ".join(f"MAX(n{index}) AS m{index}" for index in range(len(traits)))
    yield Part(tops, f"SELECT i, {maxima} FROM {groups} GROUP BY i", {})
    chosen = ", ".join(
        f"COUNT(CASE WHEN n{index} > 0 THEN 1 END) AS c{index}"
        if trait.kind == "distinct"
        else f"MIN(CASE WHEN n{index} = m{index} AND n{index} > 0 THEN v END) AS c{index}"
        for index, trait in enumerate(traits)
    )
    sql = f"SELECT g.i AS i, {chosen} FROM {groups} AS g JOIN {tops} AS t ON t.i = g.i GROUP BY g.i"
    yield Part(name, sql, {trait.name: f"{name}.c{k}" for k, trait in enumerate(traits)})


def refunded(source: Source, value: str, traits: Sequence[Trait], wanted: Needs,
             name: str) -> Part:  # fmt: skip
    """What net takes off: each refund once, where an order of its id counts for the trait. A
    refund without its order waits, and then has the order's moment."""
    if source.lines:
        raise Stop(f"Trait {traits[0].name}: net needs an amount of the event, not of its lines.")
    flags = ", ".join(
        f"MAX(CASE WHEN {inside(trait, wanted)} THEN 1 ELSE 0 END) AS f{index}"
        for index, trait in enumerate(traits)
    )
    sums = ", ".join(
        f"CAST(SUM(CASE WHEN f{index} = 1 THEN v END) AS BIGINT) AS c{index}"
        for index in range(len(traits))
    )
    refunds = (
        f'SELECT i, "order" AS o, SUM({value}) AS v FROM ev WHERE kind = {literal(REFUND)} '
        'AND "order" IS NOT NULL GROUP BY i, "order"'
    )
    pairs = (
        f"SELECT r.i AS i, r.v AS v, {flags} FROM ({refunds}) AS r JOIN (SELECT * {source.rows()})"
        f' AS e ON e.i = r.i AND e."order" = r.o GROUP BY r.i, r.o, r.v'
    )
    gives = {trait.name: f"{name}.c{index}" for index, trait in enumerate(traits)}
    return Part(name, f"SELECT i, {sums} FROM ({pairs}) GROUP BY i", gives)
