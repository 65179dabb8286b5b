"""Why a message could not be taken, in words that somebody can act on and that name nobody: an error
of ours says it itself, of any other only its kind and the place in our code are told."""

import json
import traceback
from pathlib import Path

from pydantic import ValidationError

from functions.cloud.clients import codes
from personalization.errors import ProductError

ROOT = Path(__file__).resolve().parents[2]


def reason_of(problem: Exception) -> str:
    """A reason, such as "KeyError at personalization/store/folding.py:88 in fold"."""
    if isinstance(problem, ValidationError):
        first = problem.errors(include_input=False, include_url=False, include_context=False)[0]
        return f"{first['msg']} at {json.dumps(first['loc'])}"
    if isinstance(problem, ProductError):
        return str(problem)
    said = " ".join(sorted(codes(problem) - {""}))
    return f"{type(problem).__name__}{said and f' ({said})'}{place_of(problem)}"


def place_of(problem: Exception) -> str:
    """The innermost line of our own code that a problem came through."""
    for frame in reversed(traceback.extract_tb(problem.__traceback__)):
        file = Path(frame.filename)
        if file.is_relative_to(ROOT) and "site-packages" not in file.parts:
            inside = file.relative_to(ROOT)
            if inside.parts[0] in ("connectors", "functions", "personalization"):
                return f" at {inside.as_posix()}:{frame.lineno} in {frame.name}"
    return ""
