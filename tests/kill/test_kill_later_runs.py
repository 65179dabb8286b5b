"""What comes after a first run, killed at every commit, rename and call: the next day's run, and
an undo. Each command, given again, ends as if nothing had been."""

from pathlib import Path

import pytest

from tests.kill.killing import every_point, ground_in, lived_through, resumed


@pytest.mark.parametrize("works", [("first", "tick", "second"), ("first", "undo")])
def test_killed_at_every_point_and_given_again_it_ends_the_same(
    tmp_path: Path, works: tuple[str, ...]
) -> None:
    with ground_in(tmp_path / "shop") as ground:
        for step in lived_through(ground, works):
            wrong, fired = resumed(ground, step)
            assert wrong == []
            assert fired == every_point(step)
