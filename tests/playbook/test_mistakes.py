"""A wrong playbook is refused with the place, a caret under it and a way out, before any engine."""

import subprocess
import sys
from pathlib import Path

import pytest

from personalization.playbook.load import from_files, load
from personalization.playbook.mistakes import Mistake, Mistakes
from tests.playbook.mistaken import BASE, TESTS, THANKS, Wrong
from tests.playbook.wrong import WRONG

GOOD = {"playbook.yaml": BASE, "thanks.j2": THANKS, "tests.yaml": TESTS}


def mistakes_in(files: dict[str, str]) -> tuple[Mistake, ...]:
    with pytest.raises(Mistakes) as stopped:
        from_files(files, "wrong")
    return stopped.value.mistakes


def test_the_playbook_that_the_wrong_ones_are_made_of_is_right() -> None:
    assert from_files(GOOD, "right").name == "right"


@pytest.mark.parametrize("wrong", WRONG, ids=[wrong.kind for wrong in WRONG])
def test_a_mistake_shows_its_place_and_a_way_out(wrong: Wrong) -> None:
    files = wrong.files()
    found = mistakes_in(files)
    fitting = [one for one in found if wrong.says in one.message]
    assert fitting, "\n".join(map(str, found))
    one = fitting[0]
    lines = files[one.file].split("\n")
    assert one.text_of_line == lines[one.line - 1]
    assert f"{lines[one.line - 1][one.column - 1 :]}\n".startswith(wrong.under), str(one)
    shown = str(one).split("\n")
    assert shown[0].startswith(f"{one.file}:{one.line}:{one.column}: ")
    assert shown[1] == f"    {one.text_of_line}"
    assert shown[2].index("^") == 4 + one.column - 1
    if wrong.hint:
        assert wrong.hint in f"{one.suggestion} {one.remedy}"


def test_at_least_thirty_kinds_of_mistake_are_told_apart() -> None:
    assert len({wrong.kind for wrong in WRONG}) == len(WRONG) >= 30


@pytest.mark.parametrize("wrong", WRONG, ids=[wrong.kind for wrong in WRONG])
def test_one_mistake_is_not_reported_as_many(wrong: Wrong) -> None:
    assert len(mistakes_in(wrong.files())) <= 2


def test_a_wrong_operator_hides_no_unknown_name() -> None:
    text = BASE.replace("orders_90d >= 2", "ordrs_90d =< 2 and lower(city) = 'true north'")
    found = mistakes_in({**GOOD, "playbook.yaml": text})
    assert [(one.message, one.suggestion) for one in found if "ordrs" in one.message] == [
        ("unknown trait or segment ordrs_90d", "orders_90d")]  # fmt: skip
    assert [one.message for one in found if "=<" in one.message] == ["=< is no comparison"]
    assert len(found) == 2


def test_all_mistakes_are_shown_at_once_in_the_order_of_the_file() -> None:
    text = BASE.replace("count: order", "count: ordr").replace("city = 'Berlin'", "city = 5")
    text = text.replace("picks[0]", "picks[7]")
    found = mistakes_in({**GOOD, "playbook.yaml": text})
    assert [one.line for one in found] == sorted(one.line for one in found)
    assert [one.message.split(" ")[0] for one in found] == ["unknown", "text", "there"]


def test_two_mistakes_in_one_expression_are_both_shown() -> None:
    text = BASE.replace("city = 'Berlin' and regulars", "cty = 'Berlin' and reglars")
    assert [one.suggestion for one in mistakes_in({**GOOD, "playbook.yaml": text})] == [
        "city",
        "regulars",
    ]


@pytest.mark.parametrize(
    ("written", "line", "column"),
    [
        ("locals: nope = 1", 1, 11),
        ("locals: city = 'Berlin'\n    and nope = 1", 2, 9),
        ("locals: \"city = 'Berlin' and nope = 1\"", 1, 32),
        ("locals: \"city = 'Berl\\u0069n' and nope = 1\"", 1, 37),
        ("locals: 'city = ''Berlin'' and nope = 1'", 1, 34),
        ("locals: >\n    city = 'Berlin'\n    and nope = 1", 3, 9),
        ("locals: |\n    city = 'Berlin'\n\n    and nope = 1", 4, 9),
        ("locals: {when: city = 'Berlin' and nope = 1}", 1, 38),
    ],
)
def test_the_caret_is_right_however_yaml_writes_the_text(
    written: str, line: int, column: int
) -> None:
    text = BASE.replace("locals: city = 'Berlin' and regulars", written)
    (one,) = mistakes_in({**GOOD, "playbook.yaml": text})
    assert (one.line - 14, one.column) == (line, column)
    assert one.text_of_line[one.column - 1 :].startswith("nope")


def test_no_wrong_playbook_reaches_the_engine() -> None:
    program = """
import sys
sys.modules["duckdb"] = None  # importing it now fails
sys.modules["personalization.engine"] = None
from tests.playbook.wrong import WRONG
from personalization.playbook.load import from_files
from personalization.playbook.mistakes import Mistakes
for wrong in WRONG:
    try:
        from_files(wrong.files(), "wrong")
    except Mistakes:
        continue
    raise SystemExit(f"{wrong.kind} was let through")
"""
    here = Path(__file__).parent
    paths = str(here.parents[1])
    done = subprocess.run(
        [sys.executable, "-c", program], env={"PYTHONPATH": paths}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_a_folder_that_is_no_playbook_says_so(tmp_path: Path) -> None:
    with pytest.raises(Exception, match=r"there is no playbook\.yaml"):
        load(tmp_path)
    retail = tmp_path / "retail"
    retail.mkdir()
    (retail / "playbook.yaml").write_text("name: retail\n")
    with pytest.raises(Exception, match=r"name one of .*retail"):
        load(tmp_path)
    with pytest.raises(Exception, match=r"Did you mean .*retail\?"):
        load(tmp_path / "retial")


def test_a_file_that_is_no_text_says_so(tmp_path: Path) -> None:
    (tmp_path / "playbook.yaml").write_bytes(b"name: \xff\xfe")
    with pytest.raises(Exception, match="not UTF-8"):
        load(tmp_path)


@pytest.mark.parametrize("text", ["", "# nothing\n", "[]", "just words", "null"])
def test_what_is_no_mapping_is_a_mistake(text: str) -> None:
    assert len(mistakes_in({"playbook.yaml": text})) == 1


def test_line_ends_of_windows_change_neither_meaning_nor_place() -> None:
    windows = {name: text.replace("\n", "\r\n") for name, text in GOOD.items()}
    assert from_files(windows, "right").segments == from_files(GOOD, "right").segments
    windows["thanks.j2"] = "Thank you,\r\ndear\r\n{{ citty }}\r\n"
    windows["playbook.yaml"] = windows["playbook.yaml"].replace(
        "city = 'Berlin' and", ">\r\n    city = 'Berlin'\r\n    and nope and"
    )
    assert [(one.file, one.line, one.column) for one in mistakes_in(windows)] == [
        ("playbook.yaml", 17, 9),
        ("thanks.j2", 3, 4),
    ]
