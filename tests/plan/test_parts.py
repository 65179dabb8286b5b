"""A plan that many processes make, in any order, some of them killed, is the plan of one process."""

from pathlib import Path

from personalization.models import DAY, HOUR
from personalization.plan.parts import (
    gathered,
    keep_begun,
    keep_group,
    kept_begun,
    take_group,
)
from personalization.plan.run import begin_plan, finish_plan, plan_group
from personalization.plan.session import session
from tests.plan.corner import NOW, Corner, event, opened


def ready(corner: Corner) -> Corner:
    corner.happened(NOW, event("order", 99, NOW - DAY), event("cart", 3, NOW - 2 * HOUR))
    corner.pull()
    return corner


def rows(corner: Corner, plan: str) -> list[tuple[object, ...]]:
    found = corner.store.outbox(plan=plan)
    return sorted((row.contact, row.kind, str(row.old), str(row.new), row.key) for row in found)


def in_parts(corner: Corner) -> str:
    """Made by many; the first group's maker is killed before it could tell, and comes again."""
    shop = corner.shop(NOW)
    store, outlet = shop.store, shop.destination()
    with session(store, shop.engines, shop.playbook, NOW) as run:
        begun = begin_plan(run, outlet, NOW, events=1)
        with store.record(NOW) as recorder:
            keep_begun(recorder, outlet, begun)
    assert len(begun.groups) > 3
    part = kept_begun(store, outlet, begun.plan)
    assert part == begun
    for number, scope in enumerate([begun.groups[-1], *reversed(begun.groups)]):
        assert gathered(store, outlet, part) is None
        tally = take_group(store, outlet, part, scope)
        with session(store, shop.engines, shop.playbook, NOW, part.facts, part.catalogue) as run:
            plan_group(run, outlet, part, scope, tally)
        if number:
            keep_group(store, outlet, part, scope, tally)
            assert take_group(store, outlet, part, scope) is None
    with session(store, shop.engines, shop.playbook, NOW, part.facts, part.catalogue) as run:
        finish_plan(run, outlet, part, gathered(store, outlet, part), attended=False)
    assert kept_begun(store, outlet, begun.plan) is None  # nobody adds to it any more
    return begun.plan


def test_a_plan_made_in_parts_is_the_plan_made_whole(corner: Corner, tmp_path: Path) -> None:
    whole = ready(corner).plan()
    (tmp_path / "parts").mkdir()
    with opened(tmp_path / "parts") as other:
        made = in_parts(ready(other))
        assert rows(other, made) == rows(corner, whole.id)
        told = other.store.plan(made)
        assert told[0] == "ready"
        said = type(whole).model_validate_json(told[1])
        first = {"seen": 0, "parked": (), "decisions": 0}
        assert said.model_copy(update=first) == whole.model_copy(update=first)
