"""What commands print: results on standard output, progress and remarks on standard error.

With --json, standard output carries one JSON document and nothing else.
"""

import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TextIO

from pydantic import BaseModel
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Table

from functions.actions.telling import Tell, silent
from functions.cli.calling import folded, pasteable
from personalization.models import Micros

WIDE = 160
"""Columns where the output is no terminal and COLUMNS does not say how wide it is."""
LONGEST_NAME = 44
PADDING = 2


class Paper(Console):
    """Where texts are printed. The commands that one names can be pasted as they stand: whole on
    one line, and with what this call had before its command."""

    def print(self, *objects: Any, soft_wrap: bool | None = None, **options: Any) -> None:
        """Prints; texts that name commands are folded here, and nowhere within a command."""
        made = [self.ready(one, soft_wrap) if isinstance(one, str) else one for one in objects]
        changed = any(one is not other for one, other in zip(made, objects, strict=True))
        for one in made:
            fit(one, self.width, strictly=self.is_terminal)
        if not self.is_terminal:
            options.setdefault("crop", False)
        super().print(*made, soft_wrap=True if changed else soft_wrap, **options)

    def ready(self, text: str, soft_wrap: bool | None) -> str:
        """A text to print; the same one where it names no command."""
        if "`" not in text:
            return text
        said = pasteable(text)
        return said if soft_wrap else folded(said, self.width)


def fit(lines: object, width: int, strictly: bool) -> None:
    """Gives the columns of a table widths at which no word is cut, where there is room for that;
    where there is no edge of a screen to keep to `strictly`, in any case."""
    if not isinstance(lines, Table):
        return
    cells = [[str(cell) for cell in (one.header, *one.cells)] for one in lines.columns]
    least = [max(map(len, " ".join(column).split()), default=0) for column in cells]
    most = [max(len(line) for cell in column for line in cell.split("\n")) for column in cells]
    room = width - PADDING * len(cells)
    if sum(most) <= room or (strictly and sum(least) > room):
        return
    spare, wanted = room - sum(least), sum(most) - sum(least)
    for column, low, high in zip(lines.columns, least, most, strict=True):
        if spare < 0:
            column.min_width = low  # which alone may make a table wider than its console
        else:
            column.width = low + spare * (high - low) // max(1, wanted)


def results() -> Console:
    """Standard output. Texts from outside are printed as they are, never as markup."""
    width = wide(sys.stdout)
    return Paper(markup=False, highlight=False, emoji=False, width=width)


def remarks() -> Console:
    """Standard error."""
    width = wide(sys.stderr)
    return Paper(stderr=True, markup=False, highlight=False, emoji=False, width=width)


def wide(stream: TextIO) -> int | None:
    """How wide a stream is; None where the terminal or COLUMNS says it."""
    told = os.environ.get("COLUMNS", "").isdigit()
    return None if told or stream.isatty() else WIDE


def document(value: object) -> None:
    """Prints one JSON document."""
    print(json.dumps(plain(value), ensure_ascii=False, indent=2), flush=True)


def plain(value: object) -> Any:
    """Models and what holds them, as JSON has it."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return value


@contextmanager
def telling(quiet: bool = False) -> Iterator[Tell]:
    """Shows how far long work is, on a terminal."""
    console = remarks()
    if quiet or not console.is_terminal:
        yield silent
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as bars:
        task = bars.add_task("", total=None)

        def tell(what: str, done: int, total: int | None) -> None:
            bars.update(task, description=what, completed=done, total=total)

        yield tell


def table(*headings: str, rows: Iterable[Sequence[object]], title: str | None = None) -> Table:
    """A plain table; numbers stand on the right."""
    listed = [list(row) for row in rows]
    made = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False,
                 padding=(0, PADDING, 0, 0), header_style="dim")  # fmt: skip
    for index, heading in enumerate(headings):
        numeric = bool(listed) and all(isinstance(row[index], int) for row in listed)
        whole = all(is_name(row[index]) for row in listed)
        made.add_column(heading, justify="right" if numeric else "left", overflow="fold",
                        no_wrap=whole)  # fmt: skip
    for row in listed:
        made.add_row(*(said(cell) for cell in row))
    return made


def is_name(cell: object) -> bool:
    """Whether a cell is one word that somebody copies: a plan's name stays on one line."""
    text = str(cell)
    return len(text) <= LONGEST_NAME and not any(sign.isspace() for sign in text)


def said(cell: object) -> str:
    """A cell as text: numbers with their thousands apart, nothing as a dash."""
    if cell is None or cell == "":
        return "–"
    return f"{cell:,}" if isinstance(cell, int) and not isinstance(cell, bool) else str(cell)


def when(moment: Micros | None) -> str:
    """A moment in UTC, to the second."""
    if moment is None:
        return "–"
    return datetime.fromtimestamp(moment // 1_000_000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def counted(number: int, noun: str) -> str:
    """`1 contact`, `2 contacts`."""
    many = noun[:-1] + "ies" if noun.endswith("y") else noun + "s"
    return f"{number:,} {noun if number == 1 else many}"


def brought(records: int, events: int, facts: int, products: int, set_aside: int) -> str:
    """What came from a place: `2 records, 7 new events, 9 new facts about people, 1 row set aside
    (...)`, without what did not. `facts` are not among the events here."""
    told = [counted(facts, "new fact") + " about people"] if facts else []
    said = [counted(number, noun) for number, noun in (
        (records, "record"), (events, "new event")) if number]  # fmt: skip
    said += [*told, *([counted(products, "product")] if products else [])]
    said += [f"{counted(set_aside, 'row')} set aside (`ofone letters`)"] if set_aside else []
    return ", ".join(said) or "nothing new"


def short(text: str, most: int = 48) -> str:
    """A text on one line; a long one is cut, behind a word where one ends near; nothing as empty
    quotes."""
    line = " ".join(text.split())
    if len(line) <= most:
        return line or "“”"
    end = line.rfind(" ", most * 2 // 3, most)
    return line[: end if end > 0 else most - 1] + "…"
