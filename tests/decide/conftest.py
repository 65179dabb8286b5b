"""A shop without a destination for the tests of deciding."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.decide.alone import Alone, opened


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Alone]:
    with opened(tmp_path) as made:
        yield made
