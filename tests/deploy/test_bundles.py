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
from measure import HANDLERS, LIMITS, LOADED
from template import ROOT, of

FUNCTIONS = of("AWS::Serverless::Function")
MAKEFILE = (ROOT / "infra" / "bundle" / "Makefile").read_text(encoding="utf-8")
BUILT = {one.removeprefix("build-"): bundle
         for targets, bundle in re.findall(r"^(build-.*):\n\t\$\(BUNDLE\) (\w+)$", MAKEFILE, re.MULTILINE)
         for one in targets.split()}  # fmt: skip
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


def listed(bundle: str) -> list[str]:
    """The packages of a list."""
    text = (ROOT / "requirements" / f"{bundle}.txt").read_text(encoding="utf-8")
    return [
        re.sub("[-_.]+", "-", one).lower()
        for one in re.findall(r"^([\w.-]+)==", text, re.MULTILINE)
    ]


def test_every_function_is_built_from_a_bundle_that_has_limits() -> None:
    assert set(BUILT) == set(FUNCTIONS)
    assert set(BUILT.values()) == set(LIMITS) == set(HANDLERS) == set(LOADED)
    for name, given in FUNCTIONS.items():
        assert given["Handler"].split(".")[1] in HANDLERS[BUILT[name]], name


def test_the_limits_are_the_ones_that_were_promised() -> None:
    assert LIMITS["webhook"] == (55, 0.5)
    assert LIMITS["decide"] == (190, 1.2)
    assert all(LIMITS[name][0] == 110 for name in ("mailchimp", "hubspot", "pull"))
    assert LIMITS["fit"][0] == 240
    assert {name for name in LIMITS if "duckdb" in listed(name)} == {"decide"}
    assert {name for name in LIMITS if "scipy" in listed(name)} == {"fit"}
    assert not {"hubspot-api-client", "mailchimp-marketing"} & set(listed("decide"))


@pytest.mark.parametrize("bundle", LIMITS)
def test_a_function_needs_no_package_that_its_list_has_not(bundle: str) -> None:
    # What this environment has not got at all, `make bundles` imports from the bundle itself.
    modules = [*(f"functions.{one}" for one in HANDLERS[bundle]),
               *(one for one in LOADED[bundle] if not one.startswith("scipy"))]  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", ALONE, json.dumps(listed(bundle)), json.dumps(modules)], cwd=ROOT,
        capture_output=True, text=True, env={"AWS_DEFAULT_REGION": "us-east-1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-1500:]
