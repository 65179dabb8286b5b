"""Segment memberships: who is in what since when, and who has just entered or left."""

import json
from collections.abc import Mapping, Sequence
from itertools import compress

import numpy as np

from personalization.engine import Engine, literal
from personalization.models import Micros


def before(engine: Engine) -> list[str | None]:
    """Each contact's membership row so far, as JSON {segment: since}, in the order of `i`; None
    where there is none."""
    found = engine.columns("SELECT m.segments AS was FROM contacts c "
                           "LEFT JOIN memberships m ON m.contact = c.id ORDER BY c.i")  # fmt: skip
    was: list[str | None] = found["was"].tolist()
    return was


def rows(
    was: Sequence[str | None], held: Mapping[str, np.ndarray], now: np.ndarray
) -> tuple[list[str], np.ndarray]:
    """The membership row of each contact as it is now, and which of them are new or changed.
    `since` is kept while a contact stays in a segment. Contacts with the same row so far, the same
    segments and the same moment share the work."""
    if not held:
        return ["{}"] * len(was), np.zeros(len(was), dtype=bool)
    matrix = np.column_stack(list(held.values()))
    packed = np.packbits(matrix, axis=1)
    lines = packed.view(f"S{packed.shape[1]}").ravel().tolist()
    names: dict[bytes, list[str]] = {}
    known: dict[tuple[bytes, str | None, Micros], str] = {}
    found = list[str]()
    for i, key in enumerate(zip(lines, was, now.tolist(), strict=True)):
        text = known.get(key)
        if text is None:
            line, old, moment = key
            if line not in names:
                names[line] = list(compress(held, matrix[i].tolist()))
            text = known[key] = written(names[line], old, moment)
        found.append(text)
    moved = [text != old for text, old in zip(found, was, strict=True)]
    return found, np.array(moved, dtype=bool)


def written(names: Sequence[str], was: str | None, now: Micros) -> str:
    """The row of who is in these segments at a moment."""
    since = json.loads(was) if was else {}
    if was and list(since) == names:
        return was
    if names and not since:
        return f'{{"{f'":{now},"'.join(names)}":{now}}}'
    return f"{{{','.join([f'"{name}":{since.get(name, now)}' for name in names])}}}"


def crossings(engine: Engine, segment: str, into: bool) -> np.ndarray:
    """The `i` of contacts that have entered (or left) a segment since their last row. A contact
    whose memberships were never computed before has entered nothing: a first run sends nothing.
    """
    held = f"json_extract(m.segments, {literal('$.' + quoted(segment))}) IS NOT NULL"
    holds = f"s.{quoted(segment)}"
    change = f"{holds} AND NOT {held}" if into else f"{held} AND NOT {holds}"
    found = engine.columns(
        "SELECT c.i AS i FROM memberships m JOIN contacts c ON c.id = m.contact "
        f"JOIN segments s ON s.i = c.i WHERE {change} ORDER BY c.i"
    )
    return np.asarray(found["i"], dtype=np.int64)


def quoted(name: str) -> str:
    """An SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
