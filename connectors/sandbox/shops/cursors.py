"""Opaque cursors: where a page ended, and of which question it is one."""

import base64
import json
from collections.abc import Callable
from hashlib import blake2b
from typing import Any

from connectors.sandbox.shops.world import Row

Key = tuple[int, str]


class WrongCursor(ValueError):
    """A cursor that was not given for this question."""


def page(
    rows: list[Row], key: Callable[[Row], Key], size: int, cursor: str | None, question: Any,
) -> tuple[list[Row], str | None, int]:  # fmt: skip
    """(rows after the cursor in the order of their keys, the next cursor if there are more, how
    many came before). A row that moved behind the cursor comes again. Raises WrongCursor."""
    print_ = blake2b(json.dumps(question, sort_keys=True, default=str).encode(), digest_size=6)
    last, before = read(cursor, print_.hexdigest())
    ordered = sorted(rows, key=key)
    left = [row for row in ordered if last is None or key(row) > last]
    taken = left[:size]
    more = len(left) > size
    after = write(key(taken[-1]), before + len(taken), print_.hexdigest()) if more else None
    return taken, after, before


def write(key: Key, before: int, question: str) -> str:
    """A cursor."""
    return base64.urlsafe_b64encode(json.dumps([*key, before, question]).encode()).decode()


def read(cursor: str | None, question: str) -> tuple[Key | None, int]:
    """What a cursor says. Raises WrongCursor."""
    if not cursor:
        return None, 0
    try:
        moment, id, before, asked = json.loads(base64.urlsafe_b64decode(cursor))
    except ValueError:
        raise WrongCursor from None
    if asked != question:
        raise WrongCursor
    return (int(moment), str(id)), int(before)
