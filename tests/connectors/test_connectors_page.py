"""The page for whoever writes a connector: its smallest one works as it stands, and no name on it is
one that the code does not have."""

import re
import sys
from contextlib import closing
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from personalization.connector import Destination
from personalization.errors import Stop
from personalization.pull import pull_source
from personalization.store.embedded import open_store
from tests.connectors import test_conformance as suite
from tests.connectors import test_conformance_wrongs as wrongs
from tests.plan.corner import NOW

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "connectors.md").read_text(encoding="utf-8")


def module_of(name, folder, monkeypatch):
    """A file of the page."""
    file = folder / name
    block = re.search(rf"```python [a-z/]*{name}\n(.*?)```", PAGE, re.DOTALL)[1]
    file.write_text(block)
    spec = spec_from_file_location(file.stem, file)
    module = module_from_spec(spec)
    monkeypatch.setitem(sys.modules, file.stem, module)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def till(tmp_path, monkeypatch):
    """Makes the page's connector on the page's stage."""
    smallest = module_of("smallest.py", tmp_path, monkeypatch)
    staged = module_of("stage_smallest.py", tmp_path, monkeypatch)

    def made(_name, _kind, account="main", **more):
        return smallest.source(account, {**settings, **more})

    with staged.stage(tmp_path) as settings:
        made.secrets = staged.SECRETS
        yield made


def test_the_smallest_connector_brings_all_once_and_goes_on_where_it_was(till, tmp_path):
    (tmp_path / "store").mkdir()
    with closing(open_store(tmp_path / "store", "00" * 32)) as store:
        assert pull_source(store, till("smallest", "source"), NOW).events == 60
        again = pull_source(store, till("smallest", "source"), NOW)
    assert (again.events, again.skipped) == (0, 0)
    with pytest.raises(Stop, match="smallest/main: these settings are missing or wrong: key") as no:
        till("smallest", "source", key="")
    assert not any(secret in str(no.value) for secret in till.secrets)


def test_the_smallest_connector_on_its_stage_passes_the_suite(till):
    """So whoever follows the page has one that does."""
    for check in (suite.test_it_is_named_after_its_module_and_account,
                  suite.test_a_pull_killed_after_any_page_loses_nothing,
                  suite.test_a_second_pull_brings_nothing_new,
                  suite.test_events_name_whose_they_are_and_keys_are_not_shared,
                  wrongs.test_what_is_left_of_a_pull_only_ever_shrinks,
                  wrongs.test_two_accounts_of_one_system_share_no_name_and_no_key):  # fmt: skip
        check("smallest", "source", till)


def test_every_method_of_a_destination_and_every_shared_file_is_on_the_page():
    methods = [name for name in vars(Destination) if not name.startswith("_")]
    assert [name for name in methods if f"`{name}(" not in PAGE] == []
    named = set(re.findall(r"`([a-z_]+\.py)`", PAGE))
    known = {file.name for part in ("connectors", "personalization")
             for file in (ROOT / part).rglob("*.py")}  # fmt: skip
    assert named <= known
