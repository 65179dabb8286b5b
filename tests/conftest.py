"""What holds for every test: property tests try the same cases on every run and every machine.

`OFONE_EXAMPLES=2000 make test` looks further; failures print the case to paste.
"""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "ci",
    derandomize=True,
    deadline=None,  # two busy cores make any time limit a coin toss
    database=None,
    max_examples=int(os.environ.get("OFONE_EXAMPLES", "50")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("ci")

LONG = ("kill", "deploy", "functions/stack", "functions/demo", "oracle", "proofs", "cloud", "store",
        "plan", "traits")  # fmt: skip
"""Folders of the files that take longest."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take long come first, so that no worker is left alone with one in the end."""
    order = {Path(__file__).parent / name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: order.get(item.path.parent, len(LONG)))
