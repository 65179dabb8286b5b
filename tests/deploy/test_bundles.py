"""Each function imports with the packages of its own list and no other, and the table of bundles
is about the functions that there are. `make bundles` weighs them."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2] / "infra" / "bundle"))
import bundle
from measure import HANDLERS, LIMITS, LOADED, documented
from template import FUNCTIONS, LAYERS, MAKEFILE, ROOT, TEMPLATE, handler, layers, of
from template import bundle as bundle_of

from functions import fitting

# Installed, and not in the list: as if it was not there. The list is of distributions, and what is
# imported of modules.
ALONE = """
import importlib.abc, importlib.metadata, json, re, sys
listed, modules = json.loads(sys.argv[1]), json.loads(sys.argv[2])
named = {module: {re.sub("[-_.]+", "-", one).lower() for one in given}
         for module, given in importlib.metadata.packages_distributions().items()}
class Missing(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top in named and named[top].isdisjoint(listed):
            raise ModuleNotFoundError(f"{name} is in no package of the list", name=name)
sys.meta_path.insert(0, Missing())
for one in modules:
    __import__(one)
"""


def listed(name: str) -> list[str]:
    """The packages of a list."""
    return [re.sub("[-_.]+", "-", one).lower() for one in bundle.pinned(name)]


def test_every_function_has_the_layers_of_a_bundle_that_has_limits() -> None:
    assert set(LAYERS) == set(of("AWS::Serverless::LayerVersion"))
    assert set(LAYERS.values()) == set(LIMITS) == set(HANDLERS) == set(LOADED) == set(bundle.BELOW)
    for name in FUNCTIONS:
        assert [LAYERS[one] for one in layers(name)] == bundle.layers(bundle_of(name)), name
        assert handler(name) in HANDLERS[bundle_of(name)], name
    used = {(bundle_of(name), handler(name)) for name in FUNCTIONS}
    assert used == {(name, one) for name, handlers in HANDLERS.items() for one in handlers}
    assert "build-%Function:" in MAKEFILE


def test_layers_hold_each_package_once_and_together_what_the_list_says() -> None:
    for name in bundle.BELOW:
        parts = [set(re.findall(r"^([\w.-]+)==", bundle.own(one), re.MULTILINE))
                 for one in bundle.layers(name)]  # fmt: skip
        assert sum(map(len, parts)) == len(set().union(*parts))
        assert set().union(*parts) == set(bundle.pinned(name))
        assert bundle.own(name).count("--hash=") >= len(parts[-1])


def test_the_page_tells_what_every_bundle_weighs_within_its_limit() -> None:
    # `make e2e` holds the figures to what `sam build` made.
    told = documented()
    assert set(told) == {(name, one) for name, handlers in HANDLERS.items() for one in handlers}
    assert all(size <= LIMITS[name][0] for (name, _), size in told.items())


def test_the_limits_are_the_ones_that_were_promised() -> None:
    assert LIMITS["webhook"] == (55, 0.5)
    assert LIMITS["decide"] == (190, 1.2)
    assert all(LIMITS[name][0] == 110 for name in ("mailchimp", "hubspot", "pull"))
    assert LIMITS["fit"][0] == 240
    assert {name for name in LIMITS if "duckdb" in listed(name)} == {"decide"}
    assert {name for name in LIMITS if "scipy" in listed(name)} == {"fit"}
    assert not {"hubspot-api-client", "mailchimp-marketing"} & set(listed("decide"))


@pytest.mark.parametrize("name", LIMITS)
def test_a_function_needs_no_package_that_its_list_has_not(name: str) -> None:
    # What this environment has not got at all, `make bundles` imports from the bundle itself.
    modules = [*(f"functions.{one}" for one in HANDLERS[name]),
               *(one for one in LOADED[name] if not one.startswith("scipy"))]  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", ALONE, json.dumps(listed(name)), json.dumps(modules)], cwd=ROOT,
        capture_output=True, text=True, env={"AWS_DEFAULT_REGION": "us-east-1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-1500:]


def test_a_bundle_for_another_machine_says_so_at_once(tmp_path: Path) -> None:
    built_for = tmp_path / "built-for.txt"
    fitting(built_for, "x86_64")  # at home there is none
    built_for.write_text(bundle.MACHINES["arm64"])
    fitting(built_for, "aarch64")
    with pytest.raises(ImportError, match="built for aarch64 and deployed on x86_64"):
        fitting(built_for, "x86_64")
    given = TEMPLATE["Parameters"]["Architecture"]
    assert given["AllowedValues"] == list(bundle.MACHINES)
    assert given["Default"] == "x86_64"  # as of bundle.py, where nothing is said
