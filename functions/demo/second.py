"""The same people in HubSpot as well: one shop, two ESPs, and nobody hears from either what they
have forbidden one."""

from dataclasses import replace

from functions.actions.applying import apply
from functions.actions.planning import plan
from functions.actions.pulling import pull_all
from functions.actions.telling import Tell
from functions.actions.ticking import tick_all
from functions.demo.expected import Household, lapsing
from functions.demo.screen import local
from functions.demo.story import SENT, Cast, Stage, happened, hear, new_entries, soon
from personalization.models import MINUTE, Micros
from personalization.zones import moment

PLACE = "hubspot/main"
AFTER = 70 * MINUTE
"""The hour that a cart waits, and some minutes."""


def in_hubspot(stage: Stage, cast: Cast, tell: Tell) -> Micros:
    """Plans and applies to the second destination, then lets two carts be left. Returns when the
    story ends."""
    stage.screen.begin("The same people in HubSpot as well")
    filled(stage, tell)
    out, only_there = strangers(stage, cast)
    start, end = stage.told, stage.told + AFTER
    screen = stage.screen
    screen.say(f"{local(start, out.zone)}  {out.email} left Mailchimp's list and is still on "
               "HubSpot's; leaves a cart (simulated)")  # fmt: skip
    screen.say(f"{local(start, only_there.zone)}  {only_there.email} is in HubSpot alone; leaves a "
               "cart too (simulated)")  # fmt: skip
    for one in (out, only_there):
        hear(stage, start + MINUTE, happened(one, "cart", start + MINUTE))
    stage.box.move_clock(end)
    screen.command(f"tick --now {moment(end).isoformat().replace('+00:00', 'Z')}")
    tick_all(stage.shop.at(end))
    judge(stage, cast, out, only_there, end)
    return end


def filled(stage: Stage, tell: Tell) -> None:
    """Everybody's fields and lists, planned and applied."""
    shop, screen = stage.shop.at(stage.told), stage.screen
    screen.command("pull")
    pull_all(shop, tell)
    screen.command(f"plan --to {PLACE}")
    made = plan(shop, shop.destination(PLACE), tell)
    screen.say(f"{made.written:,} of {made.reachable:,} contacts change, {len(made.create)} things "
               f"are made; about {made.cost.writes:,} calls that write, {made.cost.reads:,} that "
               "read")  # fmt: skip
    screen.command(f"apply {made.id}")
    mark = stage.mark
    applied = apply(shop, made.id, tell=tell)
    calls = [one for one in stage.box.entries(mark) if one["entry"] == "call"]
    writes = sum(bool(one["write"]) for one in calls)
    screen.say(f"ledger: {writes:,} calls that write, {len(calls) - writes:,} that read, for "
               f"{applied.written:,} rows")  # fmt: skip
    screen.check(applied.complete, "everything that was planned is in HubSpot")
    new_entries(stage)


def strangers(stage: Stage, cast: Cast) -> tuple[Household, Household]:
    """One who opted out at Mailchimp and one whom only HubSpot has, neither in the holdout."""
    found = []
    for status in ("unsubscribed", "absent"):
        fitting = (one for one in stage.everyone.values()
                   if one.status == status and one.id in cast.treated
                   and one.awake(stage.told + AFTER) == stage.told + AFTER
                   and not soon(stage, one.lapses()))  # fmt: skip
        found.append(min(fitting, key=lambda one: one.id))
    return found[0], found[1]


def judge(stage: Stage, cast: Cast, out: Household, only_there: Household, end: Micros) -> None:
    """Holds what both ledgers show against what must be."""
    screen = stage.screen
    heard: dict[str, list[tuple[str, str]]] = {"event": [], "event_sent": []}
    for entry in new_entries(stage):
        if entry["kind"] in heard:
            name = str(entry["name"])
            name = name.partition("_")[2] if entry["kind"] == "event_sent" else name
            heard[entry["kind"]].append((stage.addresses[entry["member"]], name))
    mailchimp, hubspot = sorted(heard["event"]), sorted(heard["event_sent"])
    newly = {one.id: replace(one, status="subscribed") for one in stage.everyone.values()
             if one.status == "absent"}  # fmt: skip
    lapses = lapsing(stage.everyone, cast.treated, stage.start, end) - stage.heard
    lapses |= lapsing(newly, cast.treated, stage.told, end)
    wanted = {(only_there.email, SENT)} | lapses
    for where, found in (("Mailchimp", mailchimp), ("HubSpot", hubspot)):
        for address, name in found:
            screen.say(f"    ledger: event {name} for {address} through {where}")
    screen.check((only_there.email, SENT) in hubspot,
                 f"{only_there.email} is reminded through HubSpot")  # fmt: skip
    screen.check(all(address != out.email for address, _ in mailchimp + hubspot),
                 f"{out.email} hears of nothing, from neither")  # fmt: skip
    found = sorted(mailchimp + hubspot)
    screen.check(found == sorted(wanted), "both ledgers together show exactly the expected events, "
                 f"each once: {len(found)} of {len(wanted)}")  # fmt: skip
