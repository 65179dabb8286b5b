"""Which fields of which contacts change: rendered columns held against what a destination shows.

Most contacts of a second plan change nowhere, and then one comparison of two JSON texts says so;
only where the texts differ is one of them read.
"""

from collections.abc import Mapping, Sequence
from operator import ne

import numpy as np
from pydantic_core import from_json

from personalization.hashing import encoded
from personalization.plan.tally import Tally

CHUNK = 10_000
"""Contacts at once: bounds the memory of values read from JSON."""

Texts = Sequence[str]


def field_changes(
    values: Mapping[str, Texts], rows: np.ndarray, shown: Sequence[str], tally: Tally
) -> list[tuple[int, str, str]]:
    """For the contacts at `rows` of the columns in `values`, of whom a destination shows the
    JSON texts `shown`: those who change, with the old and the new values of what changes, as
    canonical JSON. A field that the destination does not have yet is empty there."""
    found: list[tuple[int, str, str]] = []
    names = sorted(values)
    listed = rows.tolist()
    for start in range(0, len(listed) if names else 0, CHUNK):
        part, texts = listed[start : start + CHUNK], shown[start : start + CHUNK]
        columns = [[values[name][i] for i in part] for name in names]
        whole = written(names, columns)
        other = [k for k, text in enumerate(texts) if text != whole[k]]
        if len(other) < len(part):
            part, texts, whole = ([some[k] for k in other] for some in (part, texts, whole))
            columns = [[column[k] for k in other] for column in columns]
        found += compared(names, part, columns, whole, texts, tally)
    return found


def compared(
    names: Sequence[str], rows: Sequence[int], columns: Sequence[Texts], whole: Texts,
    shown: Texts, tally: Tally,
) -> list[tuple[int, str, str]]:  # fmt: skip
    """The changes of contacts whose texts differ somewhere. `whole` has all fields, new."""
    records = from_json(f"[{','.join(shown)}]", cache_strings="keys")
    before = [[record.get(name, "") for record in records] for name in names]
    differs = np.empty((len(names), len(rows)), dtype=bool)
    for f, pair in enumerate(zip(before, columns, strict=True)):
        differs[f] = np.fromiter(map(ne, *pair), dtype=bool, count=len(rows))
    tally.written += int(differs.any(axis=0).sum())
    for name, old, new, where in zip(names, before, columns, differs, strict=True):
        tally.field_changed(name, old, new, where)
    every, found = set(names), list[tuple[int, str, str]]()
    for pattern, members in patterns(differs).items():
        fields = [f for f, changed in enumerate(pattern) if changed]
        here = [names[f] for f in fields]
        if len(here) == len(names) and all(records[k].keys() == every for k in members):
            old, new = [shown[k] for k in members], [whole[k] for k in members]
        else:
            old = written(here, [[before[f][k] for k in members] for f in fields])
            new = written(here, [[columns[f][k] for k in members] for f in fields])
        found += zip((rows[k] for k in members), old, new, strict=True)
    return sorted(found)


def patterns(differs: np.ndarray) -> dict[tuple[bool, ...], list[int]]:
    """Contacts by which of their fields change; who changes nowhere is left out."""
    if differs.all():
        return {(True,) * len(differs): list(range(differs.shape[1]))} if differs.size else {}
    found: dict[tuple[bool, ...], list[int]] = {}
    for k, pattern in enumerate(zip(*differs.tolist(), strict=True)):
        found.setdefault(pattern, []).append(k)
    return {pattern: members for pattern, members in found.items() if any(pattern)}


def written(names: Sequence[str], columns: Sequence[Texts]) -> list[str]:
    """A JSON object a row, as `hashing.canonical` writes it. `names` are sorted."""
    form = ",".join(f'"{name}":"%s"' for name in encoded([one.replace("%", "%%") for one in names]))
    whole = f"{{{form}}}"
    return [whole % row for row in zip(*map(encoded, columns), strict=True)]
