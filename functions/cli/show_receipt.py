"""A receipt on one page: why one contact got what they got."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console

from functions.cli.output import counted, short, table, when
from personalization.currency import written
from personalization.decide.quiet import local
from personalization.models import Micros
from personalization.playbook.model import Playbook
from personalization.receipt.model import DecisionLine, Receipt
from personalization.receipt.words import shown

ONE = 2**20
"""The weight of an order of today in the score of a product (`personalization.decide.picks`)."""
SCORE = ("The score of a product: each order of their own counts 1.00 on its day and half of that "
         "every 180 days; what sold best to everyone in 14 days counts 0.50 beside, and others in "
         "proportion.")  # fmt: skip


def show_receipt(console: Console, receipt: Receipt, playbook: Playbook) -> None:
    """Prints a receipt; the playbook says which values are money."""
    console.print(f"Contact {receipt.contact}, as of {when(receipt.at)}", style="bold")
    holdout = " (gets fallback values and no triggers, to measure by)"
    console.print(f"stage {receipt.stage or 'none'}; arm {receipt.arm or 'not assigned yet'}"
                  f"{holdout if receipt.arm == 'holdout' else ''}; zone {receipt.zone} "
                  f"(from: {receipt.zone_from}); language {receipt.language or 'not known'}")  # fmt: skip
    console.print(
        "consent: "
        + (", ".join(f"{name}: {state}" for name, state in receipt.consent.items()) or "none known")
    )
    if receipt.simulated:
        console.print(f"{counted(receipt.simulated, 'event')} behind this were SIMULATED; the "
                      "others are real.", style="yellow")  # fmt: skip
    for decision in receipt.decisions:
        show_decision(console, decision)
    console.print(table("field", "shows", "in the destination", "from", rows=[
        (one.name, short(one.value, 120) + (f" (fallback, {one.reason})" if one.fallback else ""),
         same(one.value, one.there), template(one.template, one.inputs, playbook))
        for one in receipt.fields], title="\nFields"))  # fmt: skip
    held = [one for one in receipt.segments if one.holds]
    rest = [one for one in receipt.segments if not one.holds]
    console.print(table("segment", "since", "rule", "with", "nearest change", rows=[
        (one.name, moment(one.since), one.source, pairs(one.values, playbook), one.nearest)
        for one in held], title="\nIn these segments"))  # fmt: skip
    console.print(table("segment", "rule", "with", "nearest change", rows=[
        (one.name, one.source, pairs(one.values, playbook), one.nearest) for one in rest],
        title="\nNot in these"))  # fmt: skip
    console.print(table("trait", "value", "rule", "events", rows=[
        (one.name, short(shown(playbook, one.name, one.value), 24), one.rule, behind(one.events, one.count))
        for one in receipt.traits], title="\nTraits"))  # fmt: skip
    show_sends(console, receipt)


def show_decision(console: Console, one: DecisionLine) -> None:
    """One slot's decision, its alternatives and its products."""
    odds = chances(one.alternatives)
    console.print(f"\nSlot {one.slot}: {one.message or 'no message'}", style="bold")
    until = f"{'stands' if one.stands else 'stood'} until {when(one.standing_until)}"
    console.print(f"alternatives: {odds or 'none'}; {until}")
    if not one.stands:
        console.print(f"it stands no longer: the next plan or tick chooses {now_chosen(one)}",
                      style="yellow")  # fmt: skip
    elif one.instead:
        console.print(f"without it {one.instead} would be chosen, which ranks better now; `interrupts: "
                      f"true` under that message would show it at once", style="yellow")  # fmt: skip
    console.print(f"decided {when(one.decided_at)} by {one.policy}; playbook {one.playbook[:12]}, "
                  f"facts {one.facts[:12]}, catalogue {one.catalogue}")  # fmt: skip
    verdict = f"recomputed from the log of that moment: {one.replayed}"
    console.print(verdict + (f" ({one.difference})" if one.difference else ""),
                  style="green" if one.replayed == "equal" else "red")  # fmt: skip
    if one.clicked:
        told = ", ".join(f"{click.kind} {when(click.at)} ({click.event})" for click in one.clicked)
        more = f" and {one.clicks - len(one.clicked)} more" if one.clicks > len(one.clicked) else ""
        console.print(f"clicked: {told}{more}")
    if one.picks:
        console.print(table("pick", "score", "= own orders", "+ popularity", "newest order", rows=[
            (pick.name, points(pick.own + pick.popular), points(pick.own), points(pick.popular),
             ", ".join(pick.orders[:1])) for pick in one.picks]))  # fmt: skip
        console.print(SCORE)


def points(weight: int) -> str:
    """A part of a score, an order of today being 1.00."""
    return f"{weight / ONE:.2f}"


def now_chosen(one: DecisionLine) -> str:
    """What takes the place of a decision that stands no longer."""
    if one.instead is None:
        return "nothing here: the playbook has no such slot any more"
    if one.instead == "none":
        return "no message"
    return f"{one.instead} anew" if one.instead == one.message else one.instead


def show_sends(console: Console, receipt: Receipt) -> None:
    """What was sent or is to be."""
    rows = [
        (one["trigger"], one["message"], moment(one["moment"]), one["state"], one["reason"],
         one["cause"])
        for one in receipt.sends
    ]  # fmt: skip
    headings = ("trigger", "message", "moment", "state", "reason", "because of")
    if rows:
        console.print(table(*headings, rows=rows, title="\nSends"))
    elif receipt.waits:
        console.print("\nSends", style="bold")
    for one in receipt.waits:
        until = f"{local(one.until, one.zone):%Y-%m-%d %H:%M} {one.zone}"
        console.print(f"{one.trigger} waits until {until} ({one.why})")


def moment(value: Micros | None) -> str:
    """A moment to the minute, in UTC."""
    return "" if value is None else f"{when(value)[:16]} UTC"


def pairs(values: Mapping[str, Any], playbook: Playbook) -> str:
    """`a 1, b 2`, money with its currency, nothing as a dash."""
    return ", ".join(f"{name} {shown(playbook, name, value)}" for name, value in values.items())


def same(value: str, there: str | None) -> str:
    """What the destination showed at the last pull."""
    return "not there" if there is None else "the same" if there == value else short(there, 24)


def template(text: str | None, inputs: Mapping[str, Any], playbook: Playbook) -> str:
    """A field's template and what it read."""
    read = ", ".join(f"{name}={short(shown(playbook, name, value), 20)}"
                     for name, value in priced(inputs, playbook).items())  # fmt: skip
    return short(text or "the fallback", 40) + (f"  [{read}]" if read else "")


def priced(inputs: Mapping[str, Any], playbook: Playbook) -> dict[str, Any]:
    """A template's inputs, products' prices with their currency."""
    found = dict(inputs)
    for name, price in inputs.items():
        if name.startswith("picks[") and name.endswith(".price") and isinstance(price, int):
            currency = found.pop(f"{name.removesuffix('price')}currency", None)
            found[name] = written(price, currency or playbook.currency)
    return found


def behind(events: tuple[str, ...], count: int) -> str:
    """Event ids behind a value: the newest, and how many more. --json has five of them."""
    return ", ".join(events[:1]) + (f" and {count - 1:,} more" if count > 1 else "")


def chances(alternatives: Mapping[str, float]) -> str:
    """`loved 70%, thanks 30%; 0%: sorry, none`."""
    some = ", ".join(f"{name} {float(p):.0%}" for name, p in alternatives.items() if p)
    none = ", ".join(name for name, p in alternatives.items() if not p)
    return "; 0%: ".join(part for part in (some, none) if part)
