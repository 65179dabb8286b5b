"""The demo itself, on a part of the households: it judges its own outcome by the ledger."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from functions.actions.telling import silent
from functions.demo.expected import Household
from functions.demo.folder import prepare
from functions.demo.run import demo
from functions.demo.screen import SHORTLY, Screen
from functions.demo.simulate import NOTE
from functions.settings import moment
from personalization.errors import Stop


def test_the_whole_story_comes_out_and_every_screen_says_what_is_simulated(tmp_path: Path) -> None:
    told = Console(file=io.StringIO(), width=400)
    with demo(tmp_path / "demo", told, silent, few=100) as (wrong, box):
        assert wrong == []
        assert box.control("state")["lists"]
    text = told.file.getvalue()
    assert text.count(NOTE) == 1
    assert text.count(SHORTLY) == text.count("───\n") - 1 > 7
    assert len(SHORTLY) <= 80
    assert "Mon 1 Jan 10:05 EST  household" in text
    assert "the second plan is empty" in text
    assert "event cart_left for" in text
    assert "recomputing the decision from the log gives the same" in text
    for kept in ("ofone.toml", "sandbox.json", "ledger.jsonl"):
        assert (tmp_path / "demo" / kept).is_file()


def test_it_does_not_touch_a_folder_that_is_not_its_own(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(Stop, match="not the demo's"):
        prepare(tmp_path, 0, 1, silent)
    assert (tmp_path / "letter.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("at", "awake"),
    [
        ("2018-01-01T15:00:00Z", "2018-01-01T15:00:00Z"),  # 10 in New York
        ("2018-01-02T02:30:00Z", "2018-01-02T13:00:00Z"),  # 21:30 there: eight the next day
        ("2018-01-02T09:00:00Z", "2018-01-02T13:00:00Z"),  # 4 in the morning: eight that day
        ("2018-03-11T05:30:00Z", "2018-03-11T12:00:00Z"),  # the clock is put forward in that night
        ("2018-11-04T04:30:00Z", "2018-11-04T13:00:00Z"),  # and back in that one
    ],
)
def test_what_is_expected_keeps_the_households_own_hours(at: str, awake: str) -> None:
    one = Household("1", "h1@example.com", "America/New_York", "subscribed", ())
    assert one.awake(moment(at)) == moment(awake)


def test_what_does_not_come_out_is_kept_and_marked() -> None:
    screen = Screen(Console(file=io.StringIO(), width=80), [])
    screen.check(True, "one thing")
    screen.check(False, "another")
    assert screen.wrong == ["another"]
    assert "✗ another" in screen.console.file.getvalue()
