"""Commands that a text names, as they have to be typed from where the reader is: with the program's
own path where it is not on the PATH, and with the settings file that this call named."""

import re
import shlex
import sys
import textwrap
from contextvars import ContextVar
from pathlib import Path
from shutil import which

COMMAND = re.compile(r"`ofone (?!-)")
WITHOUT_SETTINGS = ("demo", "init", "sandbox")
"""Commands that read no settings file."""
GIVEN: ContextVar[tuple[str, ...]] = ContextVar("given", default=())
"""What stood before the command, such as the option that names the settings file."""
HELD = "\x00"
"""Stands for a space that no line may be broken at."""


def program() -> str:
    """How to call the command line from here."""
    if which("ofone"):
        return "ofone"
    beside = Path(sys.executable).parent / "ofone"
    if not beside.is_file():
        return "ofone"
    here = Path.cwd()
    return shlex.quote(str(beside.relative_to(here) if beside.is_relative_to(here) else beside))


def pasteable(text: str) -> str:
    """A text in which each `ofone COMMAND` can be pasted as it stands."""
    return COMMAND.sub(lambda found: called(text, found.end()), text) if "`ofone " in text else text


def called(text: str, begin: int) -> str:
    """What stands before the command that begins there."""
    given = () if text.startswith(WITHOUT_SETTINGS, begin) else GIVEN.get()
    return "`" + " ".join((program(), *map(shlex.quote, given))) + " "


def folded(text: str, width: int) -> str:
    """A text in lines of so many characters at most, where no command of it is broken in two."""
    held = re.sub(r"`[^`\n]+`", lambda found: found[0].replace(" ", HELD), text)
    return "\n".join(fold_line(line, width) for line in held.split("\n")).replace(HELD, " ")


def fold_line(line: str, width: int) -> str:
    """One line as several where it is too long; its indent stays."""
    if len(line) <= width:
        return line
    rest = line.lstrip()
    indent = line[: len(line) - len(rest)]
    lines = textwrap.wrap(rest, max(width - len(indent), 20), break_long_words=False,
                          break_on_hyphens=False)  # fmt: skip
    return "\n".join(indent + one for one in lines)
