"""Whether a world kept its promises, told from the sandbox's ledger and from what people, the shop
and the erasures were noted to do. Nothing of the product is asked: no status that it keeps, no
consent that it folded.

A pull is a walk over the archived members and then one over all others; what stood in the
audience when it began is what the product knows once it has ended.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.sandbox.clock import micros
from connectors.sandbox.ledger import CREATING, WRITING

Entry = Mapping[str, Any]
LEFT = frozenset({"unsubscribed", "cleaned", "archived"})
SECOND = 1_000_000


@dataclass
class Seen:
    """One audience: how each member stands, and how they stood at the last pull. `moved` is when
    a member's status last changed."""

    now: dict[str, str] = field(default_factory=dict)
    moved: dict[str, int] = field(default_factory=dict)
    begun: dict[str, str] | None = None
    known: dict[str, str] = field(default_factory=dict)


@dataclass
class Life:
    """A person. `agreed` is what was last known from each place since the life began."""

    begun: int = 0
    erased: bool = False
    agreed: dict[str, str] = field(default_factory=dict)


def violations(
    entries: Sequence[Entry], notes: Sequence[Any], whose: Mapping[str, int], main: str
) -> Iterator[str]:
    """Every broken promise, in words. `whose` tells the person behind a member id."""
    places: dict[str, Seen] = {}
    lives = {person: Life() for person in whose.values()}
    keys: set[str] = set()
    waiting = list(notes)
    for number, entry in enumerate(entries):
        while waiting and waiting[0].at <= number:
            heed(lives, waiting.pop(0))
        if entry["entry"] == "call":
            pulled(places, lives, entry, whose)
            continue
        if "member" not in entry:
            # A job, a merge field, a tag: nothing that happens to anybody.
            continue
        if entry["actor"] == "api":
            yield from wrong(places, lives, keys, entry, whose, main)
        happened(places.setdefault(str(entry["list"]), Seen()), entry)
        signed_up(lives, entry, whose)


def heed(lives: Mapping[int, Life], note: Any) -> None:
    """An erasure ends a life; the shop's opt-in begins one or goes on with it."""
    life = lives[note.person]
    if note.what == "forget":
        life.erased = True
        life.agreed.clear()
    elif not life.erased or note.what == "in":
        if life.erased:
            life.erased, life.begun = False, note.moment + SECOND
        life.agreed["shop"] = note.what


def pulled(
    places: dict[str, Seen], lives: Mapping[int, Life], call: Entry, whose: Mapping[str, int]
) -> None:
    """Follows the two walks of a pull."""
    if (call["via"], call["method"]) != ("http", "GET") or not call["path"].endswith("/members"):
        return
    name = call["path"].split("/")[-2]
    place = places.setdefault(name, Seen())
    if call["query"].get("status") == "archived":
        place.begun = dict(place.now)
    elif call["status"] == 200 and call["answered"] and place.begun is not None:
        place.known, place.begun = place.begun, None
        for member, status in place.known.items():
            life = lives[whose[member]]
            if not life.erased and place.moved.get(member, 0) >= life.begun:
                life.agreed[name] = status


def happened(place: Seen, effect: Entry) -> None:
    """Keeps track of how members stand."""
    member, kind = effect["member"], effect["kind"]
    if kind == "erased":
        place.now.pop(member, None)
    elif kind == "email_changed":
        place.now[effect["after"]["id"]] = place.now.pop(member)
        place.moved[effect["after"]["id"]] = place.moved.get(member, 0)
    elif isinstance(effect.get("after"), dict) and "status" in effect["after"]:
        place.now[member] = effect["after"]["status"]
        place.moved[member] = micros(effect["moment"])


def signed_up(lives: Mapping[int, Life], effect: Entry, whose: Mapping[str, int]) -> None:
    """Somebody erased who subscribes in an audience may be known again from then on."""
    after = effect.get("after")
    if effect["actor"] != "api" and isinstance(after, dict) and after.get("status") == "subscribed":
        life = lives[whose[effect["member"]]]
        if life.erased:
            life.erased, life.begun = False, micros(effect["moment"])


def wrong(
    places: Mapping[str, Seen], lives: Mapping[int, Life], keys: set[str], effect: Entry,
    whose: Mapping[str, int], main: str,
) -> Iterator[str]:  # fmt: skip
    """What one effect of our calls breaks."""
    kind, at = effect["kind"], f"entry {effect['n']}"
    if kind in CREATING or kind == "erased":
        yield f"{at}: a call {kind} somebody"
    if kind not in WRITING:
        return
    if effect["list"] != main:
        yield f"{at}: {kind} in an audience that nobody asked to write to"
    member = effect["member"]
    place, life = places[effect["list"]], lives[whose[member]]
    if life.erased:
        yield f"{at}: {kind} for somebody erased"
    if place.known.get(member, "gone") in LEFT and effect["standing"] in LEFT:
        yield f"{at}: {kind} to somebody known to have left"
    if kind == "event":
        key = effect["after"]["properties"]["ofone_key"]
        if key in keys:
            yield f"{at}: a send for the second time"
        keys.add(key)
        said = set(life.agreed.values())
        if said & {*LEFT, "out"}:
            yield f"{at}: a send against an opt-out: {sorted(said)}"
        if not said & {"in", "subscribed"}:
            yield f"{at}: a send without an opt-in"
