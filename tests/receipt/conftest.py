"""A corner shop for every test here."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.plan.corner import Corner, opened


@pytest.fixture
def corner(tmp_path: Path) -> Iterator[Corner]:
    with opened(tmp_path) as made:
        yield made
