"""What is made and checked before anything runs, for `e2e.py`: the template is linted, `sam build` makes
the bundles, and each is weighed and imported alone with its layers, as `make bundles` does, and
held to its limits and to the table in docs/deploy.md."""

import sys

from e2e_shop import Shop
from e2e_stack import ROOT, SAM, environment, run
from template import FUNCTIONS, bundle, handler, layers

sys.path.insert(0, str(ROOT / "infra" / "bundle"))
from measure import documented, weighed

BUILT = ROOT / ".aws-sam" / "build"
LINTERS = (
    ("sam", "validate", "--lint"),
    ("cfn-lint", "template.yaml"),
    ("checkov", "-f", "template.yaml", "--framework", "cloudformation", "--compact", "--quiet",
     "--skip-download"),
)  # fmt: skip
"""Each check that is skipped has its reason beside it in the template."""


def lint() -> str:
    """The linters, one after the other."""
    if "--no-lint" in sys.argv:
        return "not linted"
    for name, *words in LINTERS:
        run(SAM / name, *words)
    return "linted: sam validate, cfn-lint, checkov"


def build(shop: Shop) -> None:
    """Builds what `sam deploy` takes."""
    run(SAM / "sam", "build", env=environment(SHOP=str(shop.folder)))


def held() -> str:
    """Weighs each kind of function once. Raises SystemExit with what is over its limit, cannot be
    imported, or weighs something else than the page says."""
    kinds = {(bundle(name), handler(name)): name for name in FUNCTIONS}
    told, problems, heaviest = documented(), [], 0.0
    for kind, name in kinds.items():
        parts = [BUILT / name, *(BUILT / one / "python" for one in layers(name))]
        row = weighed(*kind, parts)
        heaviest = max(heaviest, row.size)
        if problem := row.problem(told.get(kind)):
            problems.append(problem)
    if problems:
        sys.exit("\n".join(problems))
    return f"{len(kinds)} bundles import alone, within their limits; the heaviest has {heaviest:.0f} MiB"
