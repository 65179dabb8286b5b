"""`ofone demo`: the main job on a real shop's data, from an empty folder to an explained contact,
and then a day of the clock. It calls what the commands call."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from functions.actions.applying import apply
from functions.actions.checking import check
from functions.actions.planning import plan
from functions.actions.pulling import pull_all
from functions.actions.starting import templates
from functions.actions.telling import Tell
from functions.cli.calling import program
from functions.cli.show_applied import show_applied
from functions.cli.show_plan import show_plan
from functions.cli.show_receipt import show_receipt
from functions.cli.show_small import show_checked, show_pulled
from functions.demo.data import NOW
from functions.demo.expected import Household, households
from functions.demo.folder import prepare, write_settings
from functions.demo.sandbox import Sandbox, serving
from functions.demo.screen import Screen
from functions.demo.second import in_hubspot
from functions.demo.story import Cast, Stage, tell
from functions.shop import Shop, open_shop
from personalization.receipt.run import explain

FEW = 600
"""Households of a fast demo."""


@contextmanager
def demo(
    folder: Path, console: Console, progress: Tell, few: int | None = None
) -> Iterator[tuple[list[str], Sandbox]]:
    """Runs the whole demo in a folder, with so few households if not with all; the sandbox serves
    until the block ends. Yields what did not come out as it must, and the sandbox."""
    screen = Screen(console, [])
    screen.begin("A grocery chain's year 2017, as a shop's own export")
    statuses = prepare(folder, NOW, few, progress)
    counts = ", ".join(
        f"{status} {n:,}" for status, n in sorted(Counter(statuses.values()).items())
    )
    screen.say(f"{len(statuses):,} households; in the shop's audience: {counts}")
    with serving(folder) as box:
        file = write_settings(folder, box.url, NOW)
        everyone = households(folder / "export", statuses)
        with open_shop(file) as shop:
            main_job(shop, box, screen, progress)
            stage = Stage(shop, box, screen, everyone, start=NOW, told=NOW)
            cast = tell(stage)
        file = write_settings(folder, box.url, stage.told, second=True)
        with open_shop(file) as shop:
            end = in_hubspot(replace(stage, shop=shop), cast, progress)
            explained(shop.at(end), screen, cast)
        write_settings(folder, box.url, end, second=True)
        verdict(screen)
        what_next(file, screen, cast.evening)
        yield screen.wrong, box


def main_job(shop: Shop, box: Sandbox, screen: Screen, progress: Tell) -> None:
    """Pull, check, plan, apply, and a second plan that finds nothing to do."""
    screen.begin("Take in the export and the audience")
    screen.command("pull")
    show_pulled(screen.console, pull_all(shop, progress))
    screen.command("compact")
    with ThreadPoolExecutor(1) as aside:
        # The check reads nothing that compaction writes, so the two share the machine.
        compacting = aside.submit(shop.store.compact, shop.clock())
        screen.begin("Check the playbook")
        screen.command("check")
        checked, mistakes = check(templates() / "grocery", progress)
        compacting.result()
    show_checked(screen.console, checked, mistakes)
    screen.check(not mistakes, "the playbook is right, and passes its own tests")
    planned_and_applied(shop, box, screen, progress)


def planned_and_applied(shop: Shop, box: Sandbox, screen: Screen, progress: Tell) -> None:
    """Plan and apply, twice."""
    destination = shop.destination()
    screen.begin("Plan: what would change, before anything does")
    screen.command("plan")
    first = plan(shop, destination, progress)
    show_plan(screen.console, first)
    screen.begin("Apply: exactly that, and read it back")
    screen.command(f"apply {first.id}")
    mark = len(box.entries())
    applied = apply(shop, first.id, tell=progress)
    show_applied(screen.console, applied)
    calls = [one for one in box.entries(mark) if one["entry"] == "call" and one["via"] == "http"]
    writes = sum(bool(one["write"]) for one in calls)
    screen.say(f"ledger: {writes:,} calls that write, {len(calls) - writes:,} that read")
    screen.check(applied.complete, "everything that was planned is in the destination")
    screen.begin("Plan again: nothing has changed, so nothing is to be done")
    screen.command("plan")
    pull_all(shop, progress)
    second = plan(shop, destination, progress)
    screen.check(second.empty, "the second plan is empty")


def explained(shop: Shop, screen: Screen, cast: Cast) -> None:
    """One contact's receipt."""
    screen.begin("Why did they get that? One contact, explained")
    screen.command(f"explain {cast.leaves.email}")
    contact = shop.store.contact_of(f"files/main:{cast.leaves.id}") or ""
    at = max(shop.clock(), shop.store.watermark())
    destination = shop.destination("mailchimp/main")
    receipt = explain(shop.store, shop.engines, shop.playbook, contact, at, destination)
    show_receipt(screen.console, receipt, shop.playbook)
    screen.check(all(one.replayed == "equal" for one in receipt.decisions),
                 "recomputing the decision from the log gives the same")  # fmt: skip


def verdict(screen: Screen) -> None:
    """How it went."""
    screen.begin("What came out")
    for what in screen.wrong:
        screen.say(f"WRONG: {what}", "red")
    if not screen.wrong:
        screen.say("Everything came out as it must, judged by the sandbox's own ledger.", "green")


def what_next(file: Path, screen: Screen, one: Household) -> None:
    """Commands that work on the folder that the demo leaves."""
    screen.begin("What to try next")
    us = program()
    shop = f"{us} -c {file.parent}"
    for what, line in (
        ("In another terminal: serve the audience again, until Ctrl-C", f"{us} sandbox {file.parent}"),
        ("Change a line in templates/grocery/playbook.yaml, then see what that changes", f"{shop} plan --to mailchimp/main"),
        ("Do it, carefully at first", f"{shop} apply --first 100"),
        ("Why somebody got what they got", f"{shop} explain {one.email} --to mailchimp/main"),
        ("Whole contacts side by side", f"{shop} preview"),
        ("What a marketer pastes and picks", f"{shop} snippets --to mailchimp/main"),
        ("How things stand", f"{shop} status"),
    ):  # fmt: skip
        screen.say(what, "dim")
        screen.console.print(f"  {line}", soft_wrap=True)
