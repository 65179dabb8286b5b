"""The counts and examples that a plan shows, gathered while it is made."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from personalization.render import Overlong

EXAMPLES = 3
LOOKED_AT = 100
"""Of many contacts that change at once, so many are looked at for examples."""


@dataclass
class Tally:
    """Counts so far. The only mutable thing in a plan's making."""

    contacts: int = 0
    absent: int = 0
    reachable: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    emptied: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    added: Counter[str] = field(default_factory=Counter)
    removed: Counter[str] = field(default_factory=Counter)
    sizes: Counter[str] = field(default_factory=Counter)
    entered: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)
    stages: Counter[str] = field(default_factory=Counter)
    messages: Counter[str] = field(default_factory=Counter)
    arms: Counter[str] = field(default_factory=Counter)
    fallbacks: Counter[str] = field(default_factory=Counter)
    reasons: dict[str, Counter[str]] = field(default_factory=dict)
    overlong: dict[str, Overlong] = field(default_factory=dict)
    kept: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    kept_until: dict[tuple[str, str, str], int] = field(default_factory=dict)
    sends: Counter[str] = field(default_factory=Counter)
    decisions: int = 0
    written: int = 0
    tagged: int = 0
    touched: int = 0
    quiet: int = 0

    def field_changes(self, old: Mapping[str, str], new: Mapping[str, str]) -> None:
        """A contact whose fields change. Examples hold values only, never who has them."""
        self.written += 1
        for name, text in new.items():
            self.changed[name] += 1
            if not text:
                self.emptied[name] += 1
            self.example(name, old[name], text)

    def field_changed(
        self, name: str, old: Sequence[str], new: Sequence[str], where: np.ndarray
    ) -> None:
        """A field of many contacts, changed where it says so."""
        count = int(where.sum())
        if not count:
            return
        self.changed[name] += count
        if "" in new:
            self.emptied[name] += sum(1 for k in np.flatnonzero(where).tolist() if not new[k])
        for k in np.flatnonzero(where)[:LOOKED_AT].tolist():
            self.example(name, old[k], new[k])

    def example(self, name: str, old: str, new: str) -> None:
        """Takes an example where there is room and it says something new."""
        shown = self.examples.setdefault(name, [])
        if len(shown) < EXAMPLES and (old, new) not in shown:
            shown.append((old, new))

    def fell_back(self, name: str, reasons: Mapping[str, int], overlong: Overlong | None) -> None:
        """Why a field shows its fallback, and the longest text that it had no room for."""
        self.reasons.setdefault(name, Counter()).update(reasons)
        if overlong and overlong.longest > longest(self.overlong.get(name)):
            self.overlong[name] = overlong

    def stood(self, slot: str, message: str, better: str, until: np.ndarray) -> None:
        """Decisions that stand, until when each, although another message ranks better."""
        key = (slot, message, better)
        self.kept[key] += len(until)
        self.kept_until[key] = max(int(until.max()), self.kept_until.get(key, 0))

    def tag_changes(self, added: Iterable[str], removed: Iterable[str], times: int = 1) -> None:
        """So many contacts whose tags change alike."""
        self.added.update(dict.fromkeys(added, times))
        self.removed.update(dict.fromkeys(removed, times))
        self.tagged += times


def longest(known: Overlong | None) -> int:
    """How long a field's longest text was so far, in bytes."""
    return known.longest if known else 0
