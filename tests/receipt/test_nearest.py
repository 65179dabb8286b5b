"""The nearest change that a receipt names does flip the segment, and none smaller does."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personalization.engine import Engine
from personalization.playbook.load import from_files
from personalization.receipt.nearest import NONE, nearest, said
from personalization.traits.segments import segments

NUMBERS = ("a", "b", "c")
HEAD = """
name: small
zone: UTC
traits:
  a: {count: order}
  b: {count: view}
  c: {last: feedback.rating}
  town: {attribute: city}
segments:
"""

signs = st.sampled_from(["<", "<=", ">", ">=", "=", "<>"])
leaf = st.one_of(
    st.builds("{} {} {}".format, st.sampled_from(NUMBERS), signs, st.integers(0, 6)),
    st.builds("{} between {} and 4".format, st.sampled_from(NUMBERS), st.integers(0, 4)),
    st.builds("{} in (1, {})".format, st.sampled_from(NUMBERS), st.integers(0, 6)),
    st.just("c is null"),
)
rules = st.recursive(leaf, lambda inner: st.one_of(
    st.builds("({} and {})".format, inner, inner), st.builds("({} or {})".format, inner, inner),
    st.builds("not ({})".format, inner)), max_leaves=5)  # fmt: skip


@pytest.fixture(scope="module")
def engine():
    with Engine(threads=1) as made:
        yield made


def playbook_of(first: str, second: str):
    text = f"{HEAD}  one: {first}\n  two: {second}\n"
    return from_files({"playbook.yaml": text}, "small")


def truths(engine: Engine, playbook: Any, rows: list[dict[str, int | None]]) -> list[Any]:
    """Which segments hold for each row of values."""

    def cell(value: int | None) -> str:
        return "NULL" if value is None else str(value)

    told = ", ".join(
        f"({i}, {', '.join(cell(row[name]) for name in NUMBERS)}, 'Lyon')"
        for i, row in enumerate(rows)
    )
    engine.run("CREATE OR REPLACE TEMP TABLE traits AS SELECT CAST(i AS INTEGER) AS i, "
               "CAST(a AS BIGINT) AS a, CAST(b AS BIGINT) AS b, CAST(c AS BIGINT) AS c, town "
               f"FROM (VALUES {told}) t(i, a, b, c, town)")  # fmt: skip
    segments(engine, playbook)
    return engine.rows("SELECT one, two FROM segments ORDER BY i")


@settings(max_examples=max(30, settings.default.max_examples // 3), deadline=None)
@given(first=rules, second=rules, joined=st.sampled_from(["one and ", "not one or ", ""]),
       a=st.integers(0, 8), b=st.integers(0, 8), c=st.one_of(st.none(), st.integers(-2, 8)))  # fmt: skip
def test_the_change_flips_the_segment_and_no_smaller_one_does(
    engine, first, second, joined, a, b, c
):
    playbook = playbook_of(first, joined + second)
    own: dict[str, int | None] = {"a": a, "b": b, "c": c}
    ((one, two),) = truths(engine, playbook, [own])
    values = {**own, "town": "Lyon", "one": one, "two": two}
    found = nearest(engine, playbook, values)
    tried = [(name, to) for name in NUMBERS for to in range(-3, 10)
             if to != own[name] and (to >= 0 or name == "c")]  # fmt: skip
    tried += [("c", None)] if "c is null" in first + second and c is not None else []
    outcomes = truths(engine, playbook, [{**own, name: to} for name, to in tried])
    for place, name in enumerate(("one", "two")):
        flips = {(trait, to) for (trait, to), row in zip(tried, outcomes, strict=True)
                 if row[place] != values[name]}  # fmt: skip
        change = found[name]
        if change is None:
            assert not flips
            continue
        assert (change.trait, change.to) in flips
        mine = own[change.trait]
        if mine is not None and change.to is not None:
            assert not {to for trait, to in flips if trait == change.trait and to is not None
                        and abs(to - mine) < abs(change.to - mine)}  # fmt: skip


def test_it_is_said_in_words(engine):
    playbook = playbook_of("a >= 5 and b >= 2", "one and town = 'Nice'")
    own = {"a": 3, "b": 4, "c": None}
    ((one, two),) = truths(engine, playbook, [own])
    values = {**own, "town": "Lyon", "one": one, "two": two}
    found = nearest(engine, playbook, values)
    assert said(found["one"], playbook, values) == "a is 3; the line is >= 5"
    assert said(found["two"], playbook, values) == NONE
