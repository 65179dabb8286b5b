"""Several fields rendered in one go, for contacts whose values nobody else shares.

One call of one template that holds them all costs a fraction of a call each. Where a value is
missing, the fields that surely fall back are left out; where the call fails for any other
reason, that contact's fields are rendered one by one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter

from jinja2 import Environment

from personalization.playbook.compiled import SEPARATOR, Compiled, compiled
from personalization.playbook.texts import Failed, Key, Remembered, lacking

MOST_PATTERNS = 256
Texts = list[str | Failed]


@dataclass(slots=True)
class Together:
    """Some fields of one escaping as one template. `patterns` has, for each set of missing
    values met so far, how the row is rendered."""

    language: Environment
    members: Sequence[Remembered]
    whole: Compiled = field(init=False)
    patterns: dict[tuple[bool, ...], Callable[[Key], Texts]] = field(default_factory=dict)
    apart: list[tuple[Callable[[Key], str | Failed], Callable[[Key], Key]]] = field(init=False)
    """Each member by itself: its text, of its part of a row."""

    def __post_init__(self) -> None:
        self.whole = compiled(self.language, *(member.source for member in self.members))
        names = self.names()
        self.apart = [
            (member.made, taking(names, names_of(member.template))) for member in self.members
        ]

    def rows(self, keys: list[Key]) -> list[Texts]:
        """For each row of values (as `whole` reads them) the texts of the members."""
        full = self.pattern((False,) * len(keys[0])) if keys else self.one_by_one
        return [self.partly(key) if None in key else full(key) for key in keys]

    def partly(self, key: Key) -> Texts:
        """A row in which some value is missing."""
        pattern = tuple(value is None for value in key)
        way = self.patterns.get(pattern)
        if way is None:
            if len(self.patterns) >= MOST_PATTERNS:
                return self.one_by_one(key)
            way = self.pattern(pattern)
        return way(key)

    def pattern(self, missing: tuple[bool, ...]) -> Callable[[Key], Texts]:
        """How rows with these values missing are rendered, worked out once."""
        names = self.names()
        gone = {name for name, absent in zip(names, missing, strict=True) if absent}
        lost: dict[int, Failed] = {}
        for place, member in enumerate(self.members):
            first = next((name for _, name in member.template.needs if name in gone), None)
            if first is not None:
                lost[place] = lacking(first)
        rest = [member for place, member in enumerate(self.members) if place not in lost]
        way = self.joined(rest, lost) if len(rest) > 1 else self.one_by_one
        self.patterns[missing] = way
        return way

    def joined(self, rest: Sequence[Remembered], lost: dict[int, Failed]) -> Callable[[Key], Texts]:
        """The function from a row to texts, with those in `lost` filled in."""
        some = compiled(self.language, *(member.source for member in rest)) if lost else self.whole
        take = taking(self.names(), names_of(some))
        sure = [(member.most_bytes // 4, member.html, member.fitting) for member in rest]
        write, count = some.write, len(rest)

        def way(key: Key) -> Texts:
            try:
                pieces = write(take(key)).split(SEPARATOR)
                if len(pieces) != count:
                    return self.one_by_one(key)
                texts: Texts = [
                    piece.strip()
                    if len(piece) <= room and piece.isprintable() and (html or "  " not in piece)
                    else fit(piece)
                    for piece, (room, html, fit) in zip(pieces, sure, strict=True)
                ]
            except Exception:  # noqa: BLE001 - rendered again one by one, which sorts it out
                return self.one_by_one(key)
            for place, failed in lost.items():
                texts.insert(place, failed)
            return texts

        return way

    def one_by_one(self, key: Key) -> Texts:
        """Each field by itself."""
        return [made(take(key)) for made, take in self.apart]

    def names(self) -> tuple[str, ...]:
        """What a row holds, in order."""
        return names_of(self.whole)


def names_of(template: Compiled) -> tuple[str, ...]:
    """The names of what a template's row holds, in order."""
    return (*template.names, *(f"P{part.place}_{part.name}" for part in template.parts))


def taking(names: tuple[str, ...], wanted: tuple[str, ...]) -> Callable[[Key], Key]:
    """The function from a row of `names` to the row of `wanted`."""
    if names == wanted:
        return lambda key: key
    places = [names.index(name) for name in wanted]
    if len(places) > 1:
        return itemgetter(*places)
    return lambda key: tuple(key[place] for place in places)
