"""The one definition: contact rows in, traits, segments, decisions and rendered fields out.

One id or ten million, a webhook or a night, it is this function over the tables that
`Store.load` put into the engine. It is pure: it reads no clock, no setting and no store, and
writes only temporary tables of its own session.
"""

from collections.abc import Iterable
from hashlib import blake2b

import numpy as np

from personalization.decide import members
from personalization.decide.looks import next_looks
from personalization.decide.output import Decided
from personalization.decide.show import Catalogue, show
from personalization.decide.slots import choose
from personalization.decide.triggers import fire
from personalization.engine import Engine
from personalization.facts import CURRENCIES, Facts
from personalization.models import Columns
from personalization.playbook.model import Playbook
from personalization.render import Renderer
from personalization.traits.compute import compute
from personalization.traits.prepare import prepare
from personalization.traits.segments import segments as compute_segments

TREATED, HOLDOUT = "treated", "holdout"


def decide(
    engine: Engine,
    playbook: Playbook,
    facts: Facts,
    goods: Catalogue,
    renderer: Renderer,
    waiting: Iterable[tuple[str, str]] = (),
) -> Decided:
    """Decides for every contact in the session. `waiting` are due rows that fire: (contact,
    key). Raises Stop where the rows contradict the playbook (currencies)."""
    if playbook.triggers:
        keep_waiting(engine, waiting)
    prepare(engine, playbook, facts.tables.get(CURRENCIES, {}))
    compute(engine, playbook)
    compute_segments(engine, playbook)
    people = engine.columns("SELECT id, now, arm, zone FROM contacts ORDER BY i")
    now, ids = np.asarray(people["now"], dtype=np.int64), people["id"].tolist()
    arms, assigned = assign(people, playbook.limits.holdout)
    treated = np.array([arm == TREATED for arm in arms], dtype=bool)
    found = engine.columns("SELECT * EXCLUDE (i) FROM segments ORDER BY i")
    held = {name: np.asarray(found[name], dtype=bool) for name in playbook.segments}
    traits = engine.columns("SELECT * EXCLUDE (i) FROM traits ORDER BY i")
    chosen = {
        slot.name: choose(engine, playbook, slot, facts, goods, held, treated, now, ids)
        for slot in playbook.slots.values()
    }
    stage = found["stage"].tolist()
    columns = {**traits, **held, "stage": stage}
    rendered = show(renderer, goods, columns, chosen, treated)
    intents, looks = fire(engine, playbook, held, treated)
    memberships, moved = members.rows(members.before(engine), held, now)
    return Decided(
        contacts=ids, now=now, arms=arms, assigned=assigned,
        zones=people["zone"].tolist(), traits=traits, segments=held, stage=stage,
        memberships=memberships, moved=moved, slots=chosen, fields=rendered.values,
        fallbacks=rendered.fallbacks, reasons=rendered.reasons, overlong=rendered.overlong,
        intents=intents,
        looks=[*looks, *next_looks(engine, playbook, ids, now, chosen)],
    )  # fmt: skip


def keep_waiting(engine: Engine, waiting: Iterable[tuple[str, str]]) -> None:
    """The due rows at hand, as the table `waiting(contact, key)`."""
    rows = list(waiting)
    engine.table(
        "waiting",
        {
            "contact": np.array([contact for contact, _ in rows], dtype=object),
            "key": np.array([key for _, key in rows], dtype=object),
        },
        {"contact": "VARCHAR", "key": "VARCHAR"},
    )


def assign(people: Columns, holdout: int) -> tuple[list[str], np.ndarray]:
    """Each contact's arm, and which are assigned now. The arm is a stable hash of the id and is
    kept from first assignment, so another share later moves nobody. `holdout` in parts per
    million."""
    known = people["arm"].tolist()
    assigned = np.array([arm is None for arm in known], dtype=bool)
    ids = people["id"].tolist()
    arms = [arm or draw_arm(one, holdout) for one, arm in zip(ids, known, strict=True)]
    return arms, assigned


def draw_arm(contact: str, holdout: int) -> str:
    """The arm that an id falls into."""
    drawn = int.from_bytes(blake2b(f"arm|{contact}".encode(), digest_size=8).digest())
    return HOLDOUT if drawn % 1_000_000 < holdout else TREATED
