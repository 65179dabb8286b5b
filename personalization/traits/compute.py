"""Table `traits`: one row a contact, one column a trait, computed in one statement."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from personalization.engine import Engine
from personalization.models import Micros
from personalization.playbook.model import Playbook, Trait
from personalization.traits.compile import EMPTY, Source, half_life, place, source_of
from personalization.traits.near import within
from personalization.traits.needs import Needs, needs
from personalization.traits.parts import Part, parts_of
from personalization.traits.properties import from_json, quoted
from personalization.traits.weights import weights


def compute(engine: Engine, playbook: Playbook) -> None:
    """Makes traits(i, one column a trait), a row for every contact, from the tables that
    `prepare` made. What is empty is said at `playbook.model.Trait`."""
    traits = list(playbook.traits.values())
    make_weights(engine, (half_life(trait) for trait in traits if trait.kind == "score"))
    engine.run(f"CREATE OR REPLACE TEMP TABLE traits AS {statement(traits, needs(playbook))}")


def statement(traits: Sequence[Trait], wanted: Needs) -> str:
    """The whole SELECT."""
    parts = [
        part
        for number, (source, members) in enumerate(by_source(traits, wanted).items())
        for part in parts_of(source, members, wanted, number)
    ]
    given = {name: sql for part in parts for name, sql in part.gives.items()}
    columns = ", ".join(["c.i AS i", *(final(trait, given) for trait in traits)])
    return f"{with_parts(parts)} SELECT {columns} FROM {points(traits)} AS c {joined(parts)}"


def with_parts(parts: Sequence[Part]) -> str:
    """The WITH clause."""
    tables = ", ".join(f"{part.name} AS ({part.sql})" for part in parts)
    return f"WITH {tables}" if tables else ""


def joined(parts: Sequence[Part]) -> str:
    """The joins to contacts `c` of those subqueries that give something."""
    return " ".join(f"LEFT JOIN {p.name} ON {p.name}.i = c.i" for p in parts if p.gives)


def by_source(traits: Iterable[Trait], wanted: Needs) -> dict[Source, list[Trait]]:
    """The traits computed from events, by the rows that they range over."""
    found: dict[Source, list[Trait]] = {}
    for trait in traits:
        if trait.event is not None:
            found.setdefault(source_of(trait, wanted), []).append(trait)
    return found


def points(traits: Iterable[Trait]) -> str:
    """Contacts, with where they live as integers where a trait asks how near that is."""
    if not any(trait.kind == "near" and trait.event is None for trait in traits):
        return "contacts"
    latitude, longitude = (
        f"{from_json('attributes', name, 'integer')} AS {name}"
        for name in ("latitude", "longitude")
    )
    return f"(SELECT i, attributes, {latitude}, {longitude} FROM contacts)"


def final(trait: Trait, given: Mapping[str, str]) -> str:
    """The trait's column of the result."""
    if trait.event is not None:
        value = given[trait.name]
        if trait.kind == "net":
            gross = given[f"gross of {trait.name}"]
            value = f"COALESCE({gross}, 0) - COALESCE({value}, 0)"
    elif trait.kind == "near":
        value = within("c.latitude", "c.longitude", place(trait))
    else:
        value = from_json("c.attributes", trait.prop or trait.name, trait.type)
    if trait.kind in EMPTY:
        value = f"COALESCE({value}, {EMPTY[trait.kind]})"
    return f"{value} AS {quoted(trait.name)}"


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
