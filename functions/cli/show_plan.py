"""A plan on a screen: what would change, for how many, at what cost."""

from collections.abc import Iterator, Mapping

from rich.console import Console

from functions.cli.output import counted, short, table, when
from personalization.plan.report import PlanReport, SegmentSize
from personalization.playbook.texts import TOO_LONG
from personalization.render import HOLDOUT

OLD, NEW = 30, 40
"""Characters of an example's old and new value."""
BEFORE = 12
"""Of them, at most so many before the first that differs."""


def show_plan(console: Console, plan: PlanReport) -> None:
    """Prints a plan."""
    console.print(f"{plan.id} for {plan.destination}/{plan.account}, as of {when(plan.now)}",
                  style="bold")  # fmt: skip
    if plan.undoes:
        console.print(f"takes back {plan.undoes}")
    if plan.empty:
        console.print(nothing(plan))
    for lines in (fields(plan), segments(plan), tags(plan)):
        console.print(lines) if lines else None
    for line in remarks(plan):
        console.print(line)
    for part in kept(plan):
        console.print(part)
    for line in overlong(plan):
        console.print(f"WARNING: {line}", style="yellow")
    for warning in (*gone(plan), *plan.warnings):
        console.print(f"WARNING: {warning}", style="yellow")
    for reason in plan.parked:
        console.print(f"PARKED: {reason}", style="yellow")


def nothing(plan: PlanReport) -> str:
    """Why a plan is empty."""
    if plan.undoes:
        return f"Nothing would change: nothing that {plan.undoes} wrote stands as it wrote it."
    return "Nothing would change: the destination shows what was decided."


def fields(plan: PlanReport) -> object:
    """Each field that changes, with examples."""
    rows = [
        (one.name, one.contacts, one.emptied, examples(one.examples))
        for one in plan.fields
        if one.contacts
    ]
    headings = ("field", "contacts", "emptied", "for example (old → new)")
    return table(*headings, rows=rows, title="\nFields that change") if rows else None


def examples(pairs: tuple[tuple[str, str], ...]) -> str:
    """Old and new values, a line each."""
    shown = dict.fromkeys(" → ".join(beside(old, new)) for old, new in pairs)
    return "\n".join([*shown][:2])


def beside(old: str, new: str) -> tuple[str, str]:
    """An old and a new value, cut so that where they begin to differ is seen in both."""
    one, two = (" ".join(text.split()) for text in (old, new))
    differs = (at for at, (a, b) in enumerate(zip(one, two, strict=False)) if a != b)
    alike = next(differs, min(len(one), len(two)))
    start = max(0, alike - BEFORE) if len(one) > OLD or len(two) > NEW else 0
    if start and one and two:
        start = one.find(" ", start, alike) + 1 or start
        one, two = f"…{one[start:]}", f"…{two[start:]}"
    return short(one, OLD), short(two, NEW)


def kept(plan: PlanReport) -> Iterator[object]:
    """Who keeps a message by a decision that stands, although another ranks better now."""
    if not plan.kept:
        return
    rows = [(one.slot, one.contacts, one.message, one.better, when(one.until)) for one in plan.kept]
    headings = ("slot", "contacts", "keep", "ranks better now", "the last until")
    yield table(*headings, rows=rows, title="\nStanding decisions")
    yield ("They stand until they expire or their segment is left. To show the better message at "
           "once, give it `interrupts: true` (docs/playbook.md)")  # fmt: skip


def fallbacks(plan: PlanReport) -> Iterator[str]:
    """Why the fields that change show fallbacks, to how many of those decided for: who has left
    the destination, or is not there, is among them."""
    some = [one for one in plan.fields if one.contacts and one.fallbacks]
    if some:
        beside = plan.contacts - plan.reachable
        others = f", with {beside:,} who may not be written to" if beside > 0 else ""
        yield f"fallbacks, counted among all who were decided but the holdout{others}:"
    for one in some:
        told = {reason: number for reason, number in one.reasons.items() if reason != HOLDOUT}
        yield listing(f"  {one.name} shows its fallback to {one.fallbacks:,}", told)


def overlong(plan: PlanReport) -> Iterator[str]:
    """Fields whose texts were too long for them."""
    for one in plan.fields:
        if one.overlong:
            number = one.reasons.get(TOO_LONG, 0)
            yield (f"{one.name} has no room for the texts of {counted(number, 'contact')}, who see "
                   f"the fallback instead: up to {one.overlong.longest:,} bytes, and it holds "
                   f"{one.overlong.most:,} (its max:)")  # fmt: skip


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


def tags(plan: PlanReport) -> object:
    """Each tag that an undo gives or takes away."""
    rows = [(name, added, removed) for name, (added, removed) in plan.tags.items()]
    headings = ("tag", "contacts get it", "contacts lose it")
    return table(*headings, rows=rows, title="\nTags that change") if rows else None


def remarks(plan: PlanReport) -> Iterator[str]:
    """Everything that is one line."""
    if not plan.undoes:
        yield f"\n{counted(plan.contacts, 'contact')} decided, {counted(plan.decisions, 'new decision')}"
        yield listing("stages", plan.stages)
        yield from messages(plan)
        kept_out = "; the holdout sees fallbacks, to measure by" if plan.arms.get(HOLDOUT) else ""
        yield listing("arms", plan.arms) + kept_out
    yield from fallbacks(plan)
    yield listing("to be sent", plan.sends)
    if plan.quiet:
        yield quiet(plan)
    yield written(plan)
    alone = {status: number for status, number in plan.left_alone.items() if number}
    if plan.absent:
        alone["not in the destination"] = plan.absent
    yield listing("left alone", alone)
    yield listing("would be created", dict.fromkeys(plan.create, ""))
    yield listing("would be renamed", {f"{old} → {new}": "" for old, new in plan.rename})
    lost: dict[str, object] = {one.name: -one.contacts for one in plan.removals}
    yield listing("would be removed", {name: lost.get(name, "") for name in plan.remove})
    cost = plan.cost
    yield (f"calls: {cost.writes:,} to write, {cost.reads:,} to read; about {cost.minutes:.1f} "
           "minutes")  # fmt: skip
    yield (f"made with facts {plan.facts[:12]}, catalogue {plan.catalogue}, "
           f"playbook {plan.playbook[:12]}")  # fmt: skip
    for text in plan.unseen:
        yield f"not shown here: {text}"


def quiet(plan: PlanReport) -> str:
    """That sends are held by quiet hours."""
    return f"{counted(plan.quiet, 'send')} {'waits' if plan.quiet == 1 else 'wait'} for quiet hours to end"


def written(plan: PlanReport) -> str:
    """How many contacts change, by their fields or their tags."""
    everyone = f"of {counted(plan.reachable, 'contact')} that may be"
    if plan.tagged and not plan.touched:  # an undo does not count whom both concern
        return f"written to: fields of {plan.written:,}, tags of {plan.tagged:,} {everyone}"
    both = f" ({plan.written:,} fields, {plan.tagged:,} tags)" if plan.tagged else ""
    return f"written to: {plan.touched or plan.written:,} {everyone}{both}"


def gone(plan: PlanReport) -> Iterator[str]:
    """What contacts lose for good with the fields and tags that are removed."""
    for one in plan.removals:
        yield (f"removing the {one.kind} {one.name} takes it from {counted(one.contacts, 'contact')} "
               "for good: no undo brings it back")  # fmt: skip


def messages(plan: PlanReport) -> Iterator[str]:
    """How many get which message, a line a slot. The plan counts them as `slot: message`."""
    slots: dict[str, dict[str, int]] = {}
    for name, number in plan.messages.items():
        slot, _, message = name.partition(": ")
        slots.setdefault(slot, {})[message] = number
    for slot, counts in slots.items():
        yield listing(f"messages in slot {slot}", counts)


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
