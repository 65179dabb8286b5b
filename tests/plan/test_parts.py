"""A plan that many processes make, in any order, some of them killed, is the plan of one process."""

import json
from pathlib import Path

import numpy as np

from personalization.alias import email_alias
from personalization.models import DAY, HOUR, MINUTE
from personalization.plan.moments import all_due
from personalization.plan.parts import (
    Begun,
    drop_notes,
    gathered,
    keep_begun,
    keep_group,
    kept_begun,
    plain,
    take_group,
    tally_of,
    together,
)
from personalization.plan.report import PlanReport
from personalization.plan.run import begin_plan, finish_plan, plan_group
from personalization.plan.session import session
from personalization.plan.tally import Tally
from personalization.plan.tick import take_in
from personalization.render import Overlong
from personalization.store.protocol import Scope
from tests.plan.corner import NOW, Corner, email, event, opened


def ready(corner: Corner) -> Corner:
    corner.happened(NOW, event("order", 99, NOW - DAY), event("cart", 3, NOW - 2 * HOUR))
    corner.pull()
    return corner


def rows(corner: Corner, plan: str) -> list[tuple[object, ...]]:
    found = corner.store.outbox(plan=plan)
    return sorted((row.contact, row.kind, str(row.old), str(row.new), row.key) for row in found)


def begun(corner: Corner, now: int, events: int = 8) -> Begun:
    """A plan that is begun, in groups of about so many events."""
    shop = corner.shop(now)
    with session(shop.store, shop.engines, shop.playbook, now) as run:
        part = begin_plan(run, shop.destination(), now, events=events)
        with shop.store.record(now) as recorder:
            keep_begun(shop.store, recorder, shop.destination(), part)
    assert kept_begun(shop.store, shop.destination(), part.plan) == part
    return part


def grouped(corner: Corner, part: Begun, scope: Scope, now: int, killed: bool = False) -> None:
    """One group's part, by the clock; its maker may be killed before it can tell."""
    shop = corner.shop(now)
    store, outlet = shop.store, shop.destination()
    tally = take_group(store, outlet, part, scope)
    with session(
        store, shop.engines, shop.playbook, part.now, part.facts, part.catalogue
    ) as run:  # fmt: skip
        plan_group(run, outlet, part, scope, tally, clock=lambda: now)
    if not killed:
        keep_group(store, outlet, part, scope, tally)
        assert take_group(store, outlet, part, scope) is None


def finished(corner: Corner, part: Begun, now: int) -> PlanReport:
    """The last part."""
    shop = corner.shop(now)
    store, outlet = shop.store, shop.destination()
    tally = gathered(store, outlet, part)
    assert tally is not None
    with session(
        store, shop.engines, shop.playbook, part.now, part.facts, part.catalogue
    ) as run:  # fmt: skip
        report = finish_plan(run, outlet, part, tally, attended=False, at=now)
    with store.record(now) as recorder:
        drop_notes(store, recorder, outlet, part.groups)
    return report


def in_parts(corner: Corner) -> str:
    """Made by many; the last group's maker is killed before it could tell, and comes again when
    all others are done: it takes back its own rows and nobody else's."""
    part = begun(corner, NOW, events=1)
    assert len(part.groups) > 3
    *others, last = part.groups
    grouped(corner, part, last, NOW, killed=True)
    for scope in (*reversed(others), last):
        assert gathered(corner.store, corner.destination, part) is None
        grouped(corner, part, scope, NOW)
    finished(corner, part, NOW)
    assert kept_begun(corner.store, corner.destination, part.plan) is None  # nobody adds to it
    return part.plan


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


def in_one(corner: Corner, part: Begun, now: int) -> None:
    for scope in part.groups:
        grouped(corner, part, scope, now)


def test_a_decision_that_stands_is_told_by_a_plan_in_parts_too(
    corner: Corner, tmp_path: Path
) -> None:  # fmt: skip
    def standing(one: Corner) -> None:
        ready(one).plan(NOW)
        one.happened(NOW, *(event("order", n, NOW - HOUR, k) for n in (3, 4) for k in (1, 2)))

    standing(corner)
    whole = corner.plan(NOW)
    assert whole.kept
    (tmp_path / "parts").mkdir()
    with opened(tmp_path / "parts") as other:
        standing(other)
        part = begun(other, NOW)
        in_one(other, part, NOW)
        assert finished(other, part, NOW).kept == whole.kept


def test_tallies_together_are_the_tally_of_one() -> None:
    def counted(tally: Tally, n: int) -> None:
        tally.contacts += n
        tally.stages["regulars"] += n
        tally.field_changes({"HEADLINE": "a"}, {"HEADLINE": f"b{n}"})
        tally.fell_back("HEADLINE", {"empty": n}, Overlong(longest=300 - n, most=255))
        tally.fell_back("PICK1", {"empty": 1}, None)
        tally.stood("hero", "thanks", "loved", np.array([90 - n, 40]))

    whole, parts = Tally(), []
    for n in (1, 2, 3):
        counted(whole, n)
        parts.append(Tally())
        counted(parts[-1], n)
    again = [tally_of(json.loads(json.dumps(plain(one)))) for one in parts]
    assert again == parts
    assert together(again) == whole
    empty = {name for name, value in vars(whole).items() if not value}
    assert not empty & {"kept", "kept_until", "reasons", "overlong", "examples"}


def test_who_is_decided_while_a_plan_is_made_is_decided_no_earlier_again(corner: Corner) -> None:
    corner.settled()
    began, minute = NOW + DAY, NOW + DAY + 2 * MINUTE
    part = begun(corner, began)
    corner.webhook(minute, *(event("order", 3, began + MINUTE + k, k) for k in range(3)))
    assert corner.tick(minute).applied.sends == 1
    shown, tagged = corner.shows(3), corner.tagged("Regulars")
    assert shown["ORDERS"] == "4"
    in_one(corner, part, minute + MINUTE)
    corner.apply(finished(corner, part, minute + MINUTE).id, minute + MINUTE)
    for later in range(2, 5):
        corner.tick(minute + later * MINUTE)
    assert (corner.shows(3), corner.tagged("Regulars")) == (shown, tagged)
    assert len([one for one in corner.sent() if one.startswith("welcome")]) == 1


def test_news_that_come_while_a_plan_is_made_are_still_the_next_ticks(corner: Corner) -> None:
    corner.settled()
    began, later = NOW + DAY, NOW + DAY + 5 * MINUTE
    part = begun(corner, began)
    corner.webhook(began + MINUTE, *(event("order", 3, began + MINUTE, k) for k in range(3)))
    shop = corner.shop(began + MINUTE)
    take_in(shop.store, began + MINUTE)
    waits = all_due(corner.store, later)
    assert waits
    in_one(corner, part, later)
    assert set(waits) <= set(all_due(corner.store, later))
    corner.apply(finished(corner, part, later).id, later)
    corner.tick(later)
    assert corner.shows(3)["ORDERS"] == "4"
    assert len([one for one in corner.sent() if one.startswith("welcome")]) == 1


def test_an_order_that_comes_while_a_plan_is_made_ends_its_cart(corner: Corner) -> None:
    corner.settled()
    began = NOW + DAY
    corner.happened(began - HOUR, event("cart", 4, began - HOUR - MINUTE))
    part = begun(corner, began)
    in_one(corner, part, began + MINUTE)
    corner.happened(began + HOUR, event("order", 4, began + HOUR))
    report = finished(corner, part, began + 2 * HOUR)
    (row,) = corner.store.outbox(plan=report.id, kinds=("send",))
    assert (report.sends, row.state) == ({}, "refused")


def test_notes_hold_nobodys_texts_who_was_erased_or_whose_plan_is_made(corner: Corner) -> None:
    corner.text = corner.text.replace('"Thank you"', '"Thank you, {{ name }}"')
    part = begun(ready(corner), NOW)

    def notes() -> str:
        found = corner.store._connection.execute("SELECT value FROM setting").fetchall()
        return str([value for (value,) in found if "Ann" in value])

    def forget(n: int) -> None:
        contact = corner.store.contact_of(email_alias(email(n)))
        with corner.store.record(NOW + 1) as recorder:
            recorder.forget(contact)

    *most, last = part.groups
    assert most
    for scope in most:
        grouped(corner, part, scope, NOW)
    assert "Ann" in notes()
    forget(5)
    assert "Ann" not in notes()
    grouped(corner, part, last, NOW)  # decided before or after: its examples are left out
    assert "Ann" not in notes()
    finished(corner, part, NOW)
    assert "Ann" not in corner.store.plan(part.plan)[1]
    part = begun(corner, NOW + DAY)
    in_one(corner, part, NOW + DAY)
    assert "Ann" in notes()
    begun(corner, NOW + 2 * DAY)  # that one was never finished
    assert "Ann" not in notes()
