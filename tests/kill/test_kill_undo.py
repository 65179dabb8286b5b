"""An undo after a first run, killed at every commit, rename and call. Each command, given again,
ends as if nothing had been."""

from pathlib import Path

from tests.kill.killing import every_point, ground_in, lived_through, resumed


def test_an_undo_killed_at_every_point_ends_the_same(tmp_path: Path) -> None:
    with ground_in(tmp_path / "shop") as ground:
        for step in lived_through(ground, ("first", "undo")):
            wrong, fired = resumed(ground, step)
            assert wrong == []
            assert fired == every_point(step)
