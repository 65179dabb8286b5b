"""Finding a person in texts that are nobody's rows: webhooks that wait, and dead letters.

Whose such a text is, only reading it would tell, and a dead letter could not be read. So it is
searched, in whatever writing it may hold a name: as it is, percent-encoded, as JSON, and within
its strings again, in base64 too.
"""

import json
import re
import unicodedata
from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import unquote_plus

SHORT = 5
"""An outside id of so few characters may be any number; it counts only where an id stands."""

PLACE = re.compile(r"[a-z][a-z0-9_]*/[^\s:/]+(?=:)")
BASE64 = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}")
DEPTH = 4


@dataclass(frozen=True)
class Person:
    """Whom to look for. `names` are addresses and whole aliases; `outside` the ids in outside
    systems, by "connector/account"."""

    names: frozenset[str]
    outside: Mapping[str, frozenset[str]]

    @cached_property
    def _named(self) -> re.Pattern[str] | None:
        return words(self.names)

    def in_text(self, body: str, place: str | None) -> bool:
        """Whether a text names the person. `place` is where it came from; None if that is not
        known, so that the ids of every place count."""
        everywhere = frozenset[str]().union(*self.outside.values())
        ids = everywhere if place is None else self.outside.get(place, frozenset())
        within = words(one for one in ids if len(one) > SHORT)
        for name, said in parts(body):
            text = plain(said)
            if (self._named and self._named.search(text)) or (within and within.search(text)):
                return True
            if text in ids and name.casefold().endswith(("id", "customer", "contact", "user")):
                return True
        return False


def place_of(reason: str) -> str | None:
    """Where a dead letter came from: its reason begins with that."""
    found = PLACE.match(reason)
    return found[0] if found else None


def words(names: Any) -> re.Pattern[str] | None:
    """A pattern that finds any of some names, not as a part of a longer one."""
    listed = sorted({plain(one) for one in names if one}, key=len, reverse=True)
    if not listed:
        return None
    either = "|".join(re.escape(one) for one in listed)
    return re.compile(rf"(?<![\w.%+'-])(?:{either})(?![\w-]|\.\w)")


def plain(text: str) -> str:
    """One form of every letter; case does not count."""
    return unicodedata.normalize("NFC", text).strip().casefold()


def parts(body: str, name: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """(the name that it stands under, text) of a body and all that is written within it."""
    yield name, body
    if depth == DEPTH:
        return
    if "%" in body:
        yield name, unquote_plus(body)
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, dict | list):
        for under, text in leaves(value):
            yield from parts(text, under, depth + 1)
    elif BASE64.fullmatch(body):
        try:
            yield from parts(b64decode(body + "==", altchars=None).decode(), name, depth + 1)
        except ValueError:
            return


def leaves(value: Any) -> Iterator[tuple[str, str]]:
    """(name, text) of every text and whole number in a JSON value, names of its objects too."""
    rest: list[tuple[str, Any]] = [("", value)]
    while rest:
        name, one = rest.pop()
        if isinstance(one, dict):
            yield from (("", key) for key in one)
            rest.extend(one.items())
        elif isinstance(one, list):
            rest.extend((name, each) for each in one)
        elif isinstance(one, str) or type(one) is int:
            yield name, str(one)
