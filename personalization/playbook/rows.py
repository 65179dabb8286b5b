"""The contacts of one rendering: who sees which message, and the values that templates read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import numpy as np

from personalization.links import token_of
from personalization.playbook.compiled import Compiled
from personalization.playbook.jinja import DECISION, PICK_NAMES
from personalization.playbook.model import Playbook

Picks = Mapping[str, Sequence[Sequence[Mapping[str, Any]]]]
Key = tuple[Any, ...]


def as_list(column: Any) -> list[Any]:
    """A column of any shape as a list; what is masked is None."""
    return column.tolist() if isinstance(column, np.ndarray) else list(column)


@dataclass
class Rows:
    """The contacts of one call: which there are by message, and the values a template reads."""

    playbook: Playbook
    columns: Mapping[str, Sequence[Any]]
    picks: Picks
    messages: Mapping[str, Sequence[str | None]]
    treated: Sequence[bool]
    decisions: Mapping[str, Sequence[str | None]]

    def __post_init__(self) -> None:
        self.count = len(self.treated)
        self.places: Sequence[int] = range(self.count)
        if not all(self.treated):
            self.places = [place for place, one in enumerate(self.treated) if one]
        self.held = self.count - len(self.places)
        self._lists: dict[tuple[str, ...], list[Any]] = {}
        self._groups: dict[str, list[tuple[str | None, Sequence[int]]]] = {}

    def groups(self, slot: str | None) -> list[tuple[str | None, Sequence[int]]]:
        """The treated contacts by the message that a slot shows them."""
        if slot is None:
            return [(None, self.places)] if self.places else []
        if slot not in self._groups:
            found: dict[str | None, list[int]] = {}
            chosen = self._list(("message", slot), lambda: self.messages[slot])
            for place in self.places:
                found.setdefault(chosen[place], []).append(place)
            self._groups[slot] = list(found.items())
        return self._groups[slot]

    def keys(self, template: Compiled, slot: str | None, places: Sequence[int]) -> list[Key]:
        """The rows of values that a template reads, for some contacts."""
        lists = [self._named(name, slot) for name in template.names]
        lists += [self._part(slot or "", part.place, part.name) for part in template.parts]
        if template.picks:
            lists.append(self._whole(slot or ""))
        if not lists:
            return [()] * len(places)
        if len(places) < self.count:
            one = len(places) == 1
            pick = (lambda values: (values[places[0]],)) if one else itemgetter(*places)
            return list(zip(*map(pick, lists), strict=True))
        return list(zip(*lists, strict=True))

    def _list(self, key: tuple[str, ...], source: Callable[[], Sequence[Any]]) -> list[Any]:
        """A column as a list, made once; NULL is None and -0.0 is 0.0."""
        if key not in self._lists:
            column = source()
            self._lists[key] = as_list(column)
        return self._lists[key]

    def _named(self, name: str, slot: str | None) -> list[Any]:
        """A trait, a segment, the stage, the slot's message, or the token of its decision."""
        if name == DECISION and slot is not None:
            return self._list(("token", slot), lambda: [
                one and token_of(one) for one in self.decisions.get(slot, [None] * self.count)])  # fmt: skip
        if name == "message" and slot is not None:
            return self._list(("message", slot), lambda: self.messages[slot])
        trait = self.playbook.traits.get(name)
        if trait is not None and trait.type == "number":
            return self._list(("trait", name), lambda: [
                value if value is None else value + 0.0 for value in
                self._list(("column", name), lambda: self.columns[name])])  # fmt: skip
        return self._list(("column", name), lambda: self.columns[name])

    def _part(self, slot: str, place: int, name: str) -> list[Any]:
        """`picks[place].name` of every contact."""
        return self._list((slot, str(place), name), lambda: [
            row[place].get(name) if len(row) > place else None for row in self.picks[slot]])  # fmt: skip

    def _whole(self, slot: str) -> list[Any]:
        """All picks of every contact, as tuples that can be compared."""
        return self._list(("picks", slot), lambda: [
            tuple(tuple(pick.get(name) for name in PICK_NAMES) for pick in row)
            for row in self.picks[slot]])  # fmt: skip
