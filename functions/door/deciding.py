"""The decision API: what one contact is shown now, for a web site, an app or a till.

It decides as of now with what stands in the store, and keeps nothing: a decision that stands is
given with its id; one that the next round of work would make anew has none yet. Who is unknown or
erased is not found. Who is in the holdout gets fallbacks, as in every other channel.
"""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from connectors.shared.signatures import Refused, header, same
from functions.actions.finding import by_address
from functions.door.answers import NOT_FOUND, UNAUTHORISED, Answer, not_allowed, told
from functions.shop import Shop
from personalization.connector import Request
from personalization.decide.output import Decided
from personalization.facts import day_of
from personalization.models import MINUTE, Micros
from personalization.plan.session import Session, session
from personalization.store.protocol import Scope, Store

SECONDS = 60
"""How long an answer may be kept by who asked; here it is kept for as long, while nothing new is
recorded."""
MOST_KEPT = 1_000


@dataclass(frozen=True)
class Counter:
    """Where decisions are given out. One engine works at a time, and answers are kept by contact
    for as long as they are right: until something is recorded, or the minute ends."""

    shop: Shop
    keys: tuple[str, ...]
    busy: threading.Lock = field(default_factory=threading.Lock)
    known: dict[str, tuple[Micros, Micros, dict[str, Any]]] = field(default_factory=dict)


def give(counter: Counter, who: str, request: Request) -> Answer:
    """Answers `GET /v1/contacts/{who}/decision`. `who` is a contact's id, an alias or an address.
    Without a key in the settings there is no such page."""
    if not counter.keys:
        return NOT_FOUND
    if request.method not in ("GET", "HEAD"):
        return not_allowed("GET")
    try:
        same([bearer(request)], counter.keys)
    except Refused:
        return UNAUTHORISED.model_copy(
            update={"headers": {**UNAUTHORISED.headers, "WWW-Authenticate": "Bearer"}}
        )
    found = find(counter.shop.store, who)
    shown = show(counter, found) if found else None
    return NOT_FOUND if shown is None else tagged(shown, header(request, "If-None-Match"))


def bearer(request: Request) -> str:
    """The key that a call brings; "" where it brings none. Raises Refused for two headers."""
    scheme, _, key = (header(request, "Authorization") or "").partition(" ")
    return key if scheme.lower() == "bearer" else ""


def find(store: Store, who: str) -> str | None:
    """The contact who is meant, as it is after all merges; None for who is unknown or erased."""
    found = store.contact_of(who) or by_address(store, who)
    if found is None and (aliases := store.aliases_of(who)):
        found = store.contact_of(aliases[0])
    return None if found is None or store.erased(found) else found


def ready(counter: Counter, now: Micros, seconds: float) -> bool:
    """Whether an answer can be given soon: the facts of the day are there, and the engine is free
    within some seconds."""
    if counter.shop.store.facts_as_of(day_of(now)) is None:
        return False
    if not counter.busy.acquire(timeout=seconds):
        return False
    counter.busy.release()
    return True


def show(counter: Counter, contact: str) -> dict[str, Any] | None:
    """What a contact is shown now."""
    shop = counter.shop
    with counter.busy:
        now, seen = shop.clock(), shop.store.watermark()
        kept = counter.known.get(contact)
        if kept and kept[0] == seen and kept[1] == now // MINUTE:
            return kept[2]
        with session(shop.store, shop.engines, shop.playbook, now) as run:
            decided, _ = run.decide(Scope(ids=(contact,)), now)
            shown = laid_out(run, decided) if decided.contacts else None
        if shown is not None:
            if len(counter.known) >= MOST_KEPT:
                counter.known.clear()
            counter.known[contact] = (shop.store.watermark(), now // MINUTE, shown)
    return shown


def laid_out(run: Session, decided: Decided) -> dict[str, Any]:
    """The only contact of what was decided, as JSON has it."""
    products = run.goods.latest.products
    return {
        "contact": decided.contacts[0],
        "arm": decided.arms[0],
        "stage": decided.stage[0],
        "segments": sorted(name for name, held in decided.segments.items() if held[0]),
        "slots": {
            name: {
                "decision": None if slot.new[0] else slot.id[0],
                "message": slot.message[0],
                "picks": listed(products[one] for one in slot.picks[0] if one in products),
                "until": int(slot.standing_until[0]) if slot.id[0] and not slot.new[0] else None,
            }
            for name, slot in decided.slots.items()
        },
        "fields": {name: texts[0] for name, texts in decided.fields.items()},
    }


def listed(products: Iterable[Any]) -> list[dict[str, Any]]:
    """Products as a page shows them; prices are whole minor units."""
    return [dict(one) for one in products]


def tagged(shown: dict[str, Any], known: str | None) -> Answer:
    """The answer with its tag; 304 where the asker has it already."""
    plain = told(200, shown)
    tag = f'"{blake2b(plain.body, digest_size=12).hexdigest()}"'
    caching = {"ETag": tag, "Cache-Control": f"private, max-age={SECONDS}", "Vary": "Authorization"}
    if known and tag in [one.strip().removeprefix("W/") for one in known.split(",")]:
        return Answer(status=304, headers=caching)
    return plain.model_copy(update={"headers": {**plain.headers, **caching}})
