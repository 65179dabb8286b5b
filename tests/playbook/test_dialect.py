"""What the dialect lets through means the same wherever it runs, and never fails there."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personalization.engine import Engine
from personalization.playbook.dialect import check
from personalization.playbook.load import from_files, load
from personalization.playbook.mistakes import Notes, Source
from personalization.playbook.model import Playbook, Type
from personalization.playbook.source import Text

NAMES: dict[str, Type] = {
    "count": "integer", "spend": "money", "ratio": "number", "city": "text", "vip": "boolean",
    "born": "date", "seen": "timestamp",
}  # fmt: skip
COLUMNS = {
    "count": ["NULL", "0", "-9223372036854775808", "9223372036854775807", "7"],
    "spend": ["NULL", "0", "9999", "10000", "9223372036854775807"],
    "ratio": ["NULL", "0", "-1.5", "1e300", "0.5"],
    "city": ["NULL", "''", "'Berlin'", "'b%_''x'", "'é'"],
    "vip": ["NULL", "TRUE", "FALSE", "TRUE", "FALSE"],
    "born": ["NULL", "'1980-02-29'", "'2026-01-31'", "'2001-01-01'", "'1999-12-31'"],
    "seen": ["NULL", "0", "1767225600000000", "1", "-1"],
}
SQL_TYPES = {"integer": "BIGINT", "money": "BIGINT", "number": "DOUBLE", "text": "VARCHAR",
             "boolean": "BOOLEAN", "date": "VARCHAR", "timestamp": "BIGINT"}  # fmt: skip


def sql_of(rule: str) -> str | None:
    notes = Notes()
    found = check(Text(Source("rule", rule), 0, len(rule), rule), NAMES, notes)
    return found.sql if found else None


@pytest.fixture(scope="module")
def engine() -> Engine:
    made = Engine(threads=1)
    rows = (
        "SELECT " + ", ".join(f"CAST({COLUMNS[name][row]} AS {SQL_TYPES[kind]}) AS \"{name}\""
                              for name, kind in NAMES.items())
        for row in range(5)
    )  # fmt: skip
    made.run("CREATE TEMP TABLE t AS " + " UNION ALL ".join(rows))
    return made


words = st.sampled_from([
    *NAMES, "1", "0", "9.99", "0.5", "'Berlin'", "'b%'", "'2026-01-31'", "true", "null", "nope",
])  # fmt: skip
rules = st.recursive(
    words,
    lambda inner: st.one_of(
        st.tuples(
            inner,
            st.sampled_from(
                ["and", "or", "=", "<>", "<", "<=", ">", ">=", "+", "-", "*", "/", "like"]
            ),
            inner,
        ).map(lambda parts: f"({parts[0]} {parts[1]} {parts[2]})"),
        st.tuples(st.sampled_from(["not", "-"]), inner).map(lambda parts: f"({' '.join(parts)})"),
        st.tuples(inner, st.sampled_from(["is null", "is not null"])).map(" ".join),
        st.tuples(inner, words, words).map(
            lambda parts: f"({parts[0]} between {parts[1]} and {parts[2]})"
        ),
        st.tuples(inner, st.lists(words, min_size=1, max_size=3)).map(
            lambda parts: f"({parts[0]} in ({', '.join(parts[1])}))"
        ),
        st.tuples(st.sampled_from(["lower", "upper", "length", "abs", "coalesce"]), inner).map(
            lambda parts: f"{parts[0]}({parts[1]})"
        ),
    ),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None)
@given(rule=rules)
def test_a_rule_that_is_let_through_is_true_or_false_on_every_row(
    engine: Engine, rule: str
) -> None:
    sql = sql_of(rule)
    if sql is not None:
        found = engine.rows(f"SELECT ({sql}) IS NULL, typeof({sql}) FROM t")
        assert found == [(False, "BOOLEAN")] * 5


@settings(max_examples=200, deadline=None)
@given(rule=st.text(max_size=40))
def test_any_text_at_all_is_either_a_rule_or_a_mistake(rule: str) -> None:
    notes = Notes()
    found = check(Text(Source("rule", rule), 0, len(rule), rule), NAMES, notes)
    assert (found is None) == bool(notes.found)
    for mistake in notes.found:
        assert str(mistake)


@pytest.mark.parametrize(
    ("rule", "true_in"),
    [
        ("spend >= 100", [3, 4]),
        ("spend > 99.98 and spend <= 100", [2, 3]),
        ("count / 0 > 1", []),
        ("not (count / 0 > 1)", []),
        ("count > 6.5", [3, 4]),
        ("city not like 'B%'", [1, 3, 4]),
        ("city not in ('Berlin')", [1, 3, 4]),
        ("city = 'b%_''x'", [3]),
        ("born < '2000-01-01'", [1, 4]),
        ("seen >= '2026-01-01T00:00:00Z'", [2]),
        ("seen >= '2026-01-01T01:00:00+01:00'", [2]),
        ("city is null or vip", [0, 1, 3]),
        ("coalesce(spend, 5) = 5", [0]),
        ("-count > 0", [2]),
        ("count between 0 and 2 * 3.5", [1, 4]),
        ("length(lower(city)) = 6", [2]),
        ("not vip", [2, 4]),
        ("true", [0, 1, 2, 3, 4]),
    ],
)
def test_a_rule_means_what_it_says(engine: Engine, rule: str, true_in: list[int]) -> None:
    found = [row[0] for row in engine.rows(f"SELECT {sql_of(rule)} FROM t")]
    assert [place for place, held in enumerate(found) if held] == true_in


def test_names_are_quoted_and_nothing_else_is_a_name() -> None:
    assert sql_of("count > 1") == 'COALESCE((("count" > 1)), FALSE)'


@pytest.fixture(scope="module")
def example() -> Playbook:
    return load(Path(__file__).parent / "example")


def test_the_example_uses_everything(example: Playbook) -> None:
    assert len({trait.kind for trait in example.traits.values()}) == 14
    assert example.complete
    assert example.rates == {"USD": 920_000, "GBP": 1_170_000}
    assert len(example.triggers) == 5


def test_a_segment_comes_after_those_it_uses(example: Playbook) -> None:
    seen: set[str] = set()
    for segment in example.segments.values():
        assert {name for name in segment.uses if name in example.segments} <= seen
        seen.add(segment.name)


def test_a_playbook_from_its_stored_texts_is_the_same_playbook(example: Playbook) -> None:
    assert from_files(example.files, "other") == example
    changed = {**example.files, "winback.j2": example.files["winback.j2"] + " "}
    assert from_files(changed, "other").hash != example.hash
