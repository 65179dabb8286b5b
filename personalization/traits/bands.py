"""Which of the rows that leave a window next turn a rule: the others pass unseen.

An order that grows too old for a window changes a count of orders, but a segment `orders >= 12`
minds only when eleven are left. To know that of every row to come would need them all in order; so
only the rows that leave soon, a window's *band*, are put in order, and the first row beyond it is
a moment to look again, whatever it changes. Deciding a contact costs far more than this.
"""

from collections.abc import Iterator, Mapping, Sequence

from personalization.engine import literal
from personalization.models import DAY, Micros
from personalization.playbook.model import Trait
from personalization.traits.compile import Source, column, inside
from personalization.traits.needs import Needs
from personalization.traits.properties import quoted
from personalization.traits.thresholds import Turns

EXACT = ("count", "sum", "distinct")
"""Kinds whose value the rows that leave tell."""
ALL = "FROM ev AS e WHERE TRUE"
"""The rows of every kind."""


def in_bands(trait: Trait, turns: Turns | None) -> bool:
    """Whether the rows of the band tell when a trait next passes a turn."""
    return bool(turns) and trait.kind in EXACT


def of_kind(trait: Trait) -> str:
    """The condition on a row to be of the trait's kind."""
    return f"kind = {literal(trait.event or '')}"


def width(trait: Trait) -> tuple[Micros, Micros]:
    """The ages at which a trait's band begins and ends."""
    whole = trait.window.micros if trait.window and trait.window.micros else 0
    return whole - min(whole // 8, 8 * DAY), whole


def far(trait: Trait) -> str:
    """The condition on a row to lie before the band."""
    return f"age < {width(trait)[0]}"


def near(trait: Trait) -> str:
    """The condition on a row to lie in the band."""
    return f"age >= {width(trait)[0]} AND age < {width(trait)[1]}"


def flips(
    sources: Mapping[Source, Sequence[Trait]], turns: Mapping[str, Turns | None], wanted: Needs
) -> Iterator[str]:
    """Queries of i and moment: when rows of the bands turn a rule. `turns` are those of each
    trait that rules compare; None where every change counts."""
    rows, plain = list[str](), list[tuple[str, Trait]]()
    traits = list[Trait]()
    for source, members in sources.items():
        timed = [one for one in members if one.window and one.window.micros]
        for one in timed:
            if one.kind == "most_frequent":
                yield overtaken(source, one, wanted)
            if not in_bands(one, turns.get(one.name)):
                continue
            name = f"_{len(traits)}"
            traits.append(one)
            if one.kind == "distinct":
                rows.append(values_lost(source, one, wanted, name))
            elif source.lines or source.through:
                rows.append(leavers([(name, one)], source.rows(), wanted))
            else:
                plain.append((name, one))
    if plain:
        # One pass over all events, whatever their kind: each pass costs a small batch dearly.
        rows.append(leavers(plain, ALL, wanted))
    if traits:
        yield turned(" UNION ALL BY NAME ".join(f"({one})" for one in rows), traits, turns)


def leavers(members: Sequence[tuple[str, Trait]], rows: str, wanted: Needs) -> str:
    """The rows of some traits' bands: i, age, and for each trait what they take along, x_n; NULL
    where the row does not count for it."""
    chosen = list[str]()
    for name, one in members:
        value = column(one, wanted) if one.prop else "1"
        counted = f"CASE WHEN {value} IS NULL THEN 0 ELSE 1 END"
        taken = counted if one.kind == "count" else f"COALESCE({value}, 0)"
        band = (of_kind(one), near(one)) if rows == ALL else (near(one),)
        chosen.append(f"CASE WHEN {inside(one, wanted, *band)} THEN {taken} END AS x{name}")
    # Ages first and alone: nearly all rows fail there, and to compare them with each kind and
    # age costs ten times as much.
    bands = " OR ".join(sorted({f"({near(one)})" for _, one in members}))
    known = f"COALESCE({', '.join(f'x{name}' for name, _ in members)}) IS NOT NULL"
    return (f"SELECT * FROM (SELECT e.i AS i, age, {', '.join(chosen)} {rows} AND ({bands})) "
            f"WHERE {known}")  # fmt: skip


def values_lost(source: Source, trait: Trait, wanted: Needs, name: str) -> str:
    """The same of a trait that counts distinct values: each is lost with its newest row."""
    value, fits = column(trait, wanted), inside(trait, wanted)
    return (f"SELECT e.i AS i, MIN(age) AS age, 1 AS x{name} {source.rows()} AND {value} IS NOT NULL "
            f"AND {fits} GROUP BY e.i, {value} HAVING MIN(age) >= {width(trait)[0]}")  # fmt: skip


def turned(rows: str, traits: Sequence[Trait], turns: Mapping[str, Turns | None]) -> str:
    """When the first of some rows leaves with which a trait passes one of its turns. Rows of one
    moment leave together."""
    moments, gone = list[str](), list[str]()
    for n, one in enumerate(traits):
        now = f"t.{quoted(one.name)}"
        gone.append(f"SUM(x_{n}) OVER w AS gone_{n}")
        passed = " OR ".join(
            f"({now} {turn.operator} {turn.number}) <> "
            f"({now} - b.gone_{n} {turn.operator} {turn.number})"
            for turn in sorted(turns[one.name] or ())
        )
        moments.append(f"MIN(CASE WHEN b.x_{n} IS NOT NULL AND ({passed}) "
                       f"THEN {width(one)[1]} - b.age END)")  # fmt: skip
    first = f"LEAST({', '.join(moments)})" if len(moments) > 1 else moments[0]
    return (
        f"SELECT b.i AS i, MIN(c.now) + {first} AS moment FROM (SELECT *, {', '.join(gone)} "
        f"FROM ({rows}) WINDOW w AS (PARTITION BY i ORDER BY age DESC)) AS b "
        "JOIN traits AS t ON t.i = b.i JOIN people AS c ON c.i = b.i GROUP BY b.i"
    )


def overtaken(source: Source, trait: Trait, wanted: Needs) -> str:
    """When a most frequent value may lose its lead: not before it has lost as many rows as it is
    ahead of the next, because time takes from the others too and gives to none."""
    value, fits = column(trait, wanted), inside(trait, wanted)
    best = f"(SELECT i, {quoted(trait.name)} AS best_value FROM traits)"
    join = f" AS e JOIN {best} AS t ON t.i = e.i WHERE"
    rows = source.rows().replace(" AS e WHERE", join, 1)
    old = (f"SELECT e.i AS i, age, ROW_NUMBER() OVER (PARTITION BY e.i ORDER BY age DESC) AS nth "
           f"{rows} AND {value} = t.best_value AND {inside(trait, wanted, near(trait))}")  # fmt: skip
    counts = (f"SELECT e.i AS i, {value} = t.best_value AS leads, COUNT(*) AS times {rows} "
              f"AND e.i IN (SELECT i FROM old) AND {value} IS NOT NULL AND {fits} "
              f"GROUP BY e.i, {value}, t.best_value")  # fmt: skip
    return (
        f"SELECT i, moment FROM (WITH old AS ({old}), counts AS ({counts}), ahead AS ("
        "SELECT i, GREATEST(1, MAX(CASE WHEN leads THEN times END) "
        "- COALESCE(MAX(CASE WHEN NOT leads THEN times END), 0)) AS lead FROM counts GROUP BY i) "
        f"SELECT o.i AS i, MIN(c.now + {width(trait)[1]} - o.age) AS moment FROM old AS o "
        "JOIN ahead AS a ON a.i = o.i JOIN people AS c ON c.i = o.i WHERE o.nth >= a.lead GROUP BY o.i)"
    )
