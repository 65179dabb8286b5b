"""One template's texts: for each distinct row of values the text, or why there is none."""

import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from jinja2 import UndefinedError

from personalization.playbook.compiled import Compiled
from personalization.playbook.jinja import PICK_NAMES

MOST_REMEMBERED = 20_000
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
KEPT_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
SPACES = re.compile(r"\s{2,}|[^\S ]")
TOO_LONG = "too long"
FAILED = "the template failed"

Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Failed:
    """Why a row of values has no text of its own, and how long one was that is too long."""

    reason: str
    bytes: int = 0


@dataclass(slots=True)
class Remembered:
    """A template of one field with the texts that it gave so far, while that saves work."""

    source: str
    template: Compiled
    most_bytes: int
    html: bool
    texts: dict[Key, str | Failed] = field(default_factory=dict)
    saves: bool = True

    def column(self, keys: list[Key]) -> list[str | Failed]:
        """The text for each row of values. Stops remembering where most rows are new although
        there is no more room."""
        texts = self.texts
        found: list[Any] = list(map(texts.get, keys))
        new = [place for place, text in enumerate(found) if text is None] if None in found else []
        misses = 0
        for place in new:
            key = keys[place]
            text = texts.get(key)
            if text is None:
                text = self.made(key)
                misses += 1
                if len(texts) < MOST_REMEMBERED:
                    texts[key] = text
            found[place] = text
        if len(texts) >= MOST_REMEMBERED and misses * 2 > len(keys):
            self.saves = False
            self.texts = {}
        return found

    def made(self, key: Key) -> str | Failed:
        """Renders one row of values."""
        values = key
        if self.template.picks:
            values = (*key[:-1], [dict(zip(PICK_NAMES, pick, strict=True)) for pick in key[-1]])
        if None in values:
            for place, name in self.template.needs:
                if values[place] is None:
                    return lacking(name)
        try:
            return self.fitting(self.template.write(values))
        except UndefinedError as error:
            return lacking(missing_name(error))
        except (ArithmeticError, LookupError, TypeError, ValueError):
            return Failed(FAILED)

    def fitting(self, text: str) -> str | Failed:
        """A rendered text as it is shown, if the field has room for it."""
        text = tidy(text, self.html)
        if len(text) * 4 > self.most_bytes and len(text.encode()) > self.most_bytes:
            return Failed(TOO_LONG, len(text.encode()))
        return text


def tidy(text: str, html: bool) -> str:
    """Without space at the ends; plain text also without line breaks, control characters and
    runs of spaces."""
    if not text.isprintable():  # of white space only the plain space counts as printable
        text = KEPT_CONTROLS.sub("", text) if html else SPACES.sub(" ", CONTROLS.sub(" ", text))
    elif not html and "  " in text:
        text = SPACES.sub(" ", text)
    return text.strip()


def missing_name(error: UndefinedError) -> str:
    """The name that a template asked for in vain; never a value."""
    found = re.findall(r"'(\w+)'", str(error.message))
    return str(found[-1]) if found else "value"


@cache
def lacking(name: str) -> Failed:
    """The reason that a name has no value, the name as the customer wrote it."""
    part = re.fullmatch(r"P(\d+)_(\w+)", name)
    return Failed(f"no picks[{part[1]}].{part[2]}" if part else f"no {name}")
