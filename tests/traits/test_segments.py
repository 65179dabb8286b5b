"""Segments nest, NULL is false, and the stage is the first that holds."""

from personalization.engine import Engine
from personalization.playbook.model import Trait
from personalization.traits.compute import compute
from personalization.traits.prepare import prepare
from personalization.traits.segments import segments
from tests.traits.building import fill, playbook, segment, table

AGE = Trait(name="age", kind="attribute", type="integer", prop="age")
ODD = Trait(name='o"d d', kind="attribute", type="integer", prop="age")


def found(book, ages):
    with Engine() as engine:
        people = [
            {"id": f"c{i}", "now": 0, "attributes": {"age": age}} for i, age in enumerate(ages)
        ]
        fill(engine, people, [])
        prepare(engine, book)
        compute(engine, book)
        segments(engine, book)
        return table(engine, "segments")


def test_nested_segments_see_the_ones_they_use_at_any_depth():
    chain = [segment("s0", '"age" > 17', "age")]
    chain += [segment(f"s{n}", f'"s{n - 1}" AND "age" > {17 + n}', f"s{n - 1}", "age")
              for n in range(1, 6)]  # fmt: skip
    book = playbook(AGE, segments=tuple(chain), stages=("s5", "s2"))
    rows = found(book, [17, 18, 20, 99])
    assert [sum(row[f"s{n}"] for n in range(6)) for row in rows] == [0, 1, 3, 6]
    assert [row["stage"] for row in rows] == [None, None, "s2", "s5"]


def test_what_is_unknown_is_false_and_so_is_its_use():
    book = playbook(
        AGE,
        segments=(segment("adult", '"age" >= 18', "age"), segment("other", 'NOT "adult"', "adult")),
    )
    assert found(book, [None, 18]) == [
        {"i": 0, "adult": False, "other": True, "stage": None},
        {"i": 1, "adult": True, "other": False, "stage": None},
    ]


def test_names_cannot_break_out_of_their_quotes():
    name = 'x" OR 1=1; --'
    book = playbook(ODD, segments=(segment(name, '"o""d d" = 5', 'o"d d'),), stages=(name,))
    assert [row[name] for row in found(book, [5, 6])] == [True, False]
    assert found(book, [5])[0]["stage"] == name


def test_no_segments_is_a_row_a_contact():
    assert found(playbook(AGE), [1]) == [{"i": 0, "stage": None}]
