"""The nearest change that a receipt names does flip the segment, and none smaller does."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personalization.engine import Engine
from personalization.playbook.load import from_files
from personalization.receipt.nearest import NONE, NOT_FOUND, nearest, said
from personalization.receipt.words import shown
from personalization.traits.segments import segments

NUMBERS = ("a", "b", "c")
TRAITS = (*NUMBERS, "mean", "town", "near")
TYPES = dict.fromkeys(NUMBERS, "BIGINT") | {"mean": "DOUBLE", "town": "VARCHAR", "near": "BOOLEAN"}
HEAD = """
name: small
zone: UTC
traits:
  a: {count: order}
  b: {count: view}
  c: {last: feedback.rating}
  mean: {average: feedback.rating}
  town: {attribute: city}
  near: {attribute: near, type: boolean}
segments:
"""
TOWNS = ("Lyon", "Metz", "Nice")

signs = st.sampled_from(["<", "<=", ">", ">=", "=", "<>"])
towns = st.sampled_from(TOWNS)
numeric = st.one_of(
    st.builds("{} {} {}".format, st.sampled_from(NUMBERS), signs, st.integers(0, 6)),
    st.builds("{} between {} and 4".format, st.sampled_from(NUMBERS), st.integers(0, 4)),
    st.builds("{} in (1, {})".format, st.sampled_from(NUMBERS), st.integers(0, 6)),
    st.builds("{} {} {}".format, st.sampled_from(NUMBERS), signs, st.sampled_from(NUMBERS)),
    st.just("c is null"),
)
others = st.one_of(
    st.builds("town {} '{}'".format, st.sampled_from(["=", "<>"]), towns),
    st.builds("town in ('{}', '{}')".format, towns, towns),
    st.builds("town {} '{}'".format, st.sampled_from(["<", ">="]), towns),
    st.builds("mean {} {}".format, st.sampled_from(["<", "<=", ">", ">="]), st.just("2.5")),
    st.sampled_from(["town is null", "mean is null", "near", "near is null", "town like 'L%'",
                     "lower(town) = 'nice'", "a + b > 4", "coalesce(c, 3) > b"]),
)  # fmt: skip


def joined_rules(leaf):
    return st.recursive(leaf, lambda inner: st.one_of(
        st.builds("({} and {})".format, inner, inner), st.builds("({} or {})".format, inner, inner),
        st.builds("not ({})".format, inner)), max_leaves=5)  # fmt: skip


@pytest.fixture(scope="module")
def engine():
    with Engine(threads=1) as made:
        yield made


def playbook_of(first: str, second: str):
    text = f"{HEAD}  one: {first}\n  two: {second}\n"
    return from_files({"playbook.yaml": text}, "small")


def truths(engine: Engine, playbook: Any, rows: list[dict[str, Any]]) -> list[Any]:
    """Which segments hold for each row of values."""
    told = ", ".join(
        f"({i}, {', '.join(f'CAST({cell(row[name])} AS {TYPES[name]})' for name in TRAITS)})"
        for i, row in enumerate(rows)
    )
    engine.run("CREATE OR REPLACE TEMP TABLE traits AS SELECT CAST(i AS INTEGER) AS i, "
               f"{', '.join(TRAITS)} FROM (VALUES {told}) t(i, {', '.join(TRAITS)})")  # fmt: skip
    segments(engine, playbook)
    return engine.rows("SELECT one, two FROM segments ORDER BY i")


def cell(value: Any) -> str:
    return "NULL" if value is None else f"'{value}'"


def possible(trait: str) -> list[Any]:
    """Values enough to show every turn of the rules above."""
    if trait in ("a", "b"):
        return list(range(10))
    if trait == "c":
        return [*range(-3, 10), None]
    if trait == "mean":
        return [0.0, 2.0, 2.4999999999999996, 2.5, 2.5000000000000004, 3.0, None]
    if trait == "near":
        return [True, False, None]
    return ["", "A", "L", *TOWNS, "Lyon ", "Nizza", "nice", "other", "Zug", None]


own_values = st.fixed_dictionaries({
    "a": st.integers(0, 8), "b": st.integers(0, 8), "c": st.none() | st.integers(-2, 8),
    "mean": st.sampled_from([None, 1.0, 2.5, 4.0]),
    "town": st.sampled_from([None, "Bern", *TOWNS]), "near": st.sampled_from([None, True, False]),
})  # fmt: skip


def changes_of(engine, first, second, own):
    """What is found for two rules, and which single changes of a value flip them."""
    playbook = playbook_of(first, second)
    ((one, two),) = truths(engine, playbook, [own])
    values = {**own, "one": one, "two": two}
    found = nearest(engine, playbook, values)
    tried = [(name, to) for name in TRAITS for to in possible(name) if to != own[name]]
    outcomes = truths(engine, playbook, [{**own, name: to} for name, to in tried])
    for place, name in enumerate(("one", "two")):
        flips = {change for change, row in zip(tried, outcomes, strict=True)
                 if row[place] != values[name]}  # fmt: skip
        yield playbook, values, found[name], flips, place


@settings(max_examples=max(40, settings.default.max_examples // 3), deadline=None)
@given(first=joined_rules(numeric), second=joined_rules(numeric | others), own=own_values,
       joined=st.sampled_from(["one and ", "not one or ", ""]))  # fmt: skip
def test_whatever_is_said_flips_the_segment_and_of_numbers_no_smaller_one_does(
    engine, first, second, own, joined
):
    for playbook, values, change, flips, place in changes_of(engine, first, joined + second, own):
        words = said(change, playbook, values)
        if isinstance(change, str):
            assert change in (NONE, NOT_FOUND)
            assert change == NOT_FOUND or not flips
            continue
        to = [change.to]
        if change.but is not None:
            assert "any" in words
            assert not set(change.but) & set(to)
            to += [one for one in possible(change.trait) if one not in (None, own[change.trait])
                   and str(one) not in change.but]  # fmt: skip
        for row in truths(engine, playbook, [{**own, change.trait: one} for one in to]):
            assert row[place] != values["one" if place == 0 else "two"], words
        mine = own[change.trait]
        if (
            change.trait in NUMBERS
            and not change.nearer
            and mine is not None
            and change.to is not None
        ):
            assert not {one for trait, one in flips if trait == change.trait and one is not None
                        and abs(one - mine) < abs(change.to - mine)}  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "own", "words"),
    [
        ("a >= 5 and b >= 2", {"a": 3, "b": 4}, "a is 3; 5 would flip it"),
        ("a >= 5 and town = 'Nice'", {"town": "Lyon"}, NONE),
        ("a * b > 9", {"a": 1, "b": 2}, "b is 2; 10, or a nearer value, would flip it"),
        ("length(town) > 9", {"town": "Lyon"}, NOT_FOUND),
        ("a > b", {"a": 1, "b": 7}, "a is 1; 8 would flip it"),
        ("town is null or town <> 'Nice'", {}, "town has no value; Nice would flip it"),
        ("town is null or town <> 'Nice'", {"town": "Nice"},
         "town is Nice; any other value would flip it"),
        ("town is null or town <> 'Nice'", {"town": "Lyon"}, "town is Lyon; Nice would flip it"),
        ("town is not null and town <> 'Nice'", {}, "town has no value; any value but Nice would flip it"),
        ("town is not null", {}, "town has no value; any value would flip it"),
        ("town is not null", {"town": "Lyon"}, "town is Lyon; having no value would flip it"),
        ("town like 'N%'", {"town": "Lyon"}, "town is Lyon; N would flip it"),
        ("mean > 2.5", {"mean": 1.0}, "mean is 1; just above 2.5 would flip it"),
        ("c is null", {}, "c has no value; any value would flip it"),
        ("near", {"near": False}, "near is false; true would flip it"),
    ],
)  # fmt: skip
def test_it_is_said_in_words(engine, rule, own, words):
    everything = {"a": 0, "b": 0, "c": None, "mean": None, "town": None, "near": None, **own}
    (playbook, values, change, _, _), _ = changes_of(engine, rule, "a > 99", everything)
    assert said(change, playbook, values) == words


def test_values_are_said_as_people_read_them():
    text = """
name: money
currency: EUR
traits:
  spent: {sum: order.amount}
  views: {count: view}
  year: {attribute: year, type: integer}
  renewed: {attribute: renewed, type: timestamp}
segments: {buyers: spent > 0}
"""
    playbook = from_files({"playbook.yaml": text}, "money")
    assert shown(playbook, "spent", 123_456_789) == "€1,234,567.89"
    assert shown(playbook, "spent", 99_900) == "€999.00"
    assert shown(playbook, "views", 12_345) == "12,345"
    assert shown(playbook, "year", 1985) == "1985"
    assert shown(playbook, "renewed", 1_767_225_600_000_000) == "2026-01-01 00:00:00 UTC"
