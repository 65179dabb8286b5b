"""A shop's first run, killed at every commit, rename and call: given again, each command ends as
if nothing had been."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kill.killing import Ground, Step, every_point, ground_in, resumed

Ready = tuple[Ground, dict[str, Step]]


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ready]:
    folder: Path = tmp_path_factory.mktemp("first")
    with ground_in(folder) as ground:
        yield ground, {step.command: step for step in ground.undisturbed("first")}


@pytest.mark.parametrize("command", ["pull", "compact", "plan", "apply"])
def test_killed_at_every_point_and_given_again_it_ends_the_same(first: Ready, command: str) -> None:
    ground, steps = first
    wrong, fired = resumed(ground, steps[command])
    assert wrong == []
    assert fired == every_point(steps[command])
