"""What the smaller commands print."""

from collections.abc import Sequence

from rich.console import Console

from functions.actions.checking import Checked, Meter
from functions.actions.pasting import Snippets
from functions.actions.previewing import Shown
from functions.actions.pulling import From
from functions.actions.seeding import Seeded
from functions.actions.standing import Letter, Standing
from functions.actions.ticking import Tick
from functions.cli.output import brought, counted, short, table, when
from functions.cli.show_applied import show_applied
from functions.cli.show_plan import listing, quiet
from personalization.consent import WRITABLE
from personalization.models import DAY, HOUR, MINUTE, Micros
from personalization.playbook.mistakes import Mistake

WHOLE = 1_000
"""Characters of a value in a preview, which is there to be read: no field holds so many."""

ARMS = {"holdout": "holdout: sees fallbacks, to measure by"}


def show_checked(console: Console, checked: Checked, mistakes: Sequence[Mistake]) -> None:
    """Prints mistakes with their places, and the meter."""
    for mistake in mistakes:
        console.print(str(mistake) + "\n")
    if checked.meter:
        show_meter(console, checked.meter)
    tests = f", {counted(checked.tests, 'test')}" if checked.name else ""
    if mistakes and checked.meter:  # it could be loaded, so these are its own tests'
        many = f"{counted(len(mistakes), 'expectation')} of {checked.folder}'s tests"
        console.print(f"{many} {'does' if len(mistakes) == 1 else 'do'} not hold{tests}. If the "
                      "playbook is as you want it now, write what they are to expect; else put it "
                      "right", style="red")  # fmt: skip
    elif mistakes:
        console.print(f"{counted(len(mistakes), 'mistake')} in {checked.folder}", style="red")
    else:
        console.print(f"{checked.folder} is right{tests} passed", style="green")


def show_meter(console: Console, meter: Meter) -> None:
    """How much of personalization a playbook uses."""
    console.print("Data in use", style="bold")
    for kind, traits in meter.data.items():
        console.print(f"  {kind}: {', '.join(traits) or 'NONE'}")
    console.print("Unique to the person", style="bold")
    for field, parts in meter.unique.items():
        console.print(f"  {field}: {', '.join(parts)}")
    console.print("At the person's moment", style="bold")
    for trigger, start in meter.timed.items():
        console.print(f"  {trigger}: {start}")
    for lack in meter.lacking:
        console.print(f"  lacking: {lack}", style="yellow")


def show_pulled(console: Console, pulled: Sequence[From]) -> None:
    """Prints what came from where."""
    for one in pulled:
        came = one.pulled
        if one.busy:
            console.print(f"{one.place}: left to the next time: {one.busy}", style="yellow")
            continue
        said = brought(
            came.records, came.events - came.facts, came.facts, came.products, came.skipped
        )
        console.print(f"{one.place}: {said}")
        for hint in one.hints:
            console.print(f"  {hint}", style="yellow")
        if one.hints:
            console.print("  If so, rename it. docs/files.md (Reading again) says how what was taken in "
                          "already is corrected", style="yellow")  # fmt: skip
        if came.unmatched:
            console.print(f"  {counted(came.unmatched, 'line')} of orders match no event, and count for "
                          "nothing: do `key` or `order` say what the events say? An order's lines "
                          "are written before its event (docs/files.md)", style="yellow")  # fmt: skip
        if came.waiting:
            console.print(unowned(came.waiting), style="yellow")


def unowned(refunds: int) -> str:
    """What is said of refunds without an order."""
    return (f"  {counted(refunds, 'refund')} of orders that nobody has told of: they take nothing off "
            "until their orders come")  # fmt: skip


def show_ticks(console: Console, ticks: Sequence[Tick], left: Sequence[str]) -> None:
    """Prints what the ticks of all destinations did."""
    for one in ticks:
        if len(ticks) > 1:
            console.print(one.place, style="bold")
        show_ticked(console, one)
    for why in left:
        console.print(f"left to the next tick: {why}", style="yellow")


def show_ticked(console: Console, tick: Tick) -> None:
    """Prints what a tick did."""
    show_pulled(console, [one for one in tick.pulled if one.pulled.pages])
    ticked = tick.ticked
    console.print(f"{counted(ticked.taken, 'webhook')} taken in, {ticked.dead:,} set aside, "
                  f"{counted(ticked.looked_at, 'contact')} looked at{late(ticked.lag)}")  # fmt: skip
    if ticked.waiting:
        console.print(unowned(ticked.waiting), style="yellow")
    if tick.uninstalled:
        console.print(f"uninstalled from {tick.place}: nothing is kept up there. `ofone plan` would "
                      "make it all again; else take it out of the settings",
                      style="yellow")  # fmt: skip
    if ticked.lacking:
        console.print(lacks(tick), style="yellow")
    if ticked.report:
        console.print(listing("sends planned", ticked.report.sends))
        if ticked.report.quiet:
            console.print(quiet(ticked.report))
        for reason in ticked.report.parked:
            console.print(f"PARKED: {reason}. `ofone approve {ticked.plan}`", style="yellow")
    if tick.applied:
        show_applied(console, tick.applied)
    elif tick.paused:
        console.print(
            "writing is paused: nothing was written (`ofone pause --off`)", style="yellow"
        )


def late(lag: Micros) -> str:
    """How late the oldest moment was, where that is worth a word."""
    if lag < MINUTE:
        return ""
    hours, minutes = divmod(lag // MINUTE, 60)
    return f"; the oldest moment was {f'{hours:,} h ' if hours else ''}{minutes} min late"


def lacks(tick: Tick) -> str:
    """What a destination has no place for yet, and what makes it."""
    return (f"not in {tick.place} yet: {', '.join(tick.ticked.lacking)}. Run `ofone plan` and "
            "`ofone apply` once: they make them and write what is left out until then; sends "
            "wait for the fields")  # fmt: skip


def show_previews(console: Console, shown: Sequence[Shown]) -> None:
    """Prints contacts side by side, three in a row."""
    for begin in range(0, len(shown), 3):
        some = shown[begin : begin + 3]
        rows: list[tuple[str, ...]] = [
            ("contact", *(one.contact for one in some)),
            *(
                (f"in {place}", *(received(one.standing[place]) for one in some))
                for place in some[0].standing
            ),
            ("arm", *(ARMS.get(one.arm, one.arm) for one in some)),
            ("stage", *(one.stage or "none" for one in some)),
            ("segments", *(", ".join(one.segments) for one in some)),
        ]
        rows += [(f"slot {slot}", *(one.messages[slot] or "none" for one in some))
                 for slot in some[0].messages]  # fmt: skip
        rows += [(field, *(marked(one, field) for one in some)) for field in some[0].fields]
        console.print(table("", *(one.why for one in some), rows=rows))
        console.print()


def show_seeded(console: Console, seeded: Seeded | None) -> None:
    """Prints which test contact shows whom, and what writing it did."""
    for seed, whose in seeded.seeds.items() if seeded else ():
        console.print(f"test contact {seed[:12]} shows {whose[:12]}")
    if seeded and seeded.applied:
        show_applied(console, seeded.applied)


def marked(one: Shown, field: str) -> str:
    """A value, whole, marked where it is the fallback, with why."""
    why = f" (fallback: {one.reasons[field]})" if field in one.reasons else ""
    return short(one.fields[field], WHOLE) + why


def received(status: str) -> str:
    """A contact's standing in a destination, and that nothing is written where it forbids that."""
    return status if status in WRITABLE else f"{status}: nothing is written"


def show_snippets(console: Console, snippets: Snippets) -> None:
    """Prints what to paste and what to pick."""
    said = snippets.headings
    console.print(said.fields, style="bold")
    console.print(f"{said.how}\n") if said.how else None
    for one in snippets.fields:
        console.print(f"{one.named} ({said.default}: {short(one.fallback)})")
        # Never folded: somebody copies this line.
        console.print(f"  {one.paste}", soft_wrap=True)
    console.print(f"\n{said.tags}", style="bold")
    console.print(said.pick) if said.pick else None
    console.print(table(said.tag, "segment", "holds", rows=[
        (one.named, one.segment, one.means) for one in snippets.tags]))  # fmt: skip


def show_standing(console: Console, standing: Standing) -> None:
    """Prints how things stand."""
    if standing.paused:
        console.print("WRITING IS PAUSED: `ofone pause --off` lets it go on", style="yellow")
    console.print(table("plan", "state", "changed", "rows", rows=[
        (one.plan, one.state, when(one.changed_at),
         "; ".join(listing(kind, states) for kind, states in one.rows.items()))
        for one in standing.plans]))  # fmt: skip
    for plan in standing.to_apply:
        console.print(waits(plan), style="yellow")
    console.print(f"due now: {standing.due:,}; next: {when(standing.next_due)}")
    console.print(f"webhooks waiting: {standing.waiting:,}; set aside: {standing.dead:,}"
                  + (" (`ofone letters`)" if standing.dead else ""))  # fmt: skip
    for key in standing.uncertain:
        console.print(f"UNCERTAIN send {key}: it may or may not have happened", style="yellow")


def waits(plan: str) -> str:
    """What becomes of a plan that is ready or was begun."""
    return (f"{plan} waits: `ofone apply {plan}` does it, or goes on with it (a deployed shop does "
            "that by itself); a new plan takes its place")  # fmt: skip


def show_letters(console: Console, letters: Sequence[Letter]) -> None:
    """Prints what was set aside, without what it says."""
    if not letters:
        console.print("nothing was set aside")
        return
    console.print(table("no.", "from", "age", "because", "next", rows=[
        (str(one.id or ""), one.place, lasted(one.age), one.reason,
         "--replay reads it again" if one.again else "put it right at its source, then --drop it")
        for one in letters]))  # fmt: skip


def lasted(micros: Micros) -> str:
    """A duration in its largest unit: `3 d`, `5 h`, `12 min`."""
    for unit, name in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")):
        if micros >= unit:
            return f"{micros // unit} {name}"
    return "now"
