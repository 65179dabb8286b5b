"""An apply killed at every commit and call and never given again: the run that comes next knows
newer things, while a job of the dead one may still be running in the destination."""

from pathlib import Path

from tests.kill.killing import every_point, ground_in, lived_through, overtaken

SLOW = (14, 14)
"""So many calls a job takes: longer than the next run needs to come to its own writes."""


def test_the_next_run_ends_the_same_whatever_a_killed_apply_left(tmp_path: Path) -> None:
    with ground_in(tmp_path / "shop", SLOW) as ground:
        step = lived_through(ground, ("first",))[-1]
        assert step.command == "apply"
        wrong, fired = overtaken(ground, step, "newer")
        assert wrong == []
        assert fired == every_point(step)


def test_once_all_is_applied_a_plan_is_empty(tmp_path: Path) -> None:
    with ground_in(tmp_path / "shop") as ground:
        for name in ("first", "tick", "second"):
            step = lived_through(ground, (name,))[-1]
            assert ground.lived(step.now, ["pull", "plan"])["said"] == [None, 0]
