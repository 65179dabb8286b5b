"""The counts and examples that a plan shows, gathered while it is made."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

EXAMPLES = 3


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
    sends: Counter[str] = field(default_factory=Counter)
    decisions: int = 0
    written: int = 0

    def left_alone(self, status: str) -> None:
        """A contact whose status forbids writing."""
        self.statuses[status] += 1

    def field_changes(self, old: Mapping[str, str], new: Mapping[str, str]) -> None:
        """A contact whose fields change. Examples hold values only, never who has them."""
        self.written += 1
        for name, text in new.items():
            self.changed[name] += 1
            if not text:
                self.emptied[name] += 1
            shown = self.examples.setdefault(name, [])
            if len(shown) < EXAMPLES and (old[name], text) not in shown:
                shown.append((old[name], text))

    def tag_changes(self, added: Iterable[str], removed: Iterable[str]) -> None:
        """A contact whose tags change."""
        self.added.update(added)
        self.removed.update(removed)
