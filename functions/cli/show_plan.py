"""A plan on a screen: what would change, for how many, at what cost."""

from collections.abc import Iterator, Mapping

from rich.console import Console

from functions.cli.output import counted, short, table, when
from personalization.apply.report import Applied
from personalization.plan.report import PlanReport, SegmentSize


def show_plan(console: Console, plan: PlanReport) -> None:
    """Prints a plan."""
    console.print(f"{plan.id} for {plan.destination}/{plan.account}, as of {when(plan.now)}",
                  style="bold")  # fmt: skip
    if plan.undoes:
        console.print(f"takes back {plan.undoes}")
    if plan.empty:
        console.print("Nothing would change: the destination shows what was decided.")
    for lines in (fields(plan), segments(plan)):
        console.print(lines) if lines else None
    for line in remarks(plan):
        console.print(line)
    for warning in plan.warnings:
        console.print(f"WARNING: {warning}", style="yellow")
    for reason in plan.parked:
        console.print(f"PARKED: {reason}", style="yellow")


def fields(plan: PlanReport) -> object:
    """Each field that changes, with examples."""
    rows = [
        (one.name, one.contacts, one.emptied, one.fallbacks, examples(one.examples))
        for one in plan.fields
        if one.contacts
    ]
    headings = ("field", "contacts", "emptied", "fallbacks", "for example (old → new)")
    return table(*headings, rows=rows, title="\nFields that change") if rows else None


def examples(pairs: tuple[tuple[str, str], ...]) -> str:
    """Old and new values, a line each."""
    return "\n".join(f"{short(old, 30)} → {short(new, 40)}" for old, new in pairs[:2])


def segments(plan: PlanReport) -> object:
    """Each segment's size and movement, and its tag's."""
    rows = [(one.name, one.contacts, movement(one), one.tag, tagged(one)) for one in plan.segments]
    headings = ("segment", "contacts", "since last time", "tag", "tag changes")
    return table(*headings, rows=rows, title="\nSegments") if rows else None


def movement(one: SegmentSize) -> str:
    """How a segment grew since the plan before."""
    if one.before is None:
        return "new"
    return f"{one.contacts - one.before:+,}" if one.contacts != one.before else "="


def tagged(one: SegmentSize) -> str:
    """How many get a tag and how many lose it."""
    parts = [f"+{one.added:,}" if one.added else "", f"-{one.removed:,}" if one.removed else ""]
    return " ".join(part for part in parts if part)


def remarks(plan: PlanReport) -> Iterator[str]:
    """Everything that is one line."""
    if not plan.undoes:
        yield f"\n{counted(plan.contacts, 'contact')} decided, {counted(plan.decisions, 'new decision')}"
        yield listing("stages", plan.stages)
        yield listing("messages", plan.messages)
        yield listing("arms", plan.arms)
    yield listing("to be sent", plan.sends)
    yield f"written to: {plan.written:,} of {counted(plan.reachable, 'contact')} that may be"
    alone = {status: number for status, number in plan.left_alone.items() if number}
    if plan.absent:
        alone["not in the destination"] = plan.absent
    yield listing("left alone", alone)
    yield listing("would be created", dict.fromkeys(plan.create, ""))
    yield listing("would be renamed", {f"{old} → {new}": "" for old, new in plan.rename})
    yield listing("would be removed", dict.fromkeys(plan.remove, ""))
    cost = plan.cost
    yield (f"calls: {cost.writes:,} to write, {cost.reads:,} to read; about {cost.minutes:.1f} "
           "minutes")  # fmt: skip
    yield f"facts {plan.facts[:12]}, catalogue {plan.catalogue[:12]}, playbook {plan.playbook[:12]}"
    for text in plan.unseen:
        yield f"not shown here: {text}"


def listing(what: str, values: Mapping[str, object]) -> str:
    """`what: a 1, b 2`, or that there is none."""
    said = ", ".join(
        f"{name} {number:,}" if isinstance(number, int) else name for name, number in values.items()
    )
    return f"{what}: {said or 'none'}"


def show_next(console: Console, plan: PlanReport) -> None:
    """What to do with a plan."""
    if plan.parked:
        console.print(f"It waits for a person: `ofone approve {plan.id}`")
    elif not plan.empty:
        console.print(f"Nothing was written yet. `ofone apply {plan.id}` does exactly this; "
                      "`--first 100` begins carefully.")  # fmt: skip


def show_applied(console: Console, applied: Applied) -> None:
    """Prints what an apply did."""
    console.print(f"{applied.plan}: {counted(applied.written, 'row')} written and read back, "
                  f"{applied.confirmed:,} confirmed in all, {counted(applied.sends, 'send')}",
                  style="bold")  # fmt: skip
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
    if applied.left:
        console.print(f"{counted(applied.left, 'row')} of the plan are not done yet: `ofone apply "
                      f"{applied.plan}` goes on with them")  # fmt: skip
