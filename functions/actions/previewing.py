"""Whole contacts as they would be shown, and the same values on test contacts only."""

from collections.abc import Iterator, Sequence

from functions.actions.finding import contact
from functions.shop import Shop
from personalization.connector import Destination
from personalization.decide.decide import HOLDOUT
from personalization.decide.output import Decided
from personalization.errors import Stop
from personalization.mirror import mirror
from personalization.models import Frozen, Micros
from personalization.plan.session import Session, session
from personalization.receipt.fields import reason as fallback_reason
from personalization.store.protocol import Scope

NOT_THERE = "not there"


class Shown(Frozen):
    """One contact, rendered. `why` says what it was chosen for; `fallbacks` the fields that show
    their fallback, `reasons` why each of them does; `standing` how the contact stands in each
    destination, by its name."""

    contact: str
    why: str
    arm: str
    stage: str | None
    segments: tuple[str, ...]
    messages: dict[str, str | None]
    fields: dict[str, str]
    fallbacks: tuple[str, ...]
    reasons: dict[str, str] = {}
    standing: dict[str, str] = {}


def preview(shop: Shop, count: int, named: Sequence[str] = ()) -> tuple[Shown, ...]:
    """The named contacts, or up to `count` of the first group of contacts: one in the holdout,
    one with fallbacks, one for each stage, then one for each segment. It decides as of now and
    keeps nothing."""
    now = shop.clock()
    ids = tuple(sorted(contact(shop.store, one) for one in named))
    with session(shop.store, shop.engines, shop.playbook, now) as run:
        scope = Scope(ids=ids) if ids else run.store.groups()[0]
        decided, _ = run.decide(scope, now)
        if not decided.contacts:
            raise Stop("there are no contacts to show: `ofone pull` brings them in")
        chosen = dict.fromkeys(range(len(ids)), "named") if ids else choose(shop, decided, count)
        made = [shown(shop, decided, i, why) for i, why in chosen.items()]
        whys = [reasons(run, one, now) for one in made]
    standing = standings(shop, [one.contact for one in made])
    return tuple(
        one.model_copy(update={"reasons": why, "standing": standing[one.contact]})
        for one, why in zip(made, whys, strict=True)
    )


def reasons(run: Session, one: Shown, now: Micros) -> dict[str, str]:
    """Why a contact's fields show their fallback: decided alone, they are the only one counted."""
    if not one.fallbacks:
        return {}
    decided, _ = run.decide(Scope(ids=(one.contact,)), now)
    why = {name: fallback_reason(field, decided) for name, field in run.playbook.fields.items()}
    return {name: reason for name, reason in why.items() if reason}


def standings(shop: Shop, contacts: Sequence[str]) -> dict[str, dict[str, str]]:
    """How contacts stand in each destination that keeps records of people: fields of who has left,
    or is not there, are not written."""
    found: dict[str, dict[str, str]] = {contact: {} for contact in contacts}
    for one in shop.destinations():
        if mirror(one):
            continue
        there = shop.store.shadows(one.name, one.account, Scope(ids=tuple(sorted(found))))
        known = dict(zip(there["contact"], there["status"], strict=True))
        for who, told in found.items():
            told[f"{one.name}/{one.account}"] = known.get(who, NOT_THERE)
    return found


def choose(shop: Shop, decided: Decided, count: int) -> dict[int, str]:
    """Which contacts to show, and for what."""
    found: dict[int, str] = {}
    for i, why in candidates(shop, decided):
        if len(found) >= count:
            break
        if i is not None and i not in found:
            found[i] = why
    return found


def candidates(shop: Shop, decided: Decided) -> Iterator[tuple[int | None, str]]:
    """Contacts worth seeing, in order of worth."""
    everyone = range(len(decided.contacts))
    treated = [i for i in everyone if decided.arms[i] != HOLDOUT]
    yield next((i for i in everyone if decided.arms[i] == HOLDOUT), None), "holdout"
    lacking = (i for i in treated if fallbacks(shop, decided, i))
    yield next(lacking, None), "fallbacks"
    for stage in shop.playbook.stages:
        whole = (i for i in treated if decided.stage[i] == stage)
        yield next(whole, None), f"stage {stage}"
    for name, held in decided.segments.items():
        yield next((i for i in treated if held[i]), None), f"segment {name}"
    yield from ((i, "one more") for i in treated)


def fallbacks(shop: Shop, decided: Decided, i: int) -> tuple[str, ...]:
    """The fields of a contact that show their fallback."""
    fields = shop.playbook.fields
    return tuple(
        name for name, texts in decided.fields.items() if texts[i] == fields[name].fallback
    )


def shown(shop: Shop, decided: Decided, i: int, why: str) -> Shown:
    """One contact of what was decided."""
    return Shown(
        contact=decided.contacts[i], why=why, arm=decided.arms[i], stage=decided.stage[i],
        segments=tuple(name for name, held in decided.segments.items() if held[i]),
        messages={name: slot.message[i] for name, slot in decided.slots.items()},
        fields={name: texts[i] for name, texts in decided.fields.items()},
        fallbacks=fallbacks(shop, decided, i),
    )  # fmt: skip


def seeds(shop: Shop, destination: Destination, addresses: Sequence[str]) -> tuple[str, ...]:
    """The test contacts' ids. Raises Stop where one is not in the destination: nobody is ever
    created."""
    found = tuple(contact(shop.store, one) for one in addresses)
    there = shop.store.shadows(
        destination.name, destination.account, Scope(ids=tuple(sorted(set(found))))
    )
    missing = len(set(found) - set(there["contact"]))
    if missing:
        raise Stop(f"{missing} of the test contacts are not in "
                   f"{destination.name}/{destination.account}: add them there, then `ofone pull`")  # fmt: skip
    return found
