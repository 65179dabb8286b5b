"""A command that a text names is never broken over two lines, and is called as it has to be here."""

from functions.cli import calling
from functions.cli.output import brought


def test_a_command_stays_whole_and_its_text_in_the_width():
    text = "  " + "Look at it, then run `ofone apply plan-1 --first 100` or wait. " * 4
    lines = calling.folded(text.rstrip(), 50).split("\n")
    assert len(lines) > 4
    assert all(len(line) <= 50 and line.startswith("  ") for line in lines)
    assert all(line.count("`") % 2 == 0 for line in lines)
    assert " ".join(" ".join(lines).split()) == text.strip()


def test_what_stood_before_the_command_stands_in_what_to_try_next(monkeypatch):
    monkeypatch.setattr(calling, "program", lambda: ".venv/bin/ofone")
    given = calling.GIVEN.set(("-c", "my shop"))
    try:
        said = calling.pasteable("`ofone plan` makes one; `ofone init` writes one")
    finally:
        calling.GIVEN.reset(given)
    assert said == (
        "`.venv/bin/ofone -c 'my shop' plan` makes one; `.venv/bin/ofone init` writes one"
    )


def test_what_did_not_come_is_not_counted():
    assert brought(0, 0, 0, 0, 0) == "nothing new"
    assert (
        brought(0, 1, 0, 2_000, 1)
        == "1 new event, 2,000 products, 1 row set aside (`ofone letters`)"
    )
