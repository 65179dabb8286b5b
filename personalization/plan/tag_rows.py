"""Which tags of which contacts change. Contacts who hold the same segments and carry the same
tags share the work; tags that are not ours are never touched."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from personalization.hashing import canonical
from personalization.plan.tally import Tally

Tags = frozenset[str]


def tag_changes(
    wanted: Mapping[str, np.ndarray], rows: np.ndarray, carried: Sequence[str], tally: Tally
) -> list[tuple[int, str, str]]:
    """For the contacts at `rows`, who carry the tags of the JSON lists `carried`: those whose
    tags change, with whether each tag that changes was there, and is to be, as canonical JSON.
    `wanted` says by tag who should carry it."""
    if not wanted or not len(rows):
        return []
    matrix = np.packbits(np.column_stack([held[rows] for held in wanted.values()]), axis=1)
    lines = matrix.view(f"S{matrix.shape[1]}").ravel().tolist()
    names = np.array(list(wanted), dtype=object)
    known: dict[tuple[bytes, str], tuple[Tags, Tags]] = {}
    texts: dict[tuple[bytes, str], tuple[str, str]] = {}
    found, times = list[tuple[int, str, str]](), Counter[tuple[bytes, str]]()
    for i, pair in zip(rows.tolist(), zip(lines, carried, strict=True), strict=True):
        if pair not in known:
            known[pair] = moved(tags_of(pair[0], names), pair[1], names)
            texts[pair] = spoken(*known[pair])
        if texts[pair][1] != "{}":
            found.append((i, *texts[pair]))
            times[pair] += 1
    for pair, count in times.items():
        tally.tag_changes(*known[pair], times=count)
    return found


def tags_of(line: bytes, names: np.ndarray) -> Tags:
    """The tags whose bits are set; numpy drops zero bytes at the end."""
    packed = np.frombuffer(line.ljust((len(names) + 7) // 8, b"\0"), dtype=np.uint8)
    return frozenset(names[np.unpackbits(packed, count=len(names)).astype(bool)].tolist())


def moved(wanted: Tags, text: str, ours: np.ndarray) -> tuple[Tags, Tags]:
    """Tags to add and to remove."""
    carried = frozenset(json.loads(text)) & frozenset(ours.tolist())
    return wanted - carried, carried - wanted


def spoken(add: Tags, drop: Tags) -> tuple[str, str]:
    """Old and new as canonical JSON."""
    after = dict.fromkeys(add, True) | dict.fromkeys(drop, False)
    return canonical({one: not on for one, on in after.items()}), canonical(after)
