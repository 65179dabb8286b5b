"""What doctor, backfill and uninstall print. Everything of doctor's fits 80 columns."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from functions.actions.backfilling import Estimate
from functions.actions.examining import Examined
from functions.actions.telling import Tell, silent
from functions.cli.calling import folded, pasteable
from functions.cli.output import brought, counted, remarks, table, when
from functions.cli.show_plan import show_next
from functions.cli.show_small import unowned
from personalization.backfill import Backfilled
from personalization.connector import Finding
from personalization.plan.report import PlanReport

COLUMNS = 80
STYLES = {"wrong": "bold red", "short": "yellow"}
MARKS = {"wrong": "WRONG", "short": "short"}
INDENT = 7


def show_examined(console: Console, found: Examined) -> None:
    """Prints what is good, then what is not, worst last, each with what to do about it."""
    console.width = min(console.width, COLUMNS)
    good = [(one.about, one.said) for one in found.findings if one.level == "good"]
    if good:
        console.print(table("good", "", rows=good))
    for level in ("short", "wrong"):
        for one in found.findings:
            if one.level == level:
                show_finding(console, one)
    counts = ", ".join(f"{found.count(level)} {level}" for level in ("wrong", "short", "good"))
    console.print(f"\n{counts}", style="bold")


def show_finding(console: Console, one: Finding) -> None:
    """Prints what is not as it should be, and the remedy under it. Some say it themselves."""
    console.print(f"\n{MARKS[one.level]}  {one.about}", style=STYLES[one.level])
    texts = [one.said, *([f"→ {one.remedy}"] if one.remedy else [])]
    for text in texts:
        for line in folded(pasteable(text), console.width - INDENT).split("\n"):
            console.print(" " * INDENT + line, soft_wrap=True)


@contextmanager
def counting(quiet: bool = False) -> Iterator[Tell]:
    """A bar with the time that is left, on a terminal; elsewhere one remark once it is known how
    many rows there are."""
    console = remarks()
    if quiet:
        yield silent
    elif not console.is_terminal:
        yield once(console)
    else:
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(),
                   MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())  # fmt: skip
        with Progress(*columns, console=console, transient=True) as bars:
            task = bars.add_task("", total=None)

            def tell(what: str, done: int, total: int | None) -> None:
                bars.update(task, description=what, completed=done, total=total)

            yield tell


def once(console: Console) -> Tell:
    """Says how many rows there are when that is first known, and no more."""
    told = set[str]()

    def tell(what: str, done: int, total: int | None) -> None:
        if what not in told and total:
            told.add(what)
            console.print(f"{what}: {done:,} of about {total:,} rows")

    return tell


def show_estimates(console: Console, sizes: Sequence[Estimate]) -> None:
    """Prints how much there is."""
    for one in sizes:
        before = f", {one.done:,} of them read before" if one.done else ""
        if one.total is not None:
            console.print(f"{one.place}: about {counted(one.total, 'row')} to read{before}")
        else:
            console.print(f"{one.place}: the first page has {counted(one.rows, 'row')}; how many "
                          f"there are it does not say{before}")  # fmt: skip


def show_backfilled(console: Console, found: Sequence[Backfilled]) -> None:
    """Prints what came, and what became of it."""
    for one in found:
        said = brought(one.records, one.events - one.facts, one.facts, one.products, one.set_aside)
        console.print(f"{one.place}: {said}", style="bold")
        if one.resumed:
            console.print(f"An earlier run began it: {counted(one.rows, 'row')} in all.")
        if one.left_out:
            console.print(
                f"{counted(one.left_out, 'event')} from before {when(one.since)} left out"
            )
        if one.waiting:
            console.print(unowned(one.waiting), style="yellow")
        if one.settled:
            console.print(f"{counted(one.settled, 'contact')} entered or left a segment too long ago "
                          "for its triggers: nothing is sent for that")  # fmt: skip
        if one.due:
            console.print(f"{counted(one.due, 'contact')} with events young enough for a trigger: "
                          "the next tick or plan looks at them")  # fmt: skip
        else:
            console.print("Nothing in it is young enough for a trigger.")


def show_removal(console: Console, remark: Console, made: PlanReport) -> None:
    """Prints an uninstall's plan."""
    place = f"{made.destination}/{made.account}"
    console.print(f"{made.id} removes {made.undoes} from {place}", style="bold")
    if made.empty:
        console.print("Nothing of ours is there.")
    for name in made.remove:
        console.print(f"  would be removed: {name}")
    for one in made.segments:
        console.print(f"  tag {one.name} put back: +{one.added:,} -{one.removed:,} contacts")
    console.print(f"calls: {made.cost.writes:,} to write, {made.cost.reads:,} to read")
    for text in made.unseen:
        console.print(f"note: {text}")
    show_next(remark, made)
