"""Every playbook that ships is right, complete, and keeps its own promises."""

from pathlib import Path

import pytest

from functions.actions.checking import check

TEMPLATES = Path(__file__).parents[2] / "templates"
FOLDERS = sorted(file.parent for file in TEMPLATES.glob("*/playbook.yaml"))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_shipped_playbook_passes_its_own_check(folder: Path) -> None:
    found, mistakes = check(folder)
    assert [str(one) for one in mistakes] == []
    assert found.meter is not None
    assert found.meter.lacking == ()
    assert found.tests >= 5


def test_the_demos_playbook_and_a_starter_are_there() -> None:
    assert {"grocery", "retail"} <= {folder.name for folder in FOLDERS}
