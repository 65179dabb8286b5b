"""What an apply did, and what of its plan is still to be done."""

from collections.abc import Iterator

from rich.console import Console

from functions.cli.output import counted, when
from functions.cli.show_plan import listing
from personalization.apply.report import Applied


def show_applied(console: Console, applied: Applied, part: bool = False) -> None:
    """Prints what an apply did, to all or to the `part` of the contacts that was asked for."""
    shown = applied.confirmed - applied.written
    console.print(f"{applied.plan}: {counted(applied.written, 'row')} written and read back, "
                  + (f"{shown:,} shown already, " if shown else "")
                  + counted(applied.sends, "send"), style="bold")  # fmt: skip
    if applied.accepted:
        console.print(f"{applied.accepted:,} of the sends were accepted, and nothing shows whether "
                      "they went out: the destination offers no look-up")  # fmt: skip
    if before := applied.earlier.confirmed:
        console.print(f"earlier runs of this plan: {counted(before, 'row')} confirmed, "
                      f"{counted(applied.earlier.sends, 'send')} among them")  # fmt: skip
    for what, reasons in (("left alone", applied.refused), ("FAILED", applied.failed)):
        if reasons:
            console.print(listing(what, reasons))
    if applied.uncertain:
        console.print(f"UNCERTAIN: {counted(len(applied.uncertain), 'send')} may or may not have "
                      "happened: `ofone status` lists them", style="yellow")  # fmt: skip
    if applied.put_off:
        console.print(f"{counted(applied.put_off, 'send')} put off by quiet hours until "
                      f"{when(applied.put_off_until or 0)}: the next `ofone tick` after that "
                      "sends them")  # fmt: skip
    for line in rest(applied, part):
        console.print(line)


def rest(applied: Applied, part: bool) -> Iterator[str]:
    """What of a plan is still to be done: what this run was not asked for, and what it did not
    bring to an end."""
    if applied.waiting and applied.as_asked:
        yield "All that this run was asked for is done."
    if applied.waiting:
        whose = "other contacts" if part else "contacts outside of the playbook's limits.only"
        then = f": `ofone apply {applied.plan}` does the rest" if part else ""
        yield f"{counted(applied.waiting, 'row')} of the plan wait, for {whose}{then}"
    if unfinished := applied.left - applied.waiting:
        yield (f"{counted(unfinished, 'row')} of the plan {'is' if unfinished == 1 else 'are'} not done "
               f"yet: `ofone apply {applied.plan}` goes on with them")  # fmt: skip
