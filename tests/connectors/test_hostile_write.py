"""What a hostile destination says of its writes: none, two or strange outcomes. Each send is made
once, fields end as planned, and the ledger of the real one behind it is the judge."""

import pytest

from personalization.connector import Outcome, Started
from personalization.errors import Stop
from personalization.models import HOUR
from tests.connectors.hostile import TEXTS, Hostile
from tests.plan.corner import NOW, event, opened

NAMES = {name: text[:60] for name, text in TEXTS.items()}


@pytest.fixture
def corner(tmp_path):
    with opened(tmp_path) as made:
        yield made


def other(one):
    """What contradicts an outcome."""
    return one.model_copy(update={"result": "refused" if one.result == "accepted" else "accepted"})


def again(one):
    return one.model_copy(update={"result": "again"})


def outcomes(told):
    return [one for one in told if isinstance(one, Outcome)]


SPOILT = {
    "nothing": lambda told: [],
    "a job for each and no more": lambda told: [Started(reference="") for _ in told],
    "every one twice": lambda told: [*told, *outcomes(told)],
    "accepted and to be tried again": lambda told: [*told, *map(again, outcomes(told))],
    "accepted and refused": lambda told: [*told, *map(other, outcomes(told))],
    "the first of each": lambda told: told[:1],
}


def planned(corner):
    """A plan that changes fields and tags and sends."""
    corner.happened(NOW + HOUR, *(event("order", n, NOW + k, k) for n in (4, 5) for k in (1, 2)))
    return corner.plan(NOW + HOUR)


def work(corner, plan):
    """Applies a plan until it is done."""
    for _ in range(6):
        if corner.apply(plan, NOW + HOUR).complete:
            return
    raise AssertionError("it is never done")


def end(corner):
    return {n: corner.shows(n) for n in range(10)}, corner.tagged("Regulars"), corner.sent()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    with opened(tmp_path_factory.mktemp("undisturbed")) as corner:
        corner.settled()
        work(corner, planned(corner))
        return end(corner)


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_whatever_is_said_the_end_is_the_same_and_each_send_is_made_once(
    corner, undisturbed, spoil
):
    corner.settled()
    plan = planned(corner)
    corner.destination = Hostile(corner.destination, spoil)
    work(corner, plan)
    assert end(corner) == undisturbed


def test_outcomes_of_rows_that_were_not_given_change_no_row_and_stop(corner, undisturbed):
    corner.settled()
    real, plan = corner.destination, planned(corner)
    strange = [Outcome(row=row, result=result) for row in (-1, 1, 2, 10**9)
               for result in ("refused", "again", "uncertain")]  # fmt: skip
    corner.destination = Hostile(real, lambda told: [*told, *strange, "what?", None])
    with pytest.raises(Stop, match=r"^mailchimp/main: it answered for \d+ rows that it was not"):
        work(corner, plan)
    corner.destination = real
    work(corner, plan)
    assert end(corner) == undisturbed


def test_a_write_that_breaks_midway_says_where_and_nothing_is_done_twice(corner, undisturbed):
    def breaks(told):
        yield from told[: len(told) // 2]
        raise KeyError("p4@example.com")

    corner.settled()
    real, plan = corner.destination, planned(corner)
    corner.destination = Hostile(real, breaks)
    with pytest.raises(Stop) as stopped:
        work(corner, plan)
    said = str(stopped.value)
    assert said.startswith("mailchimp/main: its connector failed while being written to (KeyError")
    assert "example.com" not in said
    corner.destination = real
    work(corner, plan)
    assert end(corner) == undisturbed


def test_people_of_every_spelling_get_their_fields_and_are_read_back(corner):
    """Names that hold what can be held anyhow, through decide, plan, apply and read-back."""
    corner.sandbox.control("members", members=[
        {"email": f"odd{n}@example.com", "merge_fields": {"FNAME": name}}
        for n, name in enumerate(NAMES.values())])  # fmt: skip
    corner.happened(NOW - HOUR, *(
        event("order", n, NOW - k * HOUR - 1, k).model_copy(update={
            "key": f"odd-{n}-{k}", "alias": f"email:odd{n}@example.com"})
        for n in range(len(NAMES)) for k in range(1, 4)))  # fmt: skip
    corner.pull()
    applied = corner.apply(corner.plan())
    assert (applied.complete, dict(applied.refused), dict(applied.failed)) == (True, {}, {})
    shown = corner.sandbox.world.account.audiences
    (audience,) = shown.values()
    held = [audience.find(f"odd{n}@example.com").merge_fields for n in range(len(NAMES))]
    assert all(one["HEADLINE"].startswith("3 orders") for one in held)
    assert corner.plan().rows == 0
