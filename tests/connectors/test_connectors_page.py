"""The page for whoever writes a connector: its smallest one works as it stands, and no name on it is
one that the code does not have."""

import re
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from connectors.shared.http import Wire
from personalization.connector import Destination
from personalization.errors import Stop
from personalization.pull import pull_source
from personalization.store.embedded import open_store
from tests.connectors import test_conformance as suite
from tests.connectors import test_conformance_wrongs as wrongs
from tests.plan.corner import NOW

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "connectors.md").read_text(encoding="utf-8")


@pytest.fixture
def smallest(tmp_path, monkeypatch):
    """The page's connector, over a till that gives twenty sales a call, oldest first."""
    file = tmp_path / "smallest.py"
    file.write_text(re.search(r"```python connectors/smallest.py\n(.*?)```", PAGE, re.DOTALL)[1])
    spec = spec_from_file_location("smallest", file)
    module = module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "smallest", module)
    spec.loader.exec_module(module)
    sales = [{"id": f"s{n}", "email": f"p{n % 4}@example.com", "at": 1_770_000_000 + n // 2,
              "cents": 100 * n} for n in range(60)]  # fmt: skip
    calls = []

    def send(wire, method, url, params, headers):
        calls.append(params)
        found = [one for one in sales if one["at"] >= params["since"]][:20]
        return type("Answer", (), {"content": b'{"sales": %s}' % repr(found).replace(
            "'", '"').encode()})()  # fmt: skip

    monkeypatch.setattr(Wire, "send", send)
    return module


def test_the_smallest_connector_brings_all_once_and_goes_on_where_it_was(smallest, tmp_path):
    till = smallest.source("main", {"url": "https://till.example.com/sales", "key": "k"})
    (tmp_path / "store").mkdir()
    store = open_store(tmp_path / "store", "00" * 32)
    assert pull_source(store, till, NOW).events == 60
    again = pull_source(store, till, NOW)
    store.close()
    assert (again.events, again.skipped) == (0, 0)
    with pytest.raises(Stop, match="smallest/main: these settings are missing or wrong: key"):
        smallest.source("main", {"url": "x"})


def test_the_smallest_connector_passes_the_suite(smallest):
    """So whoever follows the page has one that does."""

    def made(_name, _kind, account="main"):
        return smallest.source(account, {"url": "https://till.example.com/sales", "key": "k"})

    for check in (suite.test_it_is_named_after_its_module_and_account,
                  suite.test_a_pull_killed_after_any_page_loses_nothing,
                  suite.test_a_second_pull_brings_nothing_new,
                  suite.test_events_name_whose_they_are_and_keys_are_not_shared,
                  wrongs.test_what_is_left_of_a_pull_only_ever_shrinks,
                  wrongs.test_two_accounts_of_one_system_share_no_name_and_no_key):  # fmt: skip
        check("smallest", "source", made)


def test_every_method_of_a_destination_and_every_shared_file_is_on_the_page():
    methods = [name for name in vars(Destination) if not name.startswith("_")]
    assert [name for name in methods if f"`{name}(" not in PAGE] == []
    named = set(re.findall(r"`([a-z_]+\.py)`", PAGE))
    known = {file.name for part in ("connectors", "personalization")
             for file in (ROOT / part).rglob("*.py")}  # fmt: skip
    assert named <= known
