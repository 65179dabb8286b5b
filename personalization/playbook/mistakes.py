"""Mistakes in a playbook: each with its place, the line, a caret under the place, and a way out.

Checking collects all of them and raises once, so that a customer mends a file in one go.
"""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field

from personalization.errors import Stop


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake. `line` and `column` count from 1; `text_of_line` is the line as it stands in
    the file; `suggestion` is a near name, `remedy` a sentence; either may be missing."""

    file: str
    line: int
    column: int
    message: str
    text_of_line: str = ""
    suggestion: str | None = None
    remedy: str | None = None

    def __str__(self) -> str:
        before = self.text_of_line[: self.column - 1]
        caret = "".join(sign if sign == "\t" else " " for sign in before) + "^"
        lines = [
            f"{self.file}:{self.line}:{self.column}: {self.message}",
            f"    {self.text_of_line}",
            f"    {caret}",
        ]
        if self.suggestion is not None:
            lines.append(f"    did you mean {self.suggestion}?")
        if self.remedy is not None:
            lines.append(f"    {self.remedy}")
        return "\n".join(lines)


class Mistakes(Stop):
    """A playbook that cannot be used, with every mistake found in it, in file and line order."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(sorted(set(mistakes), key=place))
        count = len(self.mistakes)
        head = "1 mistake" if count == 1 else f"{count} mistakes"
        super().__init__("\n".join([f"{head} in the playbook", *map(str, self.mistakes)]))


def place(mistake: Mistake) -> tuple[str, int, int, str]:
    """By file, then in reading order."""
    return mistake.file, mistake.line, mistake.column, mistake.message


@dataclass(frozen=True, slots=True)
class Source:
    """One text file of a playbook."""

    name: str
    text: str

    def mistake(
        self, index: int, message: str, suggestion: str | None = None, remedy: str | None = None
    ) -> Mistake:
        """A mistake at a character of this file; an index past the end means its last line."""
        index = max(0, min(index, len(self.text)))
        start = self.text.rfind("\n", 0, index) + 1
        end = self.text.find("\n", start)
        line = self.text[start : len(self.text) if end < 0 else end].rstrip("\r")
        number = self.text.count("\n", 0, start) + 1
        return Mistake(self.name, number, index - start + 1, message, line, suggestion, remedy)


@dataclass(slots=True)
class Notes:
    """Where checking writes down what it finds. A playbook that was in use before (not `strict`)
    is not held to what is no more than bad advice to follow: it can be read as it was."""

    found: list[Mistake] = field(default_factory=list)
    strict: bool = True

    def add(self, mistake: Mistake) -> None:
        """Writes one down."""
        self.found.append(mistake)

    def advise(self, mistake: Mistake) -> None:
        """Writes down something that can be rendered, and hardly as it was meant."""
        if self.strict:
            self.found.append(mistake)

    def stop_if_any(self) -> None:
        """Raises `Mistakes` if anything was found."""
        if self.found:
            raise Mistakes(self.found)


def near(word: str, known: Iterable[str]) -> str | None:
    """The known name that a word was most likely meant to be, if one is near enough."""
    lowered = {name.lower(): name for name in sorted(known, reverse=True)}
    close = difflib.get_close_matches(word.lower(), sorted(lowered), n=1, cutoff=0.6)
    return lowered[close[0]] if close else None
