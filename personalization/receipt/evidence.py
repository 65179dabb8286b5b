"""The events behind a trait's value, by their keys."""

from collections.abc import Mapping
from dataclasses import replace

from personalization.engine import Engine
from personalization.playbook.model import Playbook
from personalization.traits.compile import inside, source_of
from personalization.traits.local import add_local_time
from personalization.traits.needs import needs
from personalization.traits.prepare import make_events, make_lines


def evidence(engine: Engine, playbook: Playbook) -> Mapping[str, tuple[str, ...]]:
    """The keys of the events that count for each trait of the session's one contact, newest
    first. Deciding leaves keys out where no trait reads them, so the rows are read once more."""
    wanted = needs(playbook)
    wanted = replace(wanted, keyed=wanted.kinds, line_keys=True)
    make_events(engine, playbook, wanted)
    if wanted.local:
        add_local_time(engine)
    make_lines(engine, playbook, wanted)
    found = {}
    for trait in playbook.traits.values():
        if trait.event is not None:
            rows = engine.rows(
                f"SELECT DISTINCT e.age, e.key {source_of(trait, wanted).rows()} "
                f"AND {inside(trait, wanted)} ORDER BY e.age, e.key DESC"
            )
            found[trait.name] = tuple(str(key) for _, key in rows)
    return found
