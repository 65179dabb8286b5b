"""The clock moves: what follows from one cart, one order, an evening, and from nothing but time.

Webhooks go into the inbox as a door would put them there; the rest is `ofone tick`. After each tick
the sandbox's ledger must show exactly the events that `expected` says, and no other.
"""

import json
from dataclasses import dataclass, field
from hashlib import md5
from typing import Any

from functions.actions.ticking import Tick, tick
from functions.cli.output import counted
from functions.demo.expected import Household, lapsing, no_longer_regular
from functions.demo.sandbox import Sandbox
from functions.demo.screen import Screen, local
from functions.shop import Shop
from personalization.models import DAY, HOUR, MINUTE, Event, Micros
from personalization.zones import moment

SENT = "cart_left"
DELAY, END = 70 * MINUTE, 22 * HOUR + 5 * MINUTE
"""After the story's start: the tick after the reminder is due, and the last one."""


@dataclass(frozen=True)
class Cast:
    """Who the story is about. `treated` are the households that are not in the holdout."""

    leaves: Household
    buys: Household
    evening: Household
    treated: frozenset[str]


@dataclass
class Stage:
    """The story so far: `mark` is how far the ledger was read, `told` the moment of the last tick,
    `heard` what the ledger has shown of whom."""

    shop: Shop
    box: Sandbox
    screen: Screen
    everyone: dict[str, Household]
    start: Micros
    told: Micros
    mark: int = 0
    heard: set[tuple[str, str]] = field(default_factory=set)
    addresses: dict[str, str] = field(default_factory=dict)


def tell(stage: Stage) -> Cast:
    """The whole story. What does not come out as it must is noted on the screen."""
    stage.addresses = {hashed(one.email): one.email for one in stage.everyone.values()}
    stage.mark = len(stage.box.entries())
    cast = choose(stage.shop, stage)
    a_cart_left_behind(stage, cast)
    an_evening(stage, cast)
    return cast


def hashed(email: str) -> str:
    """A member's id in Mailchimp."""
    return md5(email.lower().encode(), usedforsecurity=False).hexdigest()


def choose(shop: Shop, stage: Stage) -> Cast:
    """Three households in the shop's own zone who shop often, agreed to be written to, are not in
    the holdout, and to whom time does nothing else meanwhile."""
    treated = treated_households(shop, stage.everyone)
    quiet = [
        one
        for one in sorted(stage.everyone.values(), key=lambda one: (-len(one.orders), one.id))
        if one.id in treated and one.status == "subscribed" and one.zone == "America/New_York"
        and not soon(stage, one.lapses()) and not soon(stage, one.stops_being_regular())
        and not sends(shop, one)
    ]  # fmt: skip
    leaves, buys, evening = quiet[:3]
    return Cast(leaves, buys, evening, treated)


def soon(stage: Stage, at: Micros | None) -> bool:
    """Whether a moment lies near the story."""
    return at is not None and stage.start - DAY < at <= stage.start + 2 * DAY


def treated_households(shop: Shop, everyone: dict[str, Household]) -> frozenset[str]:
    """Everyone who is not in the holdout, as the store keeps it since the first plan."""
    with shop.engines() as engine:
        arms: dict[object, object] = {}
        for scope in shop.store.groups():
            shop.store.load(engine, scope, shop.clock())
            arms |= dict(engine.rows("SELECT id, arm FROM contacts"))
    contacts = {id: shop.store.contact_of(f"files/main:{id}") for id in everyone}
    return frozenset(id for id, contact in contacts.items() if arms.get(contact) == "treated")


def sends(shop: Shop, one: Household) -> bool:
    """Whether anything was ever sent to a household, or is to be."""
    contact = shop.store.contact_of(f"files/main:{one.id}") or ""
    return bool(shop.store.outbox(kinds=("send",), contacts=(contact,), most=1))


def a_cart_left_behind(stage: Stage, cast: Cast) -> None:
    """One household leaves its cart; another leaves one too, but then orders."""
    screen, start = stage.screen, stage.start
    screen.begin("A cart is left behind; another one is bought after all")
    left, bought = start + 5 * MINUTE, start + 6 * MINUTE
    at = start + 40 * MINUTE
    screen.say(f"{local(left, cast.leaves.zone)}  {cast.leaves.email} fills a cart and goes away "
               "(simulated)")  # fmt: skip
    screen.say(f"{local(bought, cast.buys.zone)}  {cast.buys.email} fills a cart too (simulated)")
    hear(stage, left, happened(cast.leaves, "cart", left))
    hear(stage, bought, happened(cast.buys, "cart", bought))
    look(stage, cast, bought + MINUTE, set(), "nobody hears anything: the hour is not over")
    screen.say(
        f"{local(at, cast.buys.zone)}  {cast.buys.email} orders: the cart is moot (simulated)"
    )
    hear(stage, at, happened(cast.buys, "order", at, amount=1999, currency="USD"))
    look(stage, cast, start + DELAY, {(cast.leaves.email, SENT)},
         f"an hour after the cart, {cast.leaves.email} is reminded; {cast.buys.email} is not")  # fmt: skip


def an_evening(stage: Stage, cast: Cast) -> None:
    """A cart left in the evening is spoken of in the morning. Meanwhile time alone does its work."""
    screen, start, one = stage.screen, stage.start, cast.evening
    screen.begin("An evening, and what time does alone")
    cart, evening = start + 10 * HOUR + 30 * MINUTE, start + 12 * HOUR
    look(stage, cast, start + 6 * HOUR, set(), f"{local(start + 6 * HOUR, one.zone)}: of those in "
         "the story, nobody hears anything")  # fmt: skip
    screen.say(f"{local(cart, one.zone)}  {one.email} leaves a cart (simulated). An hour later it is "
               "after 21:00, when nobody is disturbed.")  # fmt: skip
    hear(stage, cart, happened(one, "cart", cart))
    look(stage, cast, evening, set(), f"{local(evening, one.zone)}: {one.email} is left in peace")
    look(stage, cast, start + END, {(one.email, SENT)},
         f"{local(start + END, one.zone)}: {one.email} was reminded at 08:00 of their own clock")  # fmt: skip
    regulars(stage)


def happened(one: Household, kind: str, at: Micros, **props: Any) -> Event:
    """Something that a household did."""
    return Event(key=f"story-{kind}-{one.id}", kind=kind, alias=f"files/main:{one.id}",
                 occurred_at=at, props={**props, "simulated": True})  # fmt: skip


def hear(stage: Stage, now: Micros, event: Event) -> None:
    """A webhook arrives: it is durable before it is answered."""
    with stage.shop.store.record(now) as recorder:
        recorder.accept("files", "main", json.dumps([event.model_dump()]))


def look(stage: Stage, cast: Cast, now: Micros, story: set[tuple[str, str]], what: str) -> Tick:
    """One tick at that moment, judged by the ledger. `story` are the events (address, name) that
    the story asks for, besides those that time alone brings."""
    stage.box.move_clock(now)
    stage.screen.command(f"tick --now {moment(now).isoformat().replace('+00:00', 'Z')}")
    shop = stage.shop.at(now)
    done = tick(shop, shop.destination())
    lapses = lapsing(stage.everyone, cast.treated, stage.start, now) - stage.heard
    wanted = sorted(story | lapses)
    found = sorted(
        (stage.addresses[entry["member"]], str(entry["name"]))
        for entry in new_entries(stage)
        if entry["kind"] == "event"
    )
    for address, name in found:
        reason = "time alone" if (address, name) in lapses else "the story"
        stage.screen.say(f"    ledger: event {name} for {address} ({reason})")
    stage.screen.check(story <= set(found) <= story | lapses, what)
    stage.screen.check(found == wanted, "the ledger shows exactly the expected events: "
                       f"{len(wanted)} of {len(wanted)}" if found == wanted else
                       f"the ledger shows {len(found)} events where {len(wanted)} were expected")  # fmt: skip
    stage.heard |= set(found)
    stage.told = now
    return done


def new_entries(stage: Stage) -> list[dict[str, Any]]:
    """Effects that API calls had since the last look."""
    entries = stage.box.entries(stage.mark)
    stage.mark += len(entries)
    return [one for one in entries if one["entry"] == "effect" and one["actor"] == "api"]


def regulars(stage: Stage) -> None:
    """Who left a segment without anything having happened."""
    effects = [one for one in stage.box.entries() if one["entry"] == "effect"
               and one["kind"] == "tag_removed" and one["name"] == "Regulars"]  # fmt: skip
    lost = {stage.addresses[one["member"]] for one in effects}
    wanted = no_longer_regular(stage.everyone, stage.start, stage.told)
    for address in sorted(lost)[:3]:
        stage.screen.say(f"    ledger: tag Regulars taken from {address}: the twelfth newest order "
                         "is now older than 90 days")  # fmt: skip
    stopped = counted(len(wanted), "household")
    stage.screen.check(lost == wanted, f"{stopped} stopped being regulars by the passing of time "
                       "alone, and nobody else lost the tag")  # fmt: skip
