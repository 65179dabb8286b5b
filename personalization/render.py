"""Fields as text: for every contact the chosen message's template, its own, or the fallback.

Columns go in and columns come out. A template is pure: the same values give the same text. So
each distinct row of values that a template reads is rendered once and remembered; contacts who
share a city, a stage or a first pick share the work. Fields whose values hardly anyone shares
are rendered together in one call. A value that is missing, or a text too long for its field,
makes that field alone show its fallback.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from personalization.models import Frozen
from personalization.playbook.compiled import compiled
from personalization.playbook.jinja import DECISION, environment
from personalization.playbook.model import Field, Playbook
from personalization.playbook.rows import Picks, Rows
from personalization.playbook.texts import Failed, Remembered
from personalization.playbook.together import Together

CHUNK = 10_000
HOLDOUT = "holdout"
NO_MESSAGE = "no message"
NO_DECISIONS: Mapping[str, Sequence[str | None]] = {}

Members = dict[str, Remembered]


class Overlong(Frozen):
    """How long a field's longest text was that had no room, and the room that there is, in
    bytes."""

    longest: int
    most: int


@dataclass(frozen=True)
class Rendered:
    """`values` by field, a text for every contact. `fallbacks` counts, by field, the treated
    contacts who see the fallback; `reasons` counts them by why, and the holdout too; `overlong`
    has the fields for which a text was too long."""

    values: dict[str, list[str]]
    fallbacks: dict[str, int]
    reasons: dict[str, dict[str, int]]
    overlong: dict[str, Overlong]


class Renderer:
    """A playbook's templates, compiled once and used for any number of contacts."""

    def __init__(self, playbook: Playbook) -> None:
        self._playbook = playbook
        self._languages = {
            html: environment(playbook.currency, playbook.zone, html) for html in (False, True)
        }
        self._own: dict[str, Remembered] = {}
        self._given: dict[tuple[str, str], Remembered] = {}
        self._together: dict[tuple[int, ...], Together] = {}
        for one in playbook.fields.values():
            if one.value is not None:
                self._own[one.name] = self._remembered(one, one.value)
            slot = playbook.slots.get(one.slot or "")
            for name in slot.messages if slot else ():
                body = playbook.messages[name].fields.get(one.name)
                if body is not None:
                    self._given[one.name, name] = self._remembered(one, body)

    def names(self, field: str, message: str | None = None) -> tuple[str, ...]:
        """What a field's template reads when its slot shows a message: names of columns, and
        parts of products as `picks[0].name` or `picks`."""
        used = self._template(field, message)
        if used is None:
            return ()
        parts = (f"picks[{part.place}].{part.name}" for part in used.template.parts)
        names = (one for one in used.template.names if one != DECISION)
        return (*names, *parts, *(("picks",) if used.template.picks else ()))

    def fields(
        self,
        columns: Mapping[str, Sequence[Any]],
        picks: Picks,
        messages: Mapping[str, Sequence[str | None]],
        treated: Sequence[bool],
        decisions: Mapping[str, Sequence[str | None]] = NO_DECISIONS,
    ) -> Rendered:
        """Renders every field of n contacts.

        `columns` has the traits, the segments and `stage` by name, `picks` by slot a list of
        products per contact (id, name, category, price, currency, url, image), `messages` by
        slot the chosen message or None, `decisions` by slot the ids that links carry. Who is not
        `treated` sees fallbacks."""
        rows = Rows(self._playbook, columns, picks, messages, treated, decisions)
        fields = self._playbook.fields
        values = {name: [one.fallback] * rows.count for name, one in fields.items()}
        why: dict[str, Counter[str]] = {name: Counter() for name in fields}
        longest: Counter[str] = Counter()
        for slot, by_message, names in self._families():
            for message, places in rows.groups(slot if by_message else None):
                found = {name: self._template(name, message) for name in names}
                for name, template in found.items():
                    if template is None:
                        why[name][NO_MESSAGE] += len(places)
                members = {name: one for name, one in found.items() if one is not None}
                for start in range(0, len(places), CHUNK):
                    piece = places[start : start + CHUNK]
                    for name, texts in self._piece(members, rows, slot, piece):
                        size = put(values[name], why[name], piece, texts)
                        longest[name] = max(longest[name], size)
        fallbacks = {name: sum(counts.values()) for name, counts in why.items()}
        for counts in why.values():
            counts.update({HOLDOUT: rows.held} if rows.held else {})
        reasons = {name: dict(sorted(counts.items())) for name, counts in why.items()}
        overlong = {name: Overlong(longest=size, most=fields[name].max_bytes)
                    for name, size in longest.items() if size}  # fmt: skip
        return Rendered(values, fallbacks, reasons, overlong)

    def _piece(
        self, members: Members, rows: Rows, slot: str | None, places: Sequence[int]
    ) -> Iterator[tuple[str, Sequence[str | Failed]]]:
        """The texts of some fields for some contacts who see the same message."""
        apart: Members = {}
        for name, one in members.items():
            if one.saves or one.template.picks:
                yield name, one.column(rows.keys(one.template, slot, places))
            else:
                apart[name] = one
        for html in (False, True):
            some = {name: one for name, one in apart.items() if one.html == html}
            if len(some) == 1:
                ((name, one),) = some.items()
                yield name, [one.made(key) for key in rows.keys(one.template, slot, places)]
            elif some:
                together = self._joined(tuple(some.values()), html)
                texts = together.rows(rows.keys(together.whole, slot, places))
                yield from zip(some, zip(*texts, strict=True), strict=True)

    def _joined(self, members: tuple[Remembered, ...], html: bool) -> Together:
        key = tuple(id(member) for member in members)
        if key not in self._together:
            self._together[key] = Together(self._languages[html], members)
        return self._together[key]

    def _families(self) -> Iterator[tuple[str | None, bool, list[str]]]:
        """Fields that are rendered for the same contacts: by slot, and by whether the slot's
        message has a say in them."""
        found: dict[tuple[str | None, bool], list[str]] = {}
        for one in self._playbook.fields.values():
            filled = any(name == one.name for name, _ in self._given)
            found.setdefault((one.slot, filled), []).append(one.name)
        for (slot, filled), names in found.items():
            yield slot, filled, names

    def _template(self, field: str, message: str | None) -> Remembered | None:
        return self._given.get((field, message or "")) or self._own.get(field)

    def _remembered(self, one: Field, body: str) -> Remembered:
        html = one.format == "html"
        made = compiled(self._languages[html], body)
        alike = DECISION not in made.names  # no two contacts share a decision
        return Remembered(body, made, one.max_bytes, html, saves=alike)


def put(
    values: list[str], why: Counter[str], places: Sequence[int], texts: Sequence[str | Failed]
) -> int:
    """Puts texts where their contacts are; where there is none, counts why. Returns how long the
    longest was that was too long, in bytes."""
    longest = 0
    for place, text in zip(places, texts, strict=True):
        if isinstance(text, str):
            values[place] = text
        else:
            why[text.reason] += 1
            longest = max(longest, text.bytes)
    return longest
