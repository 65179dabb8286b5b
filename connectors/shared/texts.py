"""Reading JSON whose texts may not be texts: half a surrogate pair, which JSON can write and UTF-8
cannot hold. Systems that cut texts at a number of UTF-16 units send such halves."""

import json
from typing import Any

HALVES = (b"\\ud", b"\\uD", b"\xed")
"""How a half may stand in JSON: escaped, or as bytes that are no UTF-8."""


def read(content: bytes, **how: Any) -> Any:
    """JSON as `json.loads` reads it, each half replaced by U+FFFD. Raises ValueError for what is
    none, RecursionError for what is nested too deep."""
    value = json.loads(content, **how)
    return mended(value) if any(half in content for half in HALVES) else value


def mended(value: Any) -> Any:
    """A JSON value whose texts can all be kept."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {mended(name): mended(one) for name, one in value.items()}
    return [mended(one) for one in value] if isinstance(value, list) else value
