"""Fields as text: for every contact the chosen message's template, its own, or the fallback.

Columns go in and columns come out. A template is pure: the same values give the same text. So
each distinct row of values that a template reads is rendered once and remembered; contacts who
share a city, a stage or a first pick share the work. A value that is missing, or a text too long
for its field, makes that field alone show its fallback.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from operator import itemgetter
from typing import Any

import numpy as np
from jinja2 import Environment, UndefinedError

from personalization.playbook.compiled import Compiled, compiled
from personalization.playbook.jinja import PICK_NAMES, environment
from personalization.playbook.model import Field, Playbook

MOST_REMEMBERED = 20_000
CHUNK = 10_000
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
KEPT_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
SPACES = re.compile(r"\s{2,}|[^\S ]")
HOLDOUT = "holdout"
TOO_LONG = "too long"
FAILED = "the template failed"

Picks = Mapping[str, Sequence[Sequence[Mapping[str, Any]]]]


@dataclass(frozen=True)
class Rendered:
    """`values` by field, a text for every contact. `fallbacks` counts, by field, the treated
    contacts who see the fallback; `reasons` counts them by why, and the holdout too."""

    values: dict[str, list[str]]
    fallbacks: dict[str, int]
    reasons: dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True, eq=False)
class Failed:
    """Why a row of values has no text of its own."""

    reason: str


@dataclass(slots=True)
class Remembered:
    """A template of one field with the texts that it gave so far, while that saves work."""

    template: Compiled
    most_bytes: int
    html: bool
    texts: dict[tuple[Any, ...], str | Failed] = field(default_factory=dict)
    saves: bool = True

    def column(self, keys: list[tuple[Any, ...]]) -> list[str | Failed]:
        """The text for each row of values."""
        found: list[str | Failed] = []
        for start in range(0, len(keys), CHUNK):
            piece = keys[start : start + CHUNK]
            found += self.piece(piece) if self.saves else map(self.made, piece)
        return found

    def piece(self, keys: list[tuple[Any, ...]]) -> list[str | Failed]:
        """As `column`; stops remembering where most rows are new once there is no more room."""
        texts, found, misses = self.texts, [], 0
        for key in keys:
            text = texts.get(key)
            if text is None:
                text = self.made(key)
                misses += 1
                if len(texts) < MOST_REMEMBERED:
                    texts[key] = text
            found.append(text)
        if len(texts) >= MOST_REMEMBERED and misses * 2 > len(keys):
            self.saves = False
            self.texts = {}
        return found

    def made(self, key: tuple[Any, ...]) -> str | Failed:
        """Renders one row of values."""
        values = key
        if self.template.picks:
            values = (*key[:-1], [dict(zip(PICK_NAMES, pick, strict=True)) for pick in key[-1]])
        if None in values:
            for place, name in self.template.needs:
                if values[place] is None:
                    return lacking(name)
        try:
            text = tidy(self.template.write(values), self.html)
            if len(text) * 4 > self.most_bytes and len(text.encode()) > self.most_bytes:
                return Failed(TOO_LONG)
        except UndefinedError as error:
            return lacking(missing_name(error))
        except (ArithmeticError, LookupError, TypeError, ValueError):
            return Failed(FAILED)
        return text


def as_list(column: Any) -> list[Any]:
    """A column of any shape as a list; what is masked is None."""
    return column.tolist() if isinstance(column, np.ndarray) else list(column)


def tidy(text: str, html: bool) -> str:
    """Without space at the ends; plain text also without line breaks, control characters and
    runs of spaces."""
    if html:
        return KEPT_CONTROLS.sub("", text).strip()
    if not text.isprintable():
        text = CONTROLS.sub(" ", text)
    text = text.strip()
    return SPACES.sub(" ", text) if "  " in text or not text.isascii() else text


def missing_name(error: UndefinedError) -> str:
    """The name that a template asked for in vain; never a value."""
    found = re.findall(r"'(\w+)'", str(error.message))
    return str(found[-1]) if found else "value"


@cache
def lacking(name: str) -> Failed:
    """The reason that a name has no value, the name as the customer wrote it."""
    part = re.fullmatch(r"P(\d+)_(\w+)", name)
    return Failed(f"no picks[{part[1]}].{part[2]}" if part else f"no {name}")


class Renderer:
    """A playbook's templates, compiled once and used for any number of contacts."""

    def __init__(self, playbook: Playbook) -> None:
        self._playbook = playbook
        text = environment(playbook.currency, playbook.zone, html=False)
        html = environment(playbook.currency, playbook.zone, html=True)
        self._own: dict[str, Remembered] = {}
        self._given: dict[tuple[str, str], Remembered] = {}
        for one in playbook.fields.values():
            language = html if one.format == "html" else text
            if one.value is not None:
                self._own[one.name] = remembered(language, one, one.value)
            slot = playbook.slots.get(one.slot or "")
            for name in slot.messages if slot else ():
                body = playbook.messages[name].fields.get(one.name)
                if body is not None:
                    self._given[one.name, name] = remembered(language, one, body)

    def names(self, field: str, message: str | None = None) -> tuple[str, ...]:
        """What a field's template reads when its slot shows a message: names of columns, and
        parts of products as `picks[0].name` or `picks`."""
        used = self._template(field, message)
        if used is None:
            return ()
        parts = (f"picks[{part.place}].{part.name}" for part in used.template.parts)
        return (*used.template.names, *parts, *(("picks",) if used.template.picks else ()))

    def fields(
        self,
        columns: Mapping[str, Sequence[Any]],
        picks: Picks,
        messages: Mapping[str, Sequence[str | None]],
        treated: Sequence[bool],
    ) -> Rendered:
        """Renders every field of n contacts.

        `columns` has the traits, the segments and `stage` by name, `picks` by slot a list of
        products per contact (id, name, category, price, currency, url, image), `messages` by
        slot the chosen message or None. Who is not `treated` sees fallbacks."""
        rows = Rows(self._playbook, columns, picks, messages, treated)
        values: dict[str, list[str]] = {}
        fallbacks: dict[str, int] = {}
        reasons: dict[str, dict[str, int]] = {}
        for one in self._playbook.fields.values():
            values[one.name], why = self._field(one, rows)
            fallbacks[one.name] = sum(why.values())
            if rows.held:
                why[HOLDOUT] = rows.held
            reasons[one.name] = dict(sorted(why.items()))
        return Rendered(values, fallbacks, reasons)

    def _template(self, field: str, message: str | None) -> Remembered | None:
        return self._given.get((field, message or "")) or self._own.get(field)

    def _field(self, one: Field, rows: "Rows") -> tuple[list[str], Counter[str]]:
        """One field of every contact, and why some of them see the fallback."""
        texts = [one.fallback] * rows.count
        why: Counter[str] = Counter()
        for message, places in rows.groups(one.slot if self._chosen(one) else None):
            template = self._template(one.name, message)
            if template is None:
                why["no message"] += len(places)
                continue
            made = template.column(rows.keys(template.template, one.slot, places))
            for place, text in zip(places, made, strict=True):
                if type(text) is str:
                    texts[place] = text
                else:
                    assert isinstance(text, Failed)
                    why[text.reason] += 1
        return texts, why

    def _chosen(self, one: Field) -> bool:
        """Whether a message may fill this field, or its own template asks which was chosen."""
        return any(name == one.name for name, _ in self._given)


def remembered(language: Environment, one: Field, body: str) -> Remembered:
    """A field's template, compiled."""
    return Remembered(compiled(language, body), one.max_bytes, one.format == "html")


@dataclass
class Rows:
    """The contacts of one call: which there are by message, and the values a template reads."""

    playbook: Playbook
    columns: Mapping[str, Sequence[Any]]
    picks: Picks
    messages: Mapping[str, Sequence[str | None]]
    treated: Sequence[bool]

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

    def keys(
        self, template: Compiled, slot: str | None, places: Sequence[int]
    ) -> list[tuple[Any, ...]]:
        """The rows of values that a template reads, for some contacts."""
        lists = [self._named(name, slot) for name in template.names]
        lists += [self._part(slot or "", part.place, part.name) for part in template.parts]
        if template.picks:
            lists.append(self._whole(slot or ""))
        if not lists:
            return [()] * len(places)
        if len(places) < self.count:
            pick = itemgetter(*places) if len(places) > 1 else None
            lists = [list(pick(one)) if pick else [one[places[0]]] for one in lists]
        return list(zip(*lists, strict=True))

    def _list(self, key: tuple[str, ...], source: Callable[[], Sequence[Any]]) -> list[Any]:
        """A column as a list, made once; NULL is None and -0.0 is 0.0."""
        if key not in self._lists:
            column = source()
            self._lists[key] = as_list(column)
        return self._lists[key]

    def _named(self, name: str, slot: str | None) -> list[Any]:
        """A trait, a segment, the stage, or the slot's message."""
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
