"""The bundles that `sam build` made, for `e2e.py`: each is weighed and imported alone with its layers, as
`make bundles` does, and held to its limits and to the table in docs/deploy.md."""

import sys

from e2e_stack import ROOT
from template import FUNCTIONS, bundle, handler, layers

sys.path.insert(0, str(ROOT / "infra" / "bundle"))
from measure import documented, weighed

BUILT = ROOT / ".aws-sam" / "build"


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
