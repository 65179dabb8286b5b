"""A webhook and the tick that takes it in and fires what is due, killed at every commit and call:
a tick given again finds everybody whom the dead one knew of, and no send happens twice."""

from pathlib import Path

from tests.kill.killing import every_point, ground_in, lived_through, resumed


def test_a_tick_killed_at_every_point_ends_the_same(tmp_path: Path) -> None:
    with ground_in(tmp_path / "shop") as ground:
        for step in lived_through(ground, ("first", "tick")):
            # The second tick takes the first one's rows over, so the plans' rows may differ.
            wrong, fired = resumed(ground, step, same_plans=False)
            assert wrong == []
            assert fired == every_point(step)
